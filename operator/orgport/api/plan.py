"""The plan of a run: `plan.json` in the run's folder, whose SHA-256 the later steps must find again."""

from __future__ import annotations

from typing import Any

from orgport.api.model import Model
from orgport.api.report import Counters
from orgport.api.status import OrgInfo


class Leg(Model):
    """One pair of buckets that objects go between. A bucket is "location", or "storage:<name>" of the installation."""

    source: str
    destination: str
    server_side: bool
    """CopyObject works from source to destination; else objects are streamed through the pod."""
    conditional: bool
    """The destination honours If-None-Match on what is written."""
    conditional_copy: bool = False
    """It does so for CopyObject too; else the key is looked up before each."""
    opaque: bool = False
    """ETags of one side say nothing of the content (KMS)."""


class WorkList(Model):
    """The objects that one pod of the files step copies: a file of `transfer.worklists` lines."""

    key: str
    sha256: str
    objects: int
    bytes: int


class Plan(Model):
    """What the plan step decided."""

    uid: str
    org: OrgInfo
    legs: list[Leg]
    work_lists: list[WorkList]
    counters: Counters
    missing: list[str] = []
    """Keys of referenced objects that the source lacks (`missing: Report`)."""
    details: dict[str, Any] = {}
    """What the database step of the kind wants to know of the plan step; each kind's own."""
