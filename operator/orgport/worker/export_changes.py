"""Whether the source held still while its records were written: all of them are read again, and compared by hash.

A standalone MongoDB has no snapshots, and not everything that changes says so in a date of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from orgport.archive.encoding import encode
from orgport.archive.manifest import Unsettled
from orgport.browsertrix.held import presentable
from orgport.browsertrix.sections import ITEMS, ORGANIZATION, Section
from orgport.worker.export_records import FIXED, Records

MARK_BYTES = 8
_MODULUS = 1 << 8 * MARK_BYTES


@dataclass
class Marks:
    """What was read, in a few bytes each: by document, or by the item or workflow whose documents may be millions."""

    organization: bytes = b""
    """The line of it."""
    documents: dict[str, dict[Any, bytes]] = field(default_factory=dict)
    """Of sections that hang on the organization itself: a short hash of each document, by section and id."""
    sums: dict[str, dict[Any, int]] = field(default_factory=dict)
    """Of the others: the sum of their hashes, which no order changes, by section and whose they are."""

    def add(self, section: Section, document: dict[str, Any], line: bytes) -> None:
        """Remember the document; `line` is what is written of it."""
        mark = hashlib.blake2b(line, digest_size=MARK_BYTES).digest()
        if section in FIXED:
            self.documents.setdefault(section.name, {})[document["_id"]] = mark
            return
        sums, owner = self.sums.setdefault(section.name, {}), document.get(section.link)
        sums[owner] = (sums.get(owner, 0) + int.from_bytes(mark, "big")) % _MODULUS

    def changes(self, section: Section, now: Marks) -> Iterator[Unsettled]:
        """What of the section is not now as it was; what is new is no part of it."""
        if section in FIXED:
            after = now.documents.get(section.name, {})
            for identifier, mark in self.documents.get(section.name, {}).items():
                if after.get(identifier) != mark:
                    yield _unsettled(section, identifier, "changed" if identifier in after else "deleted")
            return
        before, later = self.sums.get(section.name, {}), now.sums.get(section.name, {})
        for owner in {**before, **later}:
            if before.get(owner) != later.get(owner):
                yield _unsettled(section, owner, "changed")


async def changes(
    marks: Marks, records: Records, sections: tuple[Section, ...], organization: dict[str, Any]
) -> list[Unsettled]:
    """What is not as it was written any more; pages, logs and revisions by whose they are.

    `organization` is what would be written of it now.
    """
    same = encode(organization) == marks.organization
    found = [] if same else [_unsettled(ORGANIZATION, records.org_id, "changed")]
    for section in sections:
        again = Marks()
        async for batch in records.batches(section):
            for document in batch:
                again.add(section, document, encode(presentable(section, document)))
        found += marks.changes(section, again)
    return found


def unsettled(changed: list[Unsettled], running: list[str]) -> Iterator[Unsettled]:
    """What the manifest names: what changed all along, and the items that still run."""
    yield from changed
    named = {entry.id for entry in changed if entry.section == ITEMS.name}
    yield from (_unsettled(ITEMS, item, "running") for item in running if item not in named)


def _unsettled(section: Section, record: Any, cause: str) -> Unsettled:
    return Unsettled.model_validate({"section": section.name, "id": str(record), "cause": cause})
