"""How many requests are in flight."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.stores.s3_flow import Flow


async def entered(flow: Flow, count: int) -> list[asyncio.Task[None]]:
    """So many requests that came one after the other; those that are done are in flight."""
    tasks = [asyncio.create_task(flow.enter()) for _ in range(count)]
    await turns()
    return tasks


def overwhelm(flow: Flow) -> None:
    """The store throttles all that it is asked, until that counts."""
    while not flow.throttled(flow.round):
        pass


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_are_admitted_than_there_is_room_for_and_in_the_order_in_which_they_came() -> None:
    flow = Flow(3)
    tasks = await entered(flow, 6)
    assert [task.done() for task in tasks] == [True] * 3 + [False] * 3
    flow.leave()
    await turns()
    assert [task.done() for task in tasks] == [True] * 4 + [False] * 2
    for _ in range(3):
        flow.leave()
    await asyncio.gather(*tasks)
    assert flow.in_flight == 2


async def test_throttles_halve_them_and_a_round_of_answers_brings_one_more() -> None:
    flow = Flow(32)
    overwhelm(flow)
    assert flow.limit == 16
    for _ in range(17):
        flow.succeeded()
    assert 16.9 < flow.limit < 17.1
    for _ in range(10_000):
        flow.succeeded()
    assert flow.limit == 32


async def test_what_was_asked_for_before_the_last_halving_does_not_count() -> None:
    flow = Flow(32)
    asked_in = flow.round
    overwhelm(flow)
    assert not any(flow.throttled(asked_in) for _ in range(100))
    assert flow.limit == 16
    overwhelm(flow)
    assert flow.limit == 8


async def test_a_store_that_throttles_everything_is_soon_understood() -> None:
    flow = Flow(64)
    assert [flow.throttled(flow.round) for _ in range(5)] == [False] * 4 + [True]


async def test_a_throttle_now_and_then_changes_nothing() -> None:
    flow = Flow(32)
    for _ in range(100):
        for _ in range(19):
            flow.succeeded()
        assert not flow.throttled(flow.round)
    assert flow.limit == 32


async def test_one_throttle_in_four_is_too_much() -> None:
    flow = Flow(32)
    for _ in range(100):
        for _ in range(3):
            flow.succeeded()
        flow.throttled(flow.round)
    assert flow.limit < 8


async def test_one_request_is_always_admitted() -> None:
    flow = Flow(4)
    for _ in range(10):
        overwhelm(flow)
    tasks = await entered(flow, 2)
    assert [task.done() for task in tasks] == [True, False]
    flow.leave()
    await tasks[1]


async def test_after_a_throttle_nobody_is_admitted_until_enough_have_left() -> None:
    flow = Flow(4)
    tasks = await entered(flow, 5)
    overwhelm(flow)
    flow.leave()
    flow.leave()
    await turns()
    assert not tasks[4].done()
    flow.leave()
    await tasks[4]
    assert flow.in_flight == 2


async def test_who_gives_up_waiting_takes_no_room() -> None:
    flow = Flow(1)
    tasks = await entered(flow, 3)
    tasks[1].cancel()
    await turns()
    flow.leave()
    await tasks[2]
    assert flow.in_flight == 1


async def test_who_is_cancelled_when_it_is_its_turn_leaves_its_room_to_the_next() -> None:
    flow = Flow(1)
    tasks = await entered(flow, 3)
    flow.leave()
    tasks[1].cancel()
    await tasks[2]
    with pytest.raises(asyncio.CancelledError):
        await tasks[1]
    assert flow.in_flight == 1


@given(
    st.integers(1, 40), st.lists(st.sampled_from(["enter", "leave", "cancel", "throttled", "succeeded"]), max_size=80)
)
async def test_whatever_happens_the_room_is_used_and_kept_to(most: int, events: list[str]) -> None:
    flow = Flow(most)
    waiting: list[asyncio.Task[None]] = []
    inside = 0
    for event in events:
        before = flow.in_flight
        match event:
            case "enter":
                waiting.append(asyncio.create_task(flow.enter()))
            case "leave" if inside:
                flow.leave()
                inside -= 1
            case "cancel" if waiting:
                waiting.pop(0).cancel()
            case "throttled":
                overwhelm(flow)
            case "succeeded":
                flow.succeeded()
        await turns()
        inside += sum(task.done() for task in waiting)
        waiting = [task for task in waiting if not task.done()]
        assert inside == flow.in_flight <= max(int(flow.limit), before)
        assert not waiting or flow.in_flight >= int(flow.limit)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
