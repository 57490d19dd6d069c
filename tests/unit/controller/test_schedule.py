from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count

from orgport.controller.apply import Outdated
from orgport.controller.resource import Key
from orgport.controller.schedule import Schedule

ACME = Key("OrgExport", "btrix", "acme")
OTHER = Key("OrgExport", "btrix", "other")


def scheduled(look: Callable[[Key], Awaitable[float | None]]) -> Schedule:
    return Schedule(look, asyncio.get_running_loop().time)


async def ask_until(done: asyncio.Event, look: Callable[[Key], Awaitable[float | None]], *delays: float) -> None:
    """Ask for looks after these delays, and wait until one says that all is done."""
    schedule = scheduled(look)
    for delay in delays:
        schedule.ask(ACME, delay)
    async with asyncio.timeout(10):
        await done.wait()
    await schedule.close()


async def test_many_reasons_to_look_are_one_look() -> None:
    looks: list[Key] = []
    done = asyncio.Event()

    async def look(key: Key) -> None:
        looks.append(key)
        done.set()

    await ask_until(done, look, *[0.01] * 5)
    assert looks == [ACME]


async def test_the_earliest_time_counts() -> None:
    done = asyncio.Event()

    async def look(key: Key) -> None:
        done.set()

    await ask_until(done, look, 3600, 0)


async def test_what_is_asked_for_during_a_look_is_looked_at_after_it() -> None:
    running, most = 0, 0
    numbers = count()
    done = asyncio.Event()

    async def look(key: Key) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        if next(numbers) == 0:
            schedule.ask(ACME)
            await asyncio.sleep(0)
        else:
            done.set()
        running -= 1

    schedule = scheduled(look)
    schedule.ask(ACME)
    async with asyncio.timeout(5):
        await done.wait()
    await schedule.close()
    assert most == 1


async def test_resources_do_not_wait_for_one_another() -> None:
    met = asyncio.Barrier(2)

    async def look(key: Key) -> None:
        await met.wait()

    schedule = scheduled(look)
    schedule.ask(ACME)
    schedule.ask(OTHER)
    async with asyncio.timeout(5):
        while met.n_waiting or not met.parties or not await _is_idle(schedule):
            await asyncio.sleep(0)
    await schedule.close()


async def _is_idle(schedule: Schedule) -> bool:
    return not schedule._entries


async def test_a_look_says_when_it_wants_the_next_one() -> None:
    numbers = count()
    done = asyncio.Event()

    async def look(key: Key) -> float | None:
        if next(numbers) == 0:
            return 0.01
        done.set()
        return None

    await ask_until(done, look, 0)


async def test_a_look_at_what_has_changed_meanwhile_is_taken_again_soon() -> None:
    numbers = count()
    done = asyncio.Event()

    async def look(key: Key) -> None:
        if next(numbers) < 2:
            raise Outdated
        done.set()

    await ask_until(done, look, 0)


async def test_a_failed_look_is_taken_again() -> None:
    numbers = count()
    done = asyncio.Event()

    async def look(key: Key) -> None:
        if next(numbers) == 0:
            raise OSError("connection refused")
        done.set()

    await ask_until(done, look, 0)


async def test_a_closed_schedule_takes_nothing_more() -> None:
    async def look(key: Key) -> None:
        raise AssertionError

    schedule = scheduled(look)
    await schedule.close()
    schedule.ask(ACME)
    assert await _is_idle(schedule)
