"""Objects of two sides, and when they are the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_PLAIN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Entry:
    """An object: its logical key, by which sides are compared, and its full key in its bucket."""

    key: str
    at: str
    size: int
    etag: str


class Verdict(StrEnum):
    """What a comparison says of a key."""

    COPY = "copy"
    """The destination lacks it."""
    PRESENT = "present"
    """Both sides have it, with the same content."""
    CONFLICT = "conflict"
    """The destination has other content under the key."""
    EXTRA = "extra"
    """The source lacks it."""


def in_order(key: str) -> bytes:
    """What keys are ordered by: their UTF-8 bytes, as stores list them."""
    return key.encode("utf-8", "surrogatepass")


def is_plain(etag: str) -> bool:
    """Whether the ETag is an MD5 of the content, as far as its looks go; parts and odd stores make others."""
    return _PLAIN.fullmatch(etag) is not None


def proven(source: Entry, destination: Entry, known: str | None = None) -> bool:
    """Whether the ETags prove the same content; `known`: the ETag that the destination once got for this source."""
    if source.size != destination.size:
        return False
    return destination.etag in (source.etag, known) and destination.etag != ""


def same(source: Entry, destination: Entry, known: str | None = None, *, opaque: bool = False) -> bool:
    """Whether the destination has the source's content, proven or as far as its size goes.

    Only two MD5s can prove the contrary: other ETags depend on how an object was uploaded. `opaque`: one side's ETags
    are none (KMS).
    """
    if source.size != destination.size:
        return False
    if proven(source, destination, known):
        return True
    return opaque or not (is_plain(source.etag) and is_plain(destination.etag))


def verdict(source: Entry | None, destination: Entry | None, known: str | None = None) -> Verdict:
    """What is to be done about a key; one of both is there."""
    if source is None:
        return Verdict.EXTRA
    if destination is None:
        return Verdict.COPY
    return Verdict.PRESENT if same(source, destination, known) else Verdict.CONFLICT
