"""What a destination lacks of a source."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from orgport.transfer.inventory import Entry, Verdict, verdict
from orgport.transfer.merge import HELD, LIMIT, side_by_side


async def compare(
    sources: AsyncIterator[Entry],
    destinations: AsyncIterator[Entry],
    known: Mapping[str, str],
    *,
    opaque: bool = False,
    held: int = HELD,
    limit: int = LIMIT,
) -> AsyncIterator[tuple[Verdict, Entry | None, Entry | None]]:
    """Every key once, in the order of its UTF-8 bytes.

    `known`: by key, the ETag that the destination once got for what the source still has. `opaque`: the destination's
    ETags say nothing of the content (KMS).
    """
    pairs = side_by_side(sources, destinations, _key, _key, held=held, limit=limit)
    async for source, destination in pairs:
        etag = known.get(source.key) if source is not None else None
        yield verdict(source, destination, etag, opaque=opaque), source, destination


def _key(entry: Entry) -> str:
    return entry.key
