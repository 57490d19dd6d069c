"""Many side by side: what goes wrong comes out, and nothing else does."""

from __future__ import annotations

import asyncio

import pytest

from orgport.transfer.crowd import for_each


async def fail(item: int) -> None:
    await asyncio.sleep(0)
    raise LookupError(item)


async def test_a_failure_leaves_no_trace_in_the_task_that_it_came_out_of() -> None:
    task = asyncio.current_task()
    assert task is not None
    with pytest.raises(LookupError):
        await for_each([1, 2], fail, 2)
    assert task.cancelling() == 0


async def test_a_cancellation_from_outside_stays_one() -> None:
    started = asyncio.Event()

    async def wait(_: int) -> None:
        started.set()
        await asyncio.Event().wait()

    crowd = asyncio.create_task(for_each([1, 2, 3], wait, 2))
    await started.wait()
    crowd.cancel()
    with pytest.raises(asyncio.CancelledError):
        await crowd
