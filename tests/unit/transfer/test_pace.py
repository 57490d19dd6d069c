"""Limits of requests and bytes per second."""

from __future__ import annotations

from orgport.stores.s3 import NoPace
from orgport.transfer.pace import Budget, LimitedPace, pace_of


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


async def test_what_was_taken_is_paid_for_by_the_next_taker() -> None:
    clock = Clock()
    budget = Budget(10.0, clock, clock.sleep)
    await budget.take(20)
    assert clock.time == 100.0
    await budget.take(1)
    assert clock.time == 102.0


async def test_time_that_nobody_used_is_not_saved_up() -> None:
    clock = Clock()
    budget = Budget(10.0, clock, clock.sleep)
    clock.time = 1000.0
    await budget.take(10)
    await budget.take(10)
    assert clock.time == 1001.0


def test_a_pod_gets_its_share_of_the_run_s_limits() -> None:
    pace = pace_of(800, 40, 4)
    assert isinstance(pace, LimitedPace)
    assert (pace.traffic and pace.traffic.per_second, pace.requests and pace.requests.per_second) == (200, 10)


def test_no_limit_is_no_pace() -> None:
    assert isinstance(pace_of(0, 0, 4), NoPace)
