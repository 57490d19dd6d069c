"""Documents that an import would insert, compared with what the target has under their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import bson
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions

from orgport.browsertrix.references import object_key, references
from orgport.browsertrix.sections import SECTIONS, Section
from orgport.stores.inserts import BATCH_BYTES, BATCH_DOCUMENTS, Shelf
from orgport.stores.mongo import Database
from orgport.worker.verify_report import Check, Noted, judged

_CODEC: CodecOptions[dict[str, Any]] = CodecOptions(
    uuid_representation=UuidRepresentation.STANDARD, tz_aware=True, tzinfo=UTC
)
_SECTIONS = {section.collection: section for section in SECTIONS}


@dataclass
class Shelved:
    """The documents of one section."""

    there: int = 0
    changed: int = 0
    """Of those that are there: they differ from what the import inserted, or would insert today."""
    missing: Noted = field(default_factory=Noted)
    foreign: Noted = field(default_factory=Noted)
    """Of others, under ids of the organization's."""


@dataclass
class Comparisons:
    """What is found, by section."""

    org_id: str
    sections: dict[str, Shelved] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)
    """Objects that changed documents do not name any more, or name with another size."""

    def of(self, section: Section) -> Shelved:
        return self.sections.setdefault(section.name, Shelved())

    def compare(self, section: Section, shelf: Shelf, expected: bytes, found: dict[str, Any] | None) -> None:
        """Count the document; `expected` is its BSON."""
        document, shelved = bson.decode(expected, codec_options=_CODEC), self.of(section)
        if found is None:
            shelved.missing.add(f"{section.name}/{document['_id']}")
        elif not shelf.is_ours(found.get(shelf.link)):
            shelved.foreign.add(f"{section.name}/{document['_id']}")
        else:
            shelved.there += 1
            if document != found:
                shelved.changed += 1
                self.released |= {key for key, _ in self._named(section, document) - self._named(section, found)}

    def row(self, section: Section, expected: int, total: int) -> Check:
        """The check of a section; `total` documents of it are in the target."""
        shelved = self.of(section)
        numbers = {
            "expected": expected,
            "there": shelved.there,
            "missing": shelved.missing.count,
            "changed": shelved.changed,
            "added": max(total - shelved.there, 0),
        }
        problems = shelved.missing.said("documents are missing")
        problems += shelved.foreign.said("documents under these ids are of another organization")
        if not problems and shelved.there < expected:
            problems = [f"{shelved.there} documents are there, not {expected}"]
        changes = {"changed": shelved.changed, "added": numbers["added"]}
        note = ", ".join(f"{count} {what} since" for what, count in changes.items() if count)
        return judged(
            f"{section.name} in target", problems, numbers, note=note, noted=[shelved.missing, shelved.foreign]
        )

    def _named(self, section: Section, document: dict[str, Any]) -> set[tuple[str, int]]:
        found = ((object_key(each, self.org_id), each.size) for each in references(section, document))
        return {(key, size) for key, size in found if key is not None}


class Comparer:
    """Takes the documents in an inserter's stead, and looks for them."""

    def __init__(self, database: Database, comparisons: Comparisons) -> None:
        self._database = database
        self._comparisons = comparisons
        self._shelf: Shelf | None = None
        self._batch: dict[Any, bytes] = {}
        self._size = 0

    async def begin(self, shelf: Shelf) -> None:
        """Go on with another collection."""
        if shelf != self._shelf:
            await self.flush()
            self._shelf = shelf

    async def add(self, document: Mapping[str, Any]) -> None:
        """A document; of two with one id the first went in."""
        encoded = bson.encode(document, codec_options=_CODEC)
        self._batch.setdefault(document["_id"], encoded)
        self._size += len(encoded)
        if len(self._batch) >= BATCH_DOCUMENTS or self._size >= BATCH_BYTES:
            await self.flush()

    async def flush(self) -> None:
        """Look for what was added."""
        batch, self._batch, self._size = self._batch, {}, 0
        shelf = self._shelf
        if shelf is None or not batch:
            return
        section = _SECTIONS[shelf.collection]
        with self._database.translated():
            async for found in self._database.collection(shelf.collection).find({"_id": {"$in": list(batch)}}):
                self._comparisons.compare(section, shelf, batch.pop(found["_id"]), found)
        for expected in batch.values():
            self._comparisons.compare(section, shelf, expected, None)

    async def close(self) -> None:
        """There is nothing to give up."""
