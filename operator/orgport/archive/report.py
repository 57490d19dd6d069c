"""report.json of an export: what was found and done, for people and for `orgport verify`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from orgport.api.model import Model
from orgport.api.report import Counters
from orgport.api.status import Count, OrgInfo
from orgport.archive.manifest import ManifestUnreferenced, Unsettled

FOREIGN_SHOWN = 1000
"""References that a report names."""


class ExportReport(Model):
    """The state of an export after its last step."""

    format_version: Literal[1] = 1
    """Of this file."""
    orgport: str
    """The version of orgport that wrote it."""
    stage: Annotated[str, Field(max_length=64)]
    """Planned, Exported, or the reason of a failure."""
    time: datetime
    """When it was written."""
    org: OrgInfo
    """The organization."""
    counters: Counters = Counters()
    """Objects to copy and there already, and documents."""
    documents: dict[str, Count] = {}
    """Documents by section."""
    missing: Count = 0
    """References without object; failures.ndjson names them."""
    foreign: list[str] = []
    """References to objects outside the organization, at most FOREIGN_SHOWN."""
    foreign_count: Count = 0
    """All of those."""
    unreferenced: ManifestUnreferenced = ManifestUnreferenced()
    """Objects that no record names; they are in the archive."""
    unsettled: list[Unsettled] = []
    """Records that changed while they were written, or that still run."""
    held: dict[str, Count] = {}
    """Documents that Browsertrix's own importer would refuse, by section."""
    warnings: list[str] = []
    """What to look at."""
