"""What each pod is to copy: one JSON a line, sorted by leg and destination."""

from __future__ import annotations

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


def position(item: WorkItem) -> tuple[int, bytes]:
    """Where the item stands in a work list."""
    return item.leg, in_order(item.destination)


def encode_line(item: WorkItem) -> bytes:
    """The item as a line of a work list, with its end."""
    return orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE)


def decode_line(line: bytes) -> WorkItem:
    """The item of a line. EXPORT_CORRUPT for a line that is none of ours."""
    try:
        item = WorkItem(**orjson.loads(line))
    except (TypeError, ValueError):
        raise Failure(Reason.EXPORT_CORRUPT, "a work list holds a line that is no work item") from None
    kinds = (int, str, str, int, str, str)
    values = (item.leg, item.source, item.destination, item.size, item.etag, item.sha256)
    if not all(type(value) is kind for value, kind in zip(values, kinds, strict=True)):
        raise Failure(Reason.EXPORT_CORRUPT, "a work list holds a value of the wrong type")
    return item
