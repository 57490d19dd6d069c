"""OrgImport: an organization arrives in an installation from a bucket."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from orgport.api.model import Model, Rule
from orgport.api.options import RunSpec, credentials_rule, immutable
from orgport.api.places import Installation, S3Location

StorageName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-zA-Z0-9_.-]+$")]


class ImportSource(S3Location):
    """A prefix of a bucket, and what to take from there."""

    rules = (
        *S3Location.rules,
        Rule(
            "has(self.export) != has(self.database)",
            "give exactly one of spec.source.export (an archive's name) and spec.source.database (a JSON's key)",
            lambda self: (self.export is None) != (self.database is None),
        ),
        Rule(
            "!has(self.manifestSHA256) || has(self.export)",
            "spec.source.manifestSHA256 pins an archive: give spec.source.export with it, or remove it",
            lambda self: self.manifest_sha256 is None or self.export is not None,
            ".manifestSHA256",
        ),
        Rule(
            "!has(self.database) || !self.database.matches('^/|/$|(^|/)[.]{1,2}(/|$)')",
            "database must be the key of a JSON below prefix: no '/' at either end, no '.' or '..' segment",
            lambda self: self.database is None or not re.search(r"^/|/$|(^|/)[.]{1,2}(/|$)", self.database),
            ".database",
        ),
    )

    export: Annotated[str, Field(min_length=1, max_length=38, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")] | None = None
    """The name of an archive of orgport's."""
    database: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    """The key, below prefix, of a bare JSON of Browsertrix's; the objects lie at <prefix><org id>/."""
    manifest_sha256: Annotated[str | None, Field(alias="manifestSHA256", pattern=r"^[0-9a-f]{64}$", max_length=64)] = (
        None
    )
    """The SHA-256 that the archive's manifest must have."""
    wait_seconds: Annotated[int, Field(ge=0, le=31536000)] = 0
    """How long to wait for the manifest to appear."""


class Target(Installation):
    """The installation, and where in it files go."""

    storage: Annotated[str, Field(max_length=100, pattern=r"^[a-zA-Z0-9_.-]*$")] = ""
    """The storage that receives the files; empty: the primary one."""


class Rename(Model):
    """The organization's new names."""

    name: Annotated[str, Field(max_length=50)] = ""
    """Its name; empty: as exported."""
    slug: Annotated[str, Field(max_length=100, pattern=r"^[\p{L}\p{N}_-]*$")] = ""
    """Its slug; empty: as exported."""


class StorageMapping(Model):
    """A storage of the source and what becomes of its name."""

    from_: Annotated[StorageName, Field(alias="from")]
    """The source's name."""
    to: StorageName
    """The target's name."""


class Users(Model):
    """What is done about members that the target does not know."""

    missing: Literal["Create", "Skip"] = "Create"
    """Create makes an account with a password that nobody knows; Skip leaves the member out."""


class OrgImportSpec(RunSpec):
    """What to import, whence and whither."""

    rules = (
        *immutable(
            "OrgImport",
            *("source", "target", "org", "storageMapping", "drop", "content", "files", "users"),
            *("versionPolicy", "schedules", "readOnly", "onFailure", "dryRun", "backoffLimit"),
        ),
        credentials_rule("source"),
    )

    source: ImportSource
    """The archive, or the bare JSON."""
    target: Target = Target()
    """The installation that receives it."""
    org: Rename = Rename()
    """New names for the organization."""
    storage_mapping: Annotated[
        list[StorageMapping],
        Field(
            max_length=32, json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["from"]}
        ),
    ] = []
    """What becomes of storage names; names that are not listed become target.storage."""
    drop: Annotated[
        list[Literal["Webhooks", "Subscription", "Note"]],
        Field(max_length=3, json_schema_extra={"x-kubernetes-list-type": "set"}),
    ] = []
    """Parts of the organization that are not carried over."""
    users: Users = Users()
    """What is done about members that the target does not know."""
    version_policy: Literal["Equal", "Upgrade"] = "Upgrade"
    """Whether an older export is upgraded or refused; a newer one is always refused."""
    schedules: Literal["Suspend", "Keep"] = "Suspend"
    """Whether workflows keep their schedules."""
    read_only: bool = False
    """Whether the imported organization is read-only."""
    on_failure: Literal["Rollback", "Keep"] = "Rollback"
    """What a failed import leaves: nothing, or what is in, invisible, for the next attempt."""

    @property
    def location(self) -> S3Location:
        """The archive's side."""
        return self.source

    @property
    def installation(self) -> Installation:
        """Browsertrix's side."""
        return self.target
