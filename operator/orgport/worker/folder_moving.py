"""Objects between a bucket and a local folder: the engine's rules, one process, nothing but the two sides."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import closing
from dataclasses import dataclass, field

from orgport.api.failures import Failure
from orgport.api.plan import Leg
from orgport.api.reasons import Reason
from orgport.stores.objects import Objects
from orgport.transfer.compare import compare
from orgport.transfer.copying import copy_all
from orgport.transfer.inventory import Entry, Verdict, proven
from orgport.transfer.journal import Journal
from orgport.transfer.opacity import opacity_of
from orgport.transfer.strategies import Copied
from orgport.transfer.verifying import Expected, Proof, Verification
from orgport.transfer.worklists import WorkItem
from orgport.worker.context import OpenFence, Progress
from orgport.worker.tables import WorkTable

AGAIN = "run it again: it goes on where it stood, and takes what is new"
_MANIFEST = re.compile(r"exports/[^/]+/manifest\.json")


@dataclass(frozen=True)
class Way:
    """From where to where; keys are compared by what follows the prefixes."""

    source: Objects
    source_prefix: str
    destination: Objects
    destination_prefix: str
    leg: Leg
    journal: Journal
    concurrency: int = 32

    def compared(self) -> AsyncIterator[tuple[Verdict, Entry | None, Entry | None]]:
        """Both listings, side by side."""
        sides = (
            _entries(self.source, self.source_prefix),
            _entries(self.destination, self.destination_prefix),
        )
        return compare(*sides, excuses=opacity_of(self.source, self.destination).excuses)


async def _entries(objects: Objects, prefix: str) -> AsyncIterator[Entry]:
    async for listed in objects.list(prefix):
        yield Entry(listed.key.removeprefix(prefix), listed.key, listed.size, listed.etag)


@dataclass
class Moved:
    """What a move found and did. `objects` and `bytes`: all that the source has."""

    objects: int = 0
    bytes: int = 0
    present: int = 0
    copied: int = 0
    extra: int = 0
    """Objects of the destination that the source lacks; they stay."""
    verification: Verification = field(default_factory=Verification)
    """Of all objects in the end; of a dry run, of those that the destination has."""


async def move(way: Way, progress: Progress, *, dry_run: bool = False) -> Moved:
    """Copy what the destination lacks, and hold both sides against each other; once, if it lacks nothing.

    OBJECT_CONFLICT, before the first write: the destination has other content under keys of the source.
    VERIFICATION_FAILED: it lacks something in the end. An archive's manifests come last: without them it is none.
    """
    manifests: list[WorkItem] = []
    with closing(WorkTable()) as table:
        moved = await _plan(way, table, manifests)
        progress.objects_total = table.count + len(manifests)
        progress.bytes_total = table.bytes + sum(item.size for item in manifests)
        if dry_run or not progress.objects_total:
            return moved
        moved.copied += await _copy(way, progress, table)
    if manifests:
        await _verify(way, with_manifests=False)
        moved.copied += await _copy(way, progress, manifests)
    moved.verification = await _verify(way, with_manifests=True)
    return moved


async def _plan(way: Way, table: WorkTable, manifests: list[WorkItem]) -> Moved:
    moved, conflicts = Moved(), list[str]()
    async for verdict, source, destination in way.compared():
        if source is None:
            moved.extra += 1
            continue
        moved.objects, moved.bytes = moved.objects + 1, moved.bytes + source.size
        if destination is None:
            add = manifests.append if _MANIFEST.fullmatch(source.key) else table.add
            add(WorkItem(0, source.at, way.destination_prefix + source.key, source.size, source.etag))
        elif verdict is Verdict.CONFLICT:
            conflicts.append(destination.at)
        else:
            moved.present += 1
            moved.verification.add(_expected(way, source), _proof(verdict, source, destination))
    if not moved.objects:
        raise Failure(
            Reason.OBJECTS_MISSING,
            f"nothing lies below {way.source.url(way.source_prefix)}",
            suggestion="check bucket and prefix, which ends in /",
        )
    if conflicts:
        raise Failure(
            Reason.OBJECT_CONFLICT,
            f"{len(conflicts)} keys of the destination have other content, such as {conflicts[0]}",
            suggestion="move those objects away: nothing is ever overwritten",
            keys=conflicts,
        )
    return moved


async def _copy(way: Way, progress: Progress, items: Iterable[WorkItem]) -> int:
    def on_object(item: WorkItem, copied: Copied) -> None:
        progress.objects_done += 1

    def on_bytes(count: int) -> None:
        progress.bytes_done += count

    try:
        report = await copy_all(
            lambda _: way.source,
            lambda _: way.destination,
            items,
            [way.leg],
            concurrency=way.concurrency,
            on_object=on_object,
            on_bytes=on_bytes,
            fence=OpenFence(),
            journal=way.journal,
        )
    finally:
        await asyncio.shield(way.journal.keep())
    return report.copied


async def _verify(way: Way, *, with_manifests: bool) -> Verification:
    result = Verification()
    async for verdict, source, destination in way.compared():
        if source is not None and (with_manifests or not _MANIFEST.fullmatch(source.key)):
            result.add(_expected(way, source), _proof(verdict, source, destination))
    if result.wrong:
        raise Failure(
            Reason.VERIFICATION_FAILED,
            f"{len(result.wrong)} objects are not there as the source has them now, such as {result.wrong[0]}",
            suggestion=AGAIN,
            keys=result.wrong,
        )
    return result


def _expected(way: Way, source: Entry) -> Expected:
    return Expected(way.destination_prefix + source.key, source.size, source.etag)


def _proof(verdict: Verdict, source: Entry, destination: Entry | None) -> Proof:
    if destination is None or verdict is Verdict.CONFLICT:
        return Proof.WRONG
    return Proof.ETAG if proven(source, destination) else Proof.SIZE
