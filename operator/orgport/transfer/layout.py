"""How an object is cut into parts: as its source was, so that the copy has the same ETag."""

from __future__ import annotations

from orgport.stores.s3_model import MAX_PARTS, MAX_SINGLE_BYTES, MIB, MIN_PART_BYTES

PART_BYTES = 64 * MIB
"""Of an object whose own parts are not known."""
USUAL_PARTS = tuple(n * MIB for n in (5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 200, 256, 500, 512, 1000, 1024))


def part_count(etag: str) -> int | None:
    """How many parts an ETag says that the object was uploaded in; None: it does not say so."""
    digest, dash, count = etag.rpartition("-")
    return int(count) if dash and digest and count.isdecimal() and 0 < int(count) <= MAX_PARTS else None


def parts(size: int, part_bytes: int) -> list[tuple[int, int]]:
    """The parts as (start, end); the last may be shorter."""
    return [(start, min(start + part_bytes, size)) for start in range(0, size, part_bytes)]


def own_part_bytes(size: int) -> int:
    """Equal parts of whole MiB, few enough for any store."""
    needed = -(-size // (MAX_PARTS - 1000))
    return max(PART_BYTES, -(-needed // MIB) * MIB)


def source_part_bytes(size: int, count: int, first: int | None) -> int | None:
    """The part size with which `size` bytes make `count` parts.

    `first`: the size of the first part, if the store says it; else one of those that tools use. None: there is none.
    """
    candidates = USUAL_PARTS if first is None else (first,)
    return next((part for part in candidates if _fits(size, count, part)), None)


def _fits(size: int, count: int, part: int) -> bool:
    if part <= 0 or -(-size // part) != count:
        return False
    return part <= MAX_SINGLE_BYTES and (count == 1 or part >= MIN_PART_BYTES)
