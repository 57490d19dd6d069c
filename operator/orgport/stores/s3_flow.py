"""How many requests are in flight: half as many once too many are throttled, one more after each round of answers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

TOLERATED, MEMORY = 1 / 8, 32
"""The share of throttles among the last answers, about so many, that says nothing of how many are in flight: a store
that refuses one request in twenty whatever comes would else be asked less and less, and refuse as many.
"""


@dataclass
class Flow:
    """Admits requests in the order in which they come, at most `limit` of them at a time, and never more than `most`.

    Additive increase, multiplicative decrease. A round is what lies between two decreases: a throttle of what was asked
    for in an earlier round says nothing of the present limit.
    """

    most: int
    limit: float = field(init=False)
    round: int = 0
    in_flight: int = 0
    _share: float = 0.0
    _waiting: deque[asyncio.Future[None]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.limit = float(self.most)

    async def enter(self) -> None:
        """Wait until there is room for one more; it has to leave again."""
        if self.in_flight < int(self.limit) and not self._waiting:
            self.in_flight += 1
        else:
            await self._turn(self._waiting.append)

    async def again(self) -> None:
        """Before each try of a request that is in flight: if there are too many by now, it waits, before all others."""
        if self.in_flight <= int(self.limit):
            return
        self.in_flight -= 1
        try:
            await self._turn(self._waiting.appendleft)
        except asyncio.CancelledError:
            self.in_flight += 1
            raise

    def leave(self) -> None:
        """Make room."""
        self.in_flight -= 1
        self._admit()

    def succeeded(self) -> None:
        """A request was answered: a whole round of them makes room for one more."""
        self._share -= self._share / MEMORY
        if self.limit < self.most:
            self.limit = min(self.limit + 1 / self.limit, self.most)
            self._admit()

    def throttled(self, asked_in: int) -> bool:
        """The store asked for fewer requests, in answer to one of the round `asked_in`; whether there will be fewer."""
        if asked_in != self.round:
            return False
        self._share += (1 - self._share) / MEMORY
        if self._share <= TOLERATED:
            return False
        self.limit = max(self.limit / 2, 1.0)
        self.round += 1
        self._share = 0.0
        return True

    async def _turn(self, queue: Callable[[asyncio.Future[None]], None]) -> None:
        turn = asyncio.get_running_loop().create_future()
        queue(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def _admit(self) -> None:
        while self._waiting and self.in_flight < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)
