"""What records name and the source lacks: looked at again, for the record may have changed meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.browsertrix.references import references
from orgport.browsertrix.sections import by_name
from orgport.browsertrix.storages import find
from orgport.stores.mongo import Database
from orgport.worker.export_objects import Missing, Sides
from orgport.worker.export_references import key_of
from orgport.worker.export_tables import Wanted


class Verdict(Enum):
    """What became of a reference without object."""

    MISSING = auto()
    EXCUSED = auto()
    """Its record is being deleted: Browsertrix removes the objects first."""
    CHANGED = auto()
    """Its record says something else by now, or is gone."""


@dataclass
class Settled:
    """References without object, after a second look."""

    missing: list[dict[str, Any]] = field(default_factory=list)
    """As failures.ndjson has them."""
    changed: int = 0

    @property
    def keys(self) -> list[str]:
        return [str(row["key"]) for row in self.missing]

    def refuse(self) -> None:
        """OBJECTS_MISSING, if any is missing."""
        if not self.missing:
            return
        first = self.missing[0]
        raise Failure(
            Reason.OBJECTS_MISSING,
            f"{len(self.missing)} objects that records name are not in their storage with the recorded size, "
            f"such as {first['key']} of {first['section']}/{first['document']} in storage {first['storage']}",
            keys=self.keys,
        )


async def look_again(database: Database, sides: Sides, missing: Missing) -> Settled:
    """Read the records of missing objects again."""
    settled = Settled()
    for wanted, size in [*((wanted, None) for wanted in missing.absent), *missing.wrong]:
        verdict = await _verdict(database, sides, wanted, size)
        if verdict is Verdict.MISSING:
            settled.missing.append(_row(wanted, size))
        elif verdict is Verdict.CHANGED:
            settled.changed += 1
    settled.missing.sort(key=lambda row: str(row["key"]))
    return settled


async def _verdict(database: Database, sides: Sides, wanted: Wanted, size: int | None) -> Verdict:
    section = by_name[wanted.section]
    with database.translated():
        document = await database.collection(section.collection).find_one({"_id": wanted.document})
    if document is None:
        return Verdict.CHANGED
    if document.get("deleted") is True:
        return Verdict.EXCUSED
    named = {
        (reference.storage or sides.org_storage, key_of(reference, sides.org_id, sides.places.storages)): reference.size
        for reference in references(section, document)
    }
    recorded = named.get((wanted.storage, wanted.key))
    if recorded is None or (recorded != wanted.size and wanted.size >= 0):
        return Verdict.CHANGED
    return Verdict.MISSING if not await _is_there_now(sides, wanted, size) else Verdict.CHANGED


async def _is_there_now(sides: Sides, wanted: Wanted, size: int | None) -> bool:
    # A listing may have been older than the record.
    storage = find(sides.places.storages, wanted.storage)
    head = await (await sides.places.storage(storage.name)).head(storage.prefix + wanted.key)
    return head is not None and wanted.fits(head.size) and head.size != size


def _row(wanted: Wanted, size: int | None) -> dict[str, Any]:
    row = {
        "reason": str(Reason.OBJECTS_MISSING),
        "key": wanted.key,
        "storage": wanted.storage,
        "section": wanted.section,
        "document": str(wanted.document),
        "recordedSize": wanted.size,
    }
    return row if size is None else {**row, "size": size}
