"""Limits of requests and bytes per second, for one pod."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from orgport.stores.s3 import NoPace, Pace


@dataclass
class Budget:
    """So many units a second. Who takes more than there is waits until his own are paid for."""

    per_second: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _paid_until: float = 0.0

    async def take(self, units: float) -> None:
        now = self.clock()
        start = max(self._paid_until, now)
        self._paid_until = start + units / self.per_second
        if start > now:
            await self.sleep(start - now)


@dataclass
class LimitedPace:
    """A pace with a budget of requests, of bytes, or of both."""

    requests: Budget | None = None
    traffic: Budget | None = None

    async def request(self) -> None:
        if self.requests is not None:
            await self.requests.take(1)

    async def bytes(self, count: int) -> None:
        if self.traffic is not None:
            await self.traffic.take(count)


def pace_of(bytes_per_second: int, requests_per_second: int, pods: int) -> Pace:
    """One pod's share of a run's limits; 0: no limit."""
    if not bytes_per_second and not requests_per_second:
        return NoPace()
    return LimitedPace(_share(requests_per_second, pods), _share(bytes_per_second, pods))


def _share(limit: int, pods: int) -> Budget | None:
    return Budget(limit / pods) if limit else None
