"""OrgExport: an organization leaves an installation for a bucket."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orgport.api.model import Model, Rule
from orgport.api.options import UUID_PATTERN, RunSpec, credentials_rule, immutable
from orgport.api.places import Destination, Installation, S3Location

Slug = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\p{L}\p{N}_-]+$")]


class OrgRef(Model):
    """An organization, by one of its two names."""

    rules = (
        Rule(
            "has(self.slug) != has(self.id)",
            "give exactly one of spec.org.slug and spec.org.id",
            lambda self: (self.slug is None) != (self.id is None),
        ),
    )

    slug: Slug | None = None
    """Its slug."""
    id: Annotated[str, Field(pattern=UUID_PATTERN, max_length=36)] | None = None
    """Its id, a UUID."""


class ExportDatabase(Model):
    """What the JSON holds beyond, or short of, Browsertrix's own export."""

    include: Annotated[
        list[Literal["SeedFiles", "CrawlLogs"]],
        Field(max_length=2, json_schema_extra={"x-kubernetes-list-type": "set"}),
    ] = ["SeedFiles", "CrawlLogs"]
    """Sections beyond Browsertrix's own export."""
    redact: Annotated[
        list[Literal["CustomStorageKeys", "Webhooks", "Note", "Subscription"]],
        Field(max_length=4, json_schema_extra={"x-kubernetes-list-type": "set"}),
    ] = []
    """Fields that are blanked."""


class OrgExportSpec(RunSpec):
    """What to export, whence and whither."""

    rules = (
        *immutable(
            "OrgExport",
            *("org", "source", "destination", "content", "files", "database", "onExisting", "dryRun", "backoffLimit"),
        ),
        credentials_rule("destination"),
    )

    org: OrgRef
    """The organization."""
    source: Installation = Installation()
    """The installation it is in."""
    destination: Destination
    """Where the archive goes."""
    database: ExportDatabase = ExportDatabase()
    """What the JSON holds."""
    on_existing: Literal["Adopt", "Fail"] = "Adopt"
    """What a finished archive of this name and spec means."""

    @property
    def location(self) -> S3Location:
        """The archive's side."""
        return self.destination

    @property
    def installation(self) -> Installation:
        """Browsertrix's side."""
        return self.source
