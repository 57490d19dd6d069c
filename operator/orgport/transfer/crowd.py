"""Many copies side by side, none begun before there is room for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")


async def for_each(
    items: Iterable[Item] | AsyncIterable[Item], act: Callable[[Item], Awaitable[None]], at_once: int
) -> None:
    """Act on every item, on at most `at_once` at a time; the next item is taken when there is room for it.

    The first exception ends the others, and is raised when they have ended.
    """
    room, task = asyncio.Semaphore(at_once), asyncio.current_task()
    cancelling = task.cancelling() if task is not None else 0

    async def take(item: Item) -> None:
        try:
            await act(item)
        finally:
            room.release()

    try:
        async with asyncio.TaskGroup() as group:
            async for item in _each(items):
                await room.acquire()
                group.create_task(take(item))
    except BaseExceptionGroup as errors:
        _forget_cancellations(task, cancelling)
        raise first_of(errors) from None


def _forget_cancellations(task: asyncio.Task[None] | None, wanted: int) -> None:
    """Let the task count as not cancelled by a group that has ended.

    Until Python 3.13 a group leaves its own cancelling behind when it fails, and libraries that ask the task whether it
    is being cancelled, as HTTP clients do, would let it end there.
    """
    while task is not None and task.cancelling() > wanted:
        task.uncancel()


def first_of(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The exception that ended the group."""
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _each(items: Iterable[Item] | AsyncIterable[Item]) -> AsyncIterator[Item]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
