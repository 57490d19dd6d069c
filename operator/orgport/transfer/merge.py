"""Two listings side by side, without trusting that they are in order.

Both are merged as they come, by the UTF-8 bytes of their keys. What has no counterpart is doubtful as long as the
other side may still bring it, out of order; so up to `held` pairs are held back until the other side has ended, or
until so many keys came in order that the order is trusted. If a key comes out of order before that, the rest is read
into memory, up to `limit` keys, and compared as a set.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.transfer.inventory import in_order

Left = TypeVar("Left")
Right = TypeVar("Right")
Item = TypeVar("Item")
HELD = 20_000
LIMIT = 500_000


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


async def side_by_side(
    lefts: AsyncIterator[Left],
    rights: AsyncIterator[Right],
    left_key: Callable[[Left], str],
    right_key: Callable[[Right], str],
    *,
    held: int = HELD,
    limit: int = LIMIT,
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
        async for pair in _as_sets(waiting, left, right, limit):
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
    waiting: deque[tuple[Left | None, Right | None]], left: Side[Left], right: Side[Right], limit: int
) -> AsyncIterator[tuple[Left | None, Right | None]]:
    ours = {left.key(one): one for one, _ in waiting if one is not None}
    theirs = {right.key(other): other for _, other in waiting if other is not None}
    await _collect(left, ours, limit)
    await _collect(right, theirs, limit)
    for key in sorted(ours.keys() | theirs.keys(), key=in_order):
        yield ours.get(key), theirs.get(key)


async def _collect(side: Side[Item], found: dict[str, Item], limit: int) -> None:
    while side.item is not None:
        found[side.key(side.item)] = side.item
        if len(found) > limit:
            raise _out_of_order()
        side.item = await anext(side.items, None)


def _out_of_order() -> Failure:
    return Failure(
        Reason.INTERNAL,
        "a store lists its keys out of order, and too many of them to compare in memory",
        suggestion="Move the organization through a store that lists keys in the order of their UTF-8 bytes.",
    )
