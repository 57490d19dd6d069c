"""Whether the source held still while its records were written: all of them are read again, and compared by hash.

A standalone MongoDB has no snapshots, and not everything that changes says so in a date of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from orgport.archive.batches import decode, mark, split
from orgport.archive.encoding import encode
from orgport.archive.manifest import Unsettled
from orgport.browsertrix.sections import ITEMS, ORGANIZATION, Section
from orgport.worker.export_records import FIXED, Keys, Records, key_of


@dataclass
class Marks:
    """What was read, in a few bytes each: by document, or by the item or workflow whose documents may be millions."""

    organization: bytes = b""
    """The line of it."""
    sums: dict[str, dict[Any, int]] = field(default_factory=dict)
    """The sum of the documents' marks, which no order changes, by section and the id by which they were read."""

    def add(self, section: Section, keys: Iterable[Any], documents: Iterable[bytes]) -> None:
        """Remember encoded documents."""
        sums = self.sums.setdefault(section.name, {})
        for key, document in zip(keys, documents, strict=True):
            sums[key] = sums.get(key, 0) + mark(document)

    def keys(self, section: Section) -> list[Any]:
        return list(self.sums.get(section.name, ()))

    def total(self, section: Section, keys: Keys) -> int:
        """The sum of all documents that were read by these ids."""
        sums = self.sums.get(section.name, {})
        return sum(sums.get(key, 0) for key in keys)

    def changes(self, section: Section, keys: Keys, now: Marks) -> Iterator[Unsettled]:
        """What under these ids is not now as it was; what is new of itself is no part of it."""
        before, later = self.sums.get(section.name, {}), now.sums.get(section.name, {})
        for key in keys:
            if section in FIXED and key in before and key not in later:
                yield _unsettled(section, key, "deleted")
            elif before.get(key) != later.get(key) and (key in before or section not in FIXED):
                yield _unsettled(section, key, "changed")


async def changes(
    marks: Marks, records: Records, sections: tuple[Section, ...], organization: dict[str, Any]
) -> list[Unsettled]:
    """What is not as it was written any more; pages, logs and revisions by whose they are.

    `organization` is what would be written of it now.
    """
    same = encode(organization) == marks.organization
    found = [] if same else [_unsettled(ORGANIZATION, records.org_id, "changed")]
    for section in sections:
        for keys in records.keys(section):
            if not await _adds_up(marks, records, section, keys):
                found += marks.changes(section, keys, await _marks_of(records, section, keys))
    return found


async def _adds_up(marks: Marks, records: Records, section: Section, keys: Keys) -> bool:
    """Whether nothing under these ids has changed, which can be said without decoding a document."""
    total = 0
    async for batch in records.read(section, keys):
        total += sum(map(mark, split(batch)))
    return total == marks.total(section, keys)


async def _marks_of(records: Records, section: Section, keys: Keys) -> Marks:
    found, name = Marks(), key_of(section)
    async for batch in records.read(section, keys):
        documents = list(split(batch))
        found.add(section, [decode(document).get(name) for document in documents], documents)
    return found


def unsettled(changed: list[Unsettled], running: list[str]) -> Iterator[Unsettled]:
    """What the manifest names: what changed all along, and the items that still run."""
    yield from changed
    named = {entry.id for entry in changed if entry.section == ITEMS.name}
    yield from (_unsettled(ITEMS, item, "running") for item in running if item not in named)


def _unsettled(section: Section, record: Any, cause: str) -> Unsettled:
    return Unsettled.model_validate({"section": section.name, "id": str(record), "cause": cause})
