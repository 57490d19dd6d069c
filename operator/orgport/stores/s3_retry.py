"""When a call is made again: full jitter, Retry-After, a bounded number of tries."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from orgport.stores.s3_errors import NOT_S3, Refused, Unreachable

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Patience:
    """How often and how long a call is tried. An endpoint that never answered yet gets `stranger_seconds` in all."""

    tries: int = 10
    first_seconds: float = 0.1
    longest_seconds: float = 20.0
    stranger_seconds: float = 20.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic

    def pause(self, attempt: int, error: Exception) -> float:
        """Seconds before the next try; the attempts count from 0."""
        asked = error.retry_after if isinstance(error, Refused) else None
        if asked is not None:
            return min(asked, 3 * self.longest_seconds)
        return self.chance() * min(self.longest_seconds, self.first_seconds * 2.0**attempt)


def is_passing(error: Exception) -> bool:
    """Whether the same call may succeed later."""
    if isinstance(error, Refused):
        return error.is_passing
    return isinstance(error, Unreachable) and not error.certificate


@dataclass
class Acquaintance:
    """Whether an endpoint has ever answered: a wrong one is given up sooner than one that is away for a while."""

    met: bool = False


async def no_turn() -> None:
    """A call that need not wait for its turn."""


async def retried(
    call: Callable[[], Awaitable[Answer]],
    patience: Patience,
    acquaintance: Acquaintance,
    turn: Callable[[], Awaitable[None]] = no_turn,
) -> Answer:
    """The call's answer; Refused or Unreachable when trying again is no use.

    `turn` is awaited before each try; that wait says nothing of the endpoint.
    """
    await turn()
    start = patience.clock()
    for attempt in range(patience.tries):
        try:
            answer = await (call() if acquaintance.met else _first(call, patience, start))
        except (Refused, Unreachable) as error:
            acquaintance.met = acquaintance.met or (isinstance(error, Refused) and error.code != NOT_S3)
            pause = patience.pause(attempt, error)
            if not is_passing(error) or attempt + 1 == patience.tries:
                raise
            if not acquaintance.met and patience.clock() - start + pause > patience.stranger_seconds:
                raise
            await patience.sleep(pause)
            await turn()
        else:
            acquaintance.met = True
            return answer
    raise AssertionError("no try was made")


async def _first(call: Callable[[], Awaitable[Answer]], patience: Patience, start: float) -> Answer:
    """The answer of an endpoint that has given none yet."""
    try:
        async with asyncio.timeout(max(start + patience.stranger_seconds - patience.clock(), 0)):
            return await call()
    except TimeoutError:
        raise Unreachable("Timeout") from None
