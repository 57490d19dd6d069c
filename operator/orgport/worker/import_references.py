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
from orgport.worker.import_conflicts import Conflict

SHOWN = 1000
"""Records that a report names of each kind."""


@dataclass(slots=True)
class Needed:
    """An object that records name."""

    storages: tuple[str, ...]
    """The source's names of the storages that records place it in."""
    size: int
    sha256: str
    found: bool = False

    def fits(self, size: int) -> bool:
        return self.size in (UNKNOWN_SIZE, size)


@dataclass
class References:
    """The references of all documents that were added."""

    org_id: str
    endpoint_urls: Sequence[str]
    needed: dict[str, Needed] = field(default_factory=dict)
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
        if key is None:
            if len(self.foreign) < SHOWN:
                self.foreign.append(f"{reference.section}/{reference.document} {reference.path}: {reference.filename}")
            return
        known = self.needed.get(key)
        if known is None:
            self.needed[key] = Needed((reference.storage,), reference.size, reference.sha256)
            return
        if reference.storage not in known.storages:
            known.storages = (*known.storages, reference.storage)
        if known.size != reference.size:
            # Two records do not agree; which of them is right is not known.
            known.size, known.sha256 = UNKNOWN_SIZE, ""


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
