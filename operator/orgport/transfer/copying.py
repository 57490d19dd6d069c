"""A work list's objects from bucket to bucket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from orgport.api.failures import Failure
from orgport.api.plan import Leg
from orgport.api.reasons import Reason
from orgport.stores.objects import Objects
from orgport.stores.s3 import NoPace, Pace
from orgport.transfer.crowd import for_each
from orgport.transfer.journal import Journal
from orgport.transfer.strategies import Copied, Terms, copy_object
from orgport.transfer.worklists import WorkItem

__all__ = ["Copied", "CopyReport", "Fence", "copy_all", "copy_object"]
LOOKS = 3
"""How often an object that changes is looked at again."""


class Fence(Protocol):
    """Whether this process may still write."""

    async def may_write(self) -> None: ...


@dataclass
class CopyReport:
    """What became of the objects. `changed`: copied in a newer version than the list had; keys are the source's."""

    copied: int = 0
    present: int = 0
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    """Objects that kept changing; none of their versions was copied."""
    newer: dict[tuple[int, str], WorkItem] = field(default_factory=dict)
    """By leg and destination key, the changed objects as the source had them when they were copied."""
    lost: set[tuple[int, str]] = field(default_factory=set)
    """By leg and destination key, the objects that were not copied: missing and unsettled ones."""


async def copy_all(
    source_of: Callable[[int], Objects],
    destination_of: Callable[[int], Objects],
    items: Iterable[WorkItem] | AsyncIterable[WorkItem],
    legs: Sequence[Leg],
    *,
    concurrency: int,
    on_object: Callable[[WorkItem, Copied], None],
    on_bytes: Callable[[int], None],
    fence: Fence,
    pace: Pace | None = None,
    journal: Journal | None = None,
) -> CopyReport:
    """Copy what the items name; a bucket is asked for by the number of the leg.

    An object with other content at the destination does not stop the others: OBJECT_CONFLICT names them all in the
    end. Anything else that goes wrong ends the run.
    """
    terms = Terms(asyncio.Semaphore(concurrency), pace or NoPace(), fence.may_write, journal)
    report, conflicts = CopyReport(), list[str]()

    async def copy(item: WorkItem) -> None:
        buckets = source_of(item.leg), destination_of(item.leg)
        try:
            copied = await _with_changes(*buckets, item, legs[item.leg], on_bytes, terms, report)
        except Failure as failure:
            if failure.reason is not Reason.OBJECT_CONFLICT:
                raise
            conflicts.extend(failure.keys)
            return
        if copied is not None:
            _count(report, copied)
            on_object(item, copied)

    await for_each(items, copy, concurrency)
    if conflicts:
        raise _conflicts(sorted(conflicts))
    return report


async def _with_changes(
    source: Objects,
    destination: Objects,
    item: WorkItem,
    leg: Leg,
    on_bytes: Callable[[int], None],
    terms: Terms,
    report: CopyReport,
) -> Copied | None:
    """Copy the object in the version that it has; None when it is gone or does not come to rest."""
    present = item
    for _ in range(1 + LOOKS):
        try:
            copied = await copy_object(source, destination, present, leg, on_bytes, terms)
        except Failure as failure:
            newer = await _look_again(source, present, failure)
            if newer is None:
                report.missing.append(item.source)
                report.lost.add((item.leg, item.destination))
                return None
            present = newer
        else:
            if present != item:
                report.changed.append(item.source)
                report.newer[item.leg, item.destination] = present
            return copied
    report.unsettled.append(item.source)
    report.lost.add((item.leg, item.destination))
    return None


async def _look_again(source: Objects, item: WorkItem, failure: Failure) -> WorkItem | None:
    """The item as the source has it now; None when it is gone. Raises the failure if the source is not its cause.

    A conflict is looked at too: an earlier pod may have copied a newer version than the work list has.
    """
    if failure.reason not in (Reason.OBJECTS_MISSING, Reason.SOURCE_CHANGED, Reason.OBJECT_CONFLICT):
        raise failure
    head = await source.head(item.source)
    if head is None:
        return None
    if failure.reason is Reason.OBJECT_CONFLICT and (head.size, head.etag) == (item.size, item.etag):
        raise failure
    return replace(item, size=head.size, etag=head.etag)


def _count(report: CopyReport, copied: Copied) -> None:
    if copied.how == "present":
        report.present += 1
    else:
        report.copied += 1


def _conflicts(keys: list[str]) -> Failure:
    message = f"{len(keys)} keys of the destination have other content than the source's objects"
    return Failure(Reason.OBJECT_CONFLICT, message, keys=keys)
