"""What each pod is to copy: one JSON a line, sorted by leg and destination."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.transfer.inventory import in_order

OBJECT_COST = 2**18
"""Bytes that a pod could copy in the time that an object takes however small it is."""


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One object to copy along a leg of the plan; full keys. `sha256`: what the database says, or ""."""

    leg: int
    source: str
    destination: str
    size: int
    etag: str
    sha256: str = ""


def split(items: Iterable[WorkItem], pods: int) -> list[list[WorkItem]]:
    """As many lists as pods, of about the same work; the largest objects are dealt first."""
    lists: list[list[WorkItem]] = [[] for _ in range(pods)]
    loads = [(0, pod) for pod in range(pods)]
    for item in sorted(items, key=lambda item: (-item.size, item.leg, in_order(item.destination))):
        load, pod = heapq.heappop(loads)
        lists[pod].append(item)
        heapq.heappush(loads, (load + item.size + OBJECT_COST, pod))
    return [sorted(one, key=position) for one in lists]


def position(item: WorkItem) -> tuple[int, bytes]:
    """Where the item stands in a work list."""
    return item.leg, in_order(item.destination)


def encode(items: Iterable[WorkItem]) -> bytes:
    """The list as a file."""
    return b"".join(map(encode_line, items))


def encode_line(item: WorkItem) -> bytes:
    return orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE)


def decode(data: bytes) -> list[WorkItem]:
    """The file as a list. EXPORT_CORRUPT for a line that is none of ours."""
    return [decode_line(line) for line in data.split(b"\n") if line]


def decode_line(line: bytes) -> WorkItem:
    try:
        item = WorkItem(**orjson.loads(line))
    except (TypeError, ValueError):
        raise Failure(Reason.EXPORT_CORRUPT, "a work list holds a line that is no work item") from None
    kinds = (int, str, str, int, str, str)
    values = (item.leg, item.source, item.destination, item.size, item.etag, item.sha256)
    if not all(type(value) is kind for value, kind in zip(values, kinds, strict=True)):
        raise Failure(Reason.EXPORT_CORRUPT, "a work list holds a value of the wrong type")
    return item
