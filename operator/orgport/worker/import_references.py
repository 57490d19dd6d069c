"""Which objects the records of an export name, in which storages, and whether all of them may be imported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from orgport.api.org_import import OrgImportSpec
from orgport.api.reasons import Reason
from orgport.browsertrix.references import UNKNOWN_SIZE, Reference, object_key, references
from orgport.browsertrix.sections import Section
from orgport.browsertrix.slugs import slugify_name
from orgport.browsertrix.storage_refs import storage_names
from orgport.browsertrix.storages import Storage, find
from orgport.transfer.inventory import in_order
from orgport.transfer.table import Table
from orgport.worker.import_conflicts import Conflict

SHOWN = 1000
"""Records that a report names of each kind."""


@dataclass(frozen=True, slots=True)
class Needed:
    """An object that records name."""

    key: str
    storages: tuple[str, ...]
    """The source's names of the storages that records place it in."""
    size: int
    """Bytes; UNKNOWN_SIZE where the records do not know or disagree."""
    sha256: str

    def fits(self, size: int) -> bool:
        return self.size in (UNKNOWN_SIZE, size)


class NeededTable(Table):
    """The objects that records name, and whether they were found."""

    columns = """
        CREATE TABLE needed (key BLOB PRIMARY KEY, size INTEGER, sha256 TEXT, found INTEGER DEFAULT 0) WITHOUT ROWID;
        CREATE TABLE places (key BLOB, storage TEXT, PRIMARY KEY (key, storage)) WITHOUT ROWID;
    """

    def add(self, key: str, storage: str, size: int, sha256: str) -> None:
        """Remember the object. Where two records do not agree on its size, which of them is right is not known."""
        self._do(
            f"""
            INSERT INTO needed (key, size, sha256) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET
            sha256 = CASE size WHEN excluded.size THEN sha256 ELSE '' END,
            size = CASE size WHEN excluded.size THEN size ELSE {UNKNOWN_SIZE} END
            """,
            *(in_order(key), size, sha256),
        )
        self._do("INSERT OR IGNORE INTO places VALUES (?, ?)", in_order(key), storage)

    def get(self, key: str) -> Needed | None:
        row = self._do("SELECT size, sha256 FROM needed WHERE key = ?", in_order(key)).fetchone()
        if row is None:
            return None
        places = self._do("SELECT storage FROM places WHERE key = ?", in_order(key))
        return Needed(key, tuple(storage for (storage,) in places), *row)

    def find(self, key: str) -> None:
        """The object is there."""
        self._do("UPDATE needed SET found = 1 WHERE key = ?", in_order(key))

    def missing(self) -> Iterator[str]:
        for (key,) in self._do("SELECT key FROM needed WHERE NOT found ORDER BY key"):
            yield key.decode("utf-8", "surrogatepass")


@dataclass
class References:
    """The references of all documents that were added."""

    org_id: str
    endpoint_urls: Sequence[str]
    needed: NeededTable = field(default_factory=NeededTable)
    """By key, "<org id>/..."."""
    storages: set[str] = field(default_factory=set)
    foreign: list[str] = field(default_factory=list)
    custom: list[str] = field(default_factory=list)

    def add(self, section: Section, document: dict[str, Any]) -> None:
        """Remember what the document names."""
        for name, custom in storage_names(section, document):
            self.storages.add(name)
            if custom and len(self.custom) < SHOWN:
                self.custom.append(f"{section.name}/{document['_id']}")
        for reference in references(section, document):
            self._add(reference)

    def conflicts(self) -> Iterator[Conflict]:
        """References that no import may have."""
        if self.foreign:
            yield Conflict(
                Reason.FOREIGN_KEY,
                f"{_several(self.foreign)} refer to objects outside {self.org_id}/, such as {self.foreign[0]}",
                self.foreign,
            )
        if self.custom:
            yield Conflict(
                Reason.CUSTOM_STORAGE_UNSUPPORTED,
                f"{_several(self.custom)} lie in custom storages of the organization's own, such as {self.custom[0]}",
                self.custom,
            )

    def _add(self, reference: Reference) -> None:
        key = object_key(reference, self.org_id, self.endpoint_urls)
        if key is not None:
            self.needed.add(key, reference.storage, reference.size, reference.sha256)
        elif len(self.foreign) < SHOWN:
            self.foreign.append(f"{reference.section}/{reference.document} {reference.path}: {reference.filename}")


def _several(keys: Sequence[str]) -> str:
    return f"{len(keys)}{' or more' if len(keys) >= SHOWN else ''} records"


@dataclass(frozen=True)
class StorageNames:
    """What becomes of the source's storage names."""

    listed: dict[str, str]
    target: str
    """The storage that receives files, and every name that is not listed."""

    def __call__(self, name: str) -> str:
        return self.listed.get(slugify_name(name), self.target)

    def targets(self) -> list[str]:
        """Every storage that may receive something, the target first."""
        return list(dict.fromkeys((self.target, *self.listed.values())))

    def unused(self, names: set[str]) -> list[str]:
        """Listed names that the export does not know."""
        return sorted(self.listed.keys() - {slugify_name(name) for name in names})


def storage_mapping(spec: OrgImportSpec, storages: Sequence[Storage], target: str) -> StorageNames:
    """The mapping that the spec asks for; UNKNOWN_STORAGE if it names a storage that is not there."""
    listed = {slugify_name(entry.from_): find(storages, entry.to).name for entry in spec.storage_mapping}
    return StorageNames(listed, target)


def replicas_of(storages: Sequence[Storage]) -> frozenset[str]:
    """The target's storages that hold replicas."""
    return frozenset(storage.name for storage in storages if storage.is_replica)
