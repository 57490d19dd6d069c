"""Two listings side by side, without trusting that they are in order.

Both are merged as they come, by the UTF-8 bytes of their keys. What has no counterpart is doubtful as long as the
other side may still bring it, out of order; so up to `held` pairs are held back until the other side has ended, or
until so many keys came in order that the order is trusted. If a key comes out of order before that, the rest is put
on disk and compared as a set.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from typing import Generic, TypeVar

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.transfer.inventory import in_order
from orgport.transfer.table import PairedTable

Left = TypeVar("Left")
Right = TypeVar("Right")
Item = TypeVar("Item")
HELD = 20_000


class Disordered(Exception):
    """A key came that is not greater than the one before it."""


class Side(Generic[Item]):
    """One listing: its next item in view, and the order of the keys watched."""

    def __init__(self, items: AsyncIterator[Item], key: Callable[[Item], str]) -> None:
        self.items = items
        self.key = key
        self.item: Item | None = None
        self.rank = b""
        self.ended = False
        self._begun = False

    async def advance(self) -> None:
        """Bring the next item into view. Disordered when it should have come before; it is in view all the same."""
        last = self.rank
        self.item = await anext(self.items, None)
        self.ended = self.item is None
        if self.item is None:
            return
        self.rank = in_order(self.key(self.item))
        if self._begun and self.rank <= last:
            raise Disordered
        self._begun = True

    async def rest(self) -> AsyncIterator[Item]:
        """What is in view and all that comes after it, in whatever order."""
        if self.item is not None:
            yield self.item
        async for item in self.items:
            yield item


async def side_by_side(
    lefts: AsyncIterator[Left],
    rights: AsyncIterator[Right],
    left_key: Callable[[Left], str],
    right_key: Callable[[Right], str],
    *,
    held: int = HELD,
) -> AsyncIterator[tuple[Left | None, Right | None]]:
    """Every key of either side once, in the order of its UTF-8 bytes, with what each side has under it."""
    left, right = Side(lefts, left_key), Side(rights, right_key)
    waiting: deque[tuple[Left | None, Right | None]] = deque()
    trusted = False
    try:
        await left.advance()
        await right.advance()
        while not (left.ended and right.ended):
            pair = _pair(left, right)
            waiting.append(pair)
            await _pass(left, right, pair)
            trusted = trusted or len(waiting) > held
            while waiting and (trusted or _is_certain(waiting[0], left, right)):
                yield waiting.popleft()
    except Disordered:
        if trusted:
            raise _out_of_order() from None
        with closing(await _as_sets(waiting, left, right)) as table:
            for pair in table:
                yield pair
    else:
        for pair in waiting:
            yield pair


def _pair(left: Side[Left], right: Side[Right]) -> tuple[Left | None, Right | None]:
    """What is in view under the lower key."""
    if right.ended or (not left.ended and left.rank < right.rank):
        return left.item, None
    if left.ended or right.rank < left.rank:
        return None, right.item
    return left.item, right.item


async def _pass(left: Side[Left], right: Side[Right], pair: tuple[Left | None, Right | None]) -> None:
    """Advance the sides that the pair was taken from; both, even when the first is out of order."""
    try:
        if pair[0] is not None:
            await left.advance()
    finally:
        if pair[1] is not None:
            await right.advance()


def _is_certain(pair: tuple[Left | None, Right | None], left: Side[Left], right: Side[Right]) -> bool:
    if pair[0] is None:
        return left.ended
    return pair[1] is not None or right.ended


async def _as_sets(
    waiting: deque[tuple[Left | None, Right | None]], left: Side[Left], right: Side[Right]
) -> PairedTable[Left, Right]:
    table = PairedTable[Left, Right]()
    try:
        for ours, theirs in waiting:
            if ours is not None:
                table.add_left(in_order(left.key(ours)), ours)
            if theirs is not None:
                table.add_right(in_order(right.key(theirs)), theirs)
        async for item in left.rest():
            table.add_left(in_order(left.key(item)), item)
        async for other in right.rest():
            table.add_right(in_order(right.key(other)), other)
    except BaseException:
        table.close()
        raise
    return table


def _out_of_order() -> Failure:
    return Failure(
        Reason.INTERNAL,
        "a store listed its keys in order for long enough to be trusted, and then out of order",
        suggestion="Move the organization through a store that lists keys in the order of their UTF-8 bytes.",
    )
