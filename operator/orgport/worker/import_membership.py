"""Which documents of the JSON go in: those of items and workflows that go in themselves, each counted once."""

from __future__ import annotations

from array import array
from collections.abc import Container, Hashable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from orgport.browsertrix.normalise import is_left_behind
from orgport.browsertrix.sections import CRAWL_LOGS, ITEMS, PAGES, REVISIONS, WORKFLOWS, Section

OWNERS = {PAGES.name: ITEMS.name, CRAWL_LOGS.name: ITEMS.name, REVISIONS.name: WORKFLOWS.name}
"""Sections whose documents mean nothing without the one that their `link` names, and are found by it."""


class Distinct:
    """Counts the different ids of each owner in eight bytes an id: pages may be millions."""

    def __init__(self) -> None:
        self._hashes: dict[Hashable, array[int]] = {}

    def add(self, owner: Hashable, identifier: Hashable) -> None:
        if owner not in self._hashes:
            self._hashes[owner] = array("q")
        self._hashes[owner].append(hash(identifier))

    def count(self, owners: Container[Hashable]) -> int:
        """Different ids of these owners."""
        return sum(len(set(hashes)) for owner, hashes in self._hashes.items() if owner in owners)

    def lost(self, owners: Container[Hashable]) -> int:
        """Ids, repeated ones too, of all other owners."""
        return sum(len(hashes) for owner, hashes in self._hashes.items() if owner not in owners)

    def repeated(self, owners: Container[Hashable]) -> int:
        """How many ids of these owners came again."""
        total = sum(len(hashes) for owner, hashes in self._hashes.items() if owner in owners)
        return total - self.count(owners)


@dataclass
class Membership:
    """What has been read so far: the ids that others name, and the counts."""

    ids: dict[str, set[Hashable]] = field(default_factory=lambda: {ITEMS.name: set(), WORKFLOWS.name: set()})
    distinct: dict[str, Distinct] = field(default_factory=dict)
    discarded: int = 0

    def owners(self, name: str) -> set[Hashable]:
        """What the documents of a section may belong to."""
        return self.ids[OWNERS[name]]

    @property
    def workflows(self) -> set[Hashable]:
        return self.ids[WORKFLOWS.name]

    def add(self, section: Section, document: dict[str, Any]) -> bool:
        """Count the document; False if it is discarded."""
        if is_left_behind(section, document):
            self.discarded += 1
            return False
        identifier = document["_id"]
        if section.name in self.ids:
            self.ids[section.name].add(identifier)
        self.distinct.setdefault(section.name, Distinct()).add(self._owner(section, document), identifier)
        return True

    def belongs(self, section: Section, document: dict[str, Any]) -> bool:
        """Whether what owns the document goes in; asked once the owners' section has been read."""
        return section.name not in OWNERS or self._owner(section, document) in self.ids[OWNERS[section.name]]

    def counts(self) -> dict[str, int]:
        """Documents to insert, by section."""
        return {name: distinct.count(self._owners(name)) for name, distinct in self.distinct.items()}

    def warnings(self) -> list[str]:
        """What will not go in."""
        found = [f"{self.discarded} items that were being deleted are left out"] if self.discarded else []
        for name, distinct in self.distinct.items():
            if lost := distinct.lost(self._owners(name)):
                found.append(f"{lost} documents of {name} are left out: what they belong to is not in the export")
            if repeated := distinct.repeated(self._owners(name)):
                found.append(f"{repeated} documents of {name} are in the export twice; one of each goes in")
        return found

    def _owner(self, section: Section, document: dict[str, Any]) -> Hashable:
        owner = document.get(section.link) if section.name in OWNERS else None
        # a document that breaks Browsertrix's rules may hold anything
        return owner if isinstance(owner, str | UUID) else None

    def _owners(self, name: str) -> Container[Hashable]:
        return self.owners(name) if name in OWNERS else {None}
