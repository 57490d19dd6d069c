"""Acting on many items side by side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.transfer.crowd import for_each


class Hall:
    """Items that were taken, and those who are acting on one."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.inside = self.most_inside = 0
        self.closed = False

    async def items(self, count: int) -> AsyncIterator[int]:
        try:
            for number in range(count):
                await asyncio.sleep(0)
                self.taken.append(number)
                yield number
        finally:
            self.closed = True

    async def act(self, number: int) -> None:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        for _ in range(number % 5):
            await asyncio.sleep(0)
        self.inside -= 1


@given(st.integers(0, 60), st.integers(1, 8))
async def test_every_item_is_acted_on_once_and_on_no_more_at_a_time_than_may_be(count: int, at_once: int) -> None:
    hall, done = Hall(), list[int]()

    async def act(number: int) -> None:
        await hall.act(number)
        done.append(number)

    await for_each(hall.items(count), act, at_once)
    assert sorted(done) == hall.taken == list(range(count))
    assert hall.most_inside <= at_once
    assert hall.closed


async def test_what_is_no_generator_is_gone_through_too() -> None:
    done = list[int]()

    async def act(number: int) -> None:
        done.append(number)

    await for_each([1, 2, 3], act, 2)
    assert sorted(done) == [1, 2, 3]


async def test_an_item_is_not_taken_before_there_is_room_for_it() -> None:
    hall, gate = Hall(), asyncio.Event()

    async def act(_: int) -> None:
        await gate.wait()

    running = asyncio.create_task(for_each(hall.items(100), act, 3))
    for _ in range(50):
        await asyncio.sleep(0)
    assert hall.taken == [0, 1, 2]
    gate.set()
    await running
    assert len(hall.taken) == 100


async def test_all_hands_are_used() -> None:
    hall, everybody = Hall(), asyncio.Barrier(4)

    async def act(_: int) -> None:
        await everybody.wait()

    async with asyncio.timeout(10):
        await for_each(hall.items(8), act, 4)


async def test_the_first_exception_ends_the_others_and_is_raised() -> None:
    hall, cancelled = Hall(), list[int]()

    async def act(number: int) -> None:
        if number == 2:
            raise ZeroDivisionError
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    with pytest.raises(ZeroDivisionError):
        await for_each(hall.items(100), act, 3)
    assert sorted(cancelled) == [0, 1]
    assert hall.closed


async def test_what_goes_wrong_with_the_items_is_raised_too() -> None:
    async def items() -> AsyncIterator[int]:
        yield 1
        raise ZeroDivisionError

    async def act(_: int) -> None:
        await asyncio.Event().wait()

    with pytest.raises(ZeroDivisionError):
        await for_each(items(), act, 3)


async def test_who_is_cancelled_ends_all_that_was_begun() -> None:
    hall = Hall()

    async def act(_: int) -> None:
        hall.inside += 1
        try:
            await asyncio.Event().wait()
        finally:
            hall.inside -= 1

    running = asyncio.create_task(for_each(hall.items(100), act, 3))
    for _ in range(50):
        await asyncio.sleep(0)
    assert hall.inside == 3
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (hall.inside, hall.closed) == (0, True)


async def test_a_failure_leaves_no_trace_in_the_task_that_it_came_out_of() -> None:
    async def fail(_: int) -> None:
        await asyncio.sleep(0)
        raise LookupError

    task = asyncio.current_task()
    assert task is not None
    with pytest.raises(LookupError):
        await for_each([1, 2], fail, 2)
    assert task.cancelling() == 0
