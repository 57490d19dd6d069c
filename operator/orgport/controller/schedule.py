"""When to look at which resource: many reasons to look become one look, and never two at once at one resource."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from orgport.controller.apply import Outdated
from orgport.controller.resource import Key

logger = logging.getLogger(__name__)

CONFLICT_SECONDS = 0.2
LONGEST_BACKOFF = 60.0
LONGEST_LOOK = 120.0

Look = Callable[[Key], Awaitable[float | None]]


@dataclass
class _Entry:
    due: float
    sooner: asyncio.Event = field(default_factory=asyncio.Event)
    failures: int = 0


@dataclass
class Schedule:
    """Calls `look` for keys, each at the earliest time that was asked for; a look that fails is tried again.

    `look` returns after how many seconds it wants to be called again for its key, if at all.
    """

    look: Look
    monotonic: Callable[[], float]
    _entries: dict[Key, _Entry] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _is_closed: bool = False

    def ask(self, key: Key, delay: float = 0.0) -> None:
        """Look at a resource after so many seconds at the latest."""
        if self._is_closed:
            return
        due = self.monotonic() + delay
        entry = self._entries.get(key)
        if entry is not None:
            entry.due = min(entry.due, due)
            entry.sooner.set()
            return
        entry = self._entries[key] = _Entry(due)
        task = asyncio.create_task(self._serve(key, entry), name=f"look at {key.kind} {key.namespace}/{key.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, key: Key, entry: _Entry) -> None:
        while entry.due < math.inf:
            await self._until_due(entry)
            entry.due = math.inf
            again = await self._look(key, entry)
            if again is not None:
                entry.due = min(entry.due, self.monotonic() + again)
        del self._entries[key]

    async def _until_due(self, entry: _Entry) -> None:
        while (wait := entry.due - self.monotonic()) > 0:
            entry.sooner.clear()
            try:
                async with asyncio.timeout(wait):
                    await entry.sooner.wait()
            except TimeoutError:
                continue

    async def _look(self, key: Key, entry: _Entry) -> float | None:
        try:
            async with asyncio.timeout(LONGEST_LOOK):
                again = await self.look(key)
        except Outdated:
            return CONFLICT_SECONDS
        except Exception as error:
            entry.failures += 1
            wait = min(2.0 ** (entry.failures - 1), LONGEST_BACKOFF)
            logger.warning("%s %s/%s: %s; again in %g s", *key, _words(error), wait)
            logger.debug("the look failed", exc_info=error)
            return wait
        entry.failures = 0
        return again

    async def close(self) -> None:
        """Stop at once; what was under way is found and gone on with by the next process."""
        self._is_closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _words(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}"
