"""What a destination lacks of a source."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from orgport.transfer.inventory import Entry, Verdict, verdict
from orgport.transfer.merge import side_by_side

Source = TypeVar("Source", bound=Entry)


async def compare(
    sources: AsyncIterator[Source],
    destinations: AsyncIterator[Entry],
    known: Callable[[Entry], str | None] = lambda source: None,
    excuses: Callable[[Entry, Entry], Awaitable[bool]] | None = None,
) -> AsyncIterator[tuple[Verdict, Source | None, Entry | None]]:
    """Every key once, in the order of its UTF-8 bytes.

    `known`: the ETag that the destination once got for what the source still has. `excuses`: asked of two objects of
    one size before their ETags are called a conflict; whether they may be the same all the same.
    """
    async for source, destination in side_by_side(sources, destinations, _key, _key):
        etag = known(source) if source is not None and destination is not None else None
        found = verdict(source, destination, etag)
        if found is Verdict.CONFLICT and excuses is not None and await _is_excused(source, destination, excuses):
            found = Verdict.PRESENT
        yield found, source, destination


async def _is_excused(
    source: Entry | None, destination: Entry | None, excuses: Callable[[Entry, Entry], Awaitable[bool]]
) -> bool:
    if source is None or destination is None or source.size != destination.size:
        return False
    return await excuses(source, destination)


def _key(entry: Entry) -> str:
    return entry.key
