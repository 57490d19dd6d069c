"""What a destination lacks of a source."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from orgport.transfer.inventory import Entry, Verdict, verdict
from orgport.transfer.merge import side_by_side


async def compare(
    sources: AsyncIterator[Entry],
    destinations: AsyncIterator[Entry],
    known: Mapping[str, str],
    *,
    opaque: bool = False,
) -> AsyncIterator[tuple[Verdict, Entry | None, Entry | None]]:
    """Every key once, in the order of its UTF-8 bytes.

    `known`: by key, the ETag that the destination once got for what the source still has. `opaque`: the destination's
    ETags say nothing of the content (KMS).
    """
    async for source, destination in side_by_side(sources, destinations, _key, _key):
        etag = known.get(source.key) if source is not None else None
        yield verdict(source, destination, etag, opaque=opaque), source, destination


def _key(entry: Entry) -> str:
    return entry.key
