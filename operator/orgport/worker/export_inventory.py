"""The inventory of an archive: what arrived late is copied, then both sides are compared and written down, sorted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from orgport.api.failures import Failure
from orgport.api.plan import Leg
from orgport.api.reasons import Reason
from orgport.archive.inventory import InventoryLine, InventoryTotals, encode_line
from orgport.transfer.inventory import proven
from orgport.worker.context import Context
from orgport.worker.export_late import copy_late
from orgport.worker.export_objects import Found, Missing, Sides, objects, taken_places
from orgport.worker.export_survey import Survey

ROUNDS = 3
"""How often both sides are listed while objects keep appearing."""


class SortedLines:
    """Lines of an inventory, sorted on disk: an organization may have a million objects."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "inventory.sqlite"
        self._path.unlink(missing_ok=True)
        self._connection = sqlite3.connect(self._path)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute(
            "CREATE TABLE lines (key BLOB, storage BLOB, line BLOB, PRIMARY KEY (key, storage)) WITHOUT ROWID"
        )

    def add(self, line: InventoryLine) -> None:
        row = (line.key.encode(), line.storage.encode(), encode_line(line))
        self._connection.execute("INSERT INTO lines VALUES (?, ?, ?)", row)

    def __iter__(self) -> Iterator[bytes]:
        return (line for (line,) in self._connection.execute("SELECT line FROM lines ORDER BY key, storage"))

    def close(self) -> None:
        self._connection.close()
        self._path.unlink(missing_ok=True)


@dataclass
class Inventory:
    """What the archive has, as both listings say."""

    lines: SortedLines
    totals: InventoryTotals = field(default_factory=InventoryTotals)
    missing: Missing = field(default_factory=Missing)
    size_only: int = 0
    survey: Survey = field(default_factory=Survey)
    late: list[Found] = field(default_factory=list)

    def add(self, sides: Sides, found: Found) -> None:
        self.survey.add(found, sides.archive.prefix)
        if found.held is None:
            self.late.append(found)
            return
        if not proven(found.source, found.held, sides.known(found.storage, found.source)):
            self.size_only += 1
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


async def take_inventory(context: Context, sides: Sides, legs: list[Leg], folder: Path) -> Inventory:
    """Copy what appeared since the plan, until both sides agree; SOURCE_CHANGED if what records name never does."""
    inventory = await _compare(sides, folder)
    for _ in range(ROUNDS - 1):
        if not inventory.late:
            return inventory
        context.progress.message = f"copying {len(inventory.late)} objects that appeared meanwhile"
        await copy_late(context, sides.places, inventory.survey, legs)
        inventory.lines.close()
        inventory = await _compare(replace(sides, taken=await taken_places(sides.archive)), folder)
    keys = [found.key for found in inventory.late if found.wanted is not None]
    if keys:
        raise Failure(
            Reason.SOURCE_CHANGED,
            f"{len(keys)} objects that records name changed all along, such as {keys[0]}",
            keys=keys,
        )
    return inventory


async def _compare(sides: Sides, folder: Path) -> Inventory:
    inventory = Inventory(SortedLines(folder))
    async for found in objects(sides, inventory.missing):
        inventory.add(sides, found)
    return inventory
