"""The small files of an archive: manifest.json, whose presence says that the export is complete, and claim.json."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationError

from orgport.api.failures import Failure
from orgport.api.model import Model
from orgport.api.options import UUID_PATTERN
from orgport.api.reasons import Reason
from orgport.api.status import Count

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ManifestOrg(Model):
    """The organization."""

    id: Annotated[str, Field(pattern=UUID_PATTERN)]
    """Its id."""
    slug: str
    """Its slug."""
    name: str
    """Its name."""


class ManifestSource(Model):
    """The installation that it was exported from."""

    db_version: str
    """Browsertrix's dbVersion, such as "0058"."""
    installation: Sha256
    """A hash of the default organization's id: the same for every export of the installation."""


class ManifestDatabase(Model):
    """The file org-export.json."""

    size: Count
    """Its bytes."""
    sha256: Sha256
    """Its SHA-256."""
    documents: dict[str, Count]
    """Documents by section; "held.<section>" are those that Browsertrix's own importer would refuse."""


class ManifestObjects(Model):
    """The objects that the inventory lists."""

    count: Count
    """How many."""
    size: Count
    """Their bytes."""
    digest: Sha256
    """SHA-256 over the lines [key,size] of the inventory, sorted by key."""
    verified: Literal["none", "listing", "checksum"]
    """How they were compared with the source."""
    size_only: Count = 0
    """Objects of which nothing but the size could be compared."""


class ManifestUnreferenced(Model):
    """Objects that no record names."""

    count: Count = 0
    """How many."""
    size: Count = 0
    """Their bytes."""


class Unsettled(Model):
    """A record that changed all along, or that still runs."""

    section: str
    """The section it is in."""
    id: str
    """Its id; of pages, logs and revisions that of the item or workflow whose they are."""
    cause: Literal["changed", "running", "deleted"]
    """What is unsettled about it."""


class ManifestInventory(Model):
    """The file objects.ndjson."""

    sha256: Sha256
    """Its SHA-256."""


class Manifest(Model):
    """A complete archive."""

    format_version: Literal[1] = 1
    """Of the archive's layout."""
    orgport: str
    """The version of orgport that wrote it."""
    spec_hash: Sha256
    """Of what the export's spec asked for."""
    org: ManifestOrg
    """The organization."""
    source: ManifestSource
    """Where it was exported from."""
    content: list[Literal["Files", "Database"]]
    """What the archive holds."""
    start_time: datetime
    """When the run claimed the archive's name."""
    completion_time: datetime
    """When all the rest was written."""
    database: ManifestDatabase | None = None
    """Absent without Database in `content`."""
    objects: ManifestObjects | None = None
    """Absent without Files in `content`."""
    missing: list[str] = []
    """Keys of objects that records name and the source lacks."""
    foreign: Count = 0
    """References to objects outside the organization; they are not in the archive."""
    unreferenced: ManifestUnreferenced = ManifestUnreferenced()
    """Objects that no record names."""
    unsettled: list[Unsettled] = []
    """Records that changed while they were written."""
    held: dict[str, Count] = {}
    """Documents by section that are kept apart, for Browsertrix's own importer would refuse them."""
    members_without_account: Count = 0
    """Members of the organization who have no account any more; they are left out."""
    redacted: list[Literal["CustomStorageKeys", "Webhooks", "Note", "Subscription"]] = []
    """Fields that were blanked."""
    inventory: ManifestInventory | None = None
    """Absent without Files in `content`."""

    @property
    def documents(self) -> int:
        return sum(self.database.documents.values()) if self.database else 0


class Claim(Model):
    """Who writes the archive of this name."""

    format_version: Literal[1] = 1
    """Of the archive's layout."""
    run: str
    """The uid of the resource."""
    org: Annotated[str, Field(pattern=UUID_PATTERN)]
    """The organization's id."""
    installation: Sha256
    """As in the manifest."""
    spec_hash: Sha256
    """As in the manifest."""
    start_time: datetime
    """When it was claimed first."""

    def is_of_the_same_export(self, other: Claim | Manifest) -> bool:
        """Whether both are of one organization, installation and spec."""
        theirs = (
            (other.org, other.installation, other.spec_hash)
            if isinstance(other, Claim)
            else (other.org.id, other.source.installation, other.spec_hash)
        )
        return (self.org, self.installation, self.spec_hash) == theirs


M = TypeVar("M", Manifest, Claim)


def parse_manifest(data: bytes, where: str) -> Manifest:
    """The manifest; EXPORT_CORRUPT, with its place and the field, if it is none."""
    return _parse(Manifest, data, where)


def parse_claim(data: bytes, where: str) -> Claim:
    """The claim; EXPORT_CORRUPT, with its place and the field, if it is none."""
    return _parse(Claim, data, where)


def _parse(model: type[M], data: bytes, where: str) -> M:
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise Failure(Reason.EXPORT_CORRUPT, f"{where}: {field}: {first['msg']}") from None
