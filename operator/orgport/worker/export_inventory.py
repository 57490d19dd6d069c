"""The inventory of an archive: what arrived late is copied, then both sides are compared and written down, sorted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from orgport.api.failures import Failure
from orgport.api.plan import Leg
from orgport.api.reasons import Reason
from orgport.archive.inventory import InventoryLine, InventoryTotals
from orgport.transfer.inventory import proven
from orgport.worker.context import Context
from orgport.worker.export_late import copy_late
from orgport.worker.export_objects import Found, Missing, Sides, objects, taken_places
from orgport.worker.export_survey import Survey
from orgport.worker.export_tables import LineTable

ROUNDS = 3
"""How often both sides are listed while objects keep appearing."""


@dataclass
class Inventory:
    """What the archive has, as both listings say."""

    lines: LineTable = field(default_factory=LineTable)
    totals: InventoryTotals = field(default_factory=InventoryTotals)
    missing: Missing = field(default_factory=Missing)
    size_only: int = 0
    unreferenced_count: int = 0
    unreferenced_bytes: int = 0
    survey: Survey = field(default_factory=Survey)
    """What the archive lacks yet."""
    late: list[str] = field(default_factory=list)
    """Keys that records name and that the archive lacks yet."""

    def close(self) -> None:
        self.lines.close()
        self.survey.items.close()

    def add(self, sides: Sides, found: Found) -> None:
        if found.held is None:
            self.survey.add(found, sides.archive.prefix)
            if found.wanted is not None:
                self.late.append(found.key)
            return
        # A pair of ETags that an earlier archive knows may itself have been compared by size alone.
        self.size_only += not proven(found.source, found.held)
        if found.wanted is None:
            self.unreferenced_count += 1
            self.unreferenced_bytes += found.source.size
        self.lines.add(_line(found, found.held.etag))


def _line(found: Found, etag: str) -> InventoryLine:
    wanted = found.wanted
    return InventoryLine(
        key=found.key,
        at=found.at,
        size=found.source.size,
        etag=etag,
        source_etag=found.source.etag,
        storage=found.storage,
        referrers=wanted.referrers if wanted else 0,
        sha256=(wanted.sha256 or None) if wanted else None,
    )


async def take_inventory(context: Context, sides: Sides, legs: list[Leg]) -> Inventory:
    """Copy what appeared since the plan, until both sides agree; SOURCE_CHANGED if what records name never does."""
    inventory = await _compare(sides)
    for _ in range(ROUNDS - 1):
        if not inventory.survey.items.count:
            return inventory
        context.progress.message = f"copying {inventory.survey.items.count} objects that appeared meanwhile"
        await copy_late(context, sides.places, inventory.survey, legs)
        inventory.close()
        inventory = await _compare(replace(sides, taken=await taken_places(sides.archive)))
    if inventory.late:
        inventory.close()
        raise Failure(
            Reason.SOURCE_CHANGED,
            f"{len(inventory.late)} objects that records name changed all along, such as {inventory.late[0]}",
            keys=inventory.late,
        )
    return inventory


async def _compare(sides: Sides) -> Inventory:
    inventory = Inventory()
    try:
        async for found in objects(sides, inventory.missing):
            inventory.add(sides, found)
    except BaseException:
        inventory.close()
        raise
    return inventory
