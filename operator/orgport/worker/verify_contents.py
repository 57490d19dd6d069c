"""What an archive's JSON holds: its documents counted, and the objects that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from orgport.archive.manifest import Manifest
from orgport.archive.reading import DATABASE_VERSION, ORGANIZATION, STATEMENT, Found, read_documents
from orgport.archive.writing import HELD
from orgport.browsertrix.normalise import is_left_behind
from orgport.browsertrix.references import Reference, object_key, references
from orgport.browsertrix.sections import Section, by_name
from orgport.worker.import_details import Source
from orgport.worker.import_preparation import MISSHAPEN
from orgport.worker.import_references import NeededTable
from orgport.worker.import_source import JsonReading
from orgport.worker.places import Places
from orgport.worker.verify_report import Check, Noted, judged


def key_of(reference: Reference, org_id: str) -> str | None:
    """The object's key. Of a full URL, whose storage's endpoint may not be known here, the part from the organization's
    id on."""
    key = object_key(reference, org_id)
    if key is None and "://" in reference.filename:
        below = reference.filename.partition(f"/{org_id}/")[2]
        return object_key(replace(reference, filename=f"{org_id}/{below}"), org_id)
    return key


@dataclass
class Contents:
    """What was read of the JSON."""

    org_id: str
    """By the manifest."""
    version: Any = None
    organization: Any = None
    statement: Any = None
    counted: dict[str, int] = field(default_factory=dict)
    """Documents by section, "held." ones apart."""
    needed: NeededTable = field(default_factory=NeededTable)
    """Objects that records name."""
    foreign: Noted = field(default_factory=Noted)
    """References to objects outside the organization."""
    odd: Noted = field(default_factory=Noted)
    """Documents whose references cannot be read."""
    whole: bool = False
    """It was read to its end."""

    def close(self) -> None:
        self.needed.close()

    async def read(self, places: Places, source: Source) -> None:
        """All of the JSON; EXPORT_CORRUPT where it breaks."""
        async with aclosing(read_documents(JsonReading(places, source).chunks(), source.title)) as stream:
            async for found in stream:
                self.add(found)
        self.whole = True

    def add(self, found: Found) -> None:
        if found.section == DATABASE_VERSION:
            self.version = found.document
        elif found.section == STATEMENT:
            self.statement = found.document
        elif found.section == ORGANIZATION:
            self.organization = found.document
        else:
            name = f"{HELD if found.held else ''}{found.section}"
            self.counted[name] = self.counted.get(name, 0) + 1
            self._refer(by_name[found.section], found.document)

    def _refer(self, section: Section, document: dict[str, Any]) -> None:
        # Browsertrix deletes an item's objects before the item.
        if not section.files or is_left_behind(section, document):
            return
        try:
            for reference in references(section, document):
                key = key_of(reference, self.org_id)
                if key is None:
                    self.foreign.add(f"{section.name}/{reference.document}")
                else:
                    self.needed.add(key, reference.storage, reference.size, reference.sha256)
        except MISSHAPEN:
            self.odd.add(f"{section.name}/{document.get('_id')}")

    def documents(self, manifest: Manifest) -> Check:
        """Whether they are those that the manifest, and the JSON's own end, count."""
        database = manifest.database
        problems = [*self._identity(manifest), *self.odd.said("documents have file lists of an unknown shape")]
        problems += differing(self.counted, database.documents if database else {}, "the manifest")
        stated = self.statement.get("counts") if isinstance(self.statement, dict) else None
        if isinstance(stated, dict):
            problems += differing(self.counted, stated, "its own end")
        else:
            problems.append("it does not say at its end how many documents it has")
        return judged("documents", problems, self.counted, noted=[self.odd])

    def _identity(self, manifest: Manifest) -> Iterator[str]:
        org_id = self.organization.get("_id") if isinstance(self.organization, dict) else None
        if org_id != manifest.org.id:
            yield f"it is of organization {org_id}, the manifest of {manifest.org.id}"
        if self.version != manifest.source.db_version:
            yield f"its dbVersion is {self.version}, the manifest's {manifest.source.db_version}"

    def covered(self, manifest: Manifest) -> Check:
        """Whether every reference has its line in the inventory, or is named missing."""
        named, lacking, absent = frozenset(manifest.missing), Noted(), 0
        for key in self.needed.missing():
            if key in named:
                absent += 1
            else:
                lacking.add(key)
        problems = lacking.said("objects that records name are neither in the inventory nor named missing")
        if self.foreign.count > manifest.foreign:
            problems += self.foreign.said(f"records name objects outside the organization, not {manifest.foreign}")
        numbers = {"uncovered": lacking.count, "missing": absent, "foreign": self.foreign.count}
        note = f"{absent} objects were missing at the source" if absent else ""
        return judged("references", problems, numbers, note=note, noted=[lacking])


def differing(counted: Mapping[str, int], said: Mapping[str, Any], where: str) -> list[str]:
    """The sections of which there are not as many documents as said."""
    return [
        f"{name}: {counted.get(name, 0)} documents, not the {said.get(name, 0)} of {where}"
        for name in sorted(counted.keys() | said.keys())
        if counted.get(name, 0) != said.get(name, 0)
    ]
