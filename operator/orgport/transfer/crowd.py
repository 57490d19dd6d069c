"""Many copies side by side, none begun before there is room for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import TypeVar

Item = TypeVar("Item")


async def for_each(
    items: Iterable[Item] | AsyncIterable[Item], act: Callable[[Item], Awaitable[None]], at_once: int
) -> None:
    """Act on every item, on at most `at_once` at a time; the next item is taken when there is room for it.

    The first exception ends the others, and is raised when they have ended.
    """
    turn, hands, task = asyncio.Lock(), 1, asyncio.current_task()
    cancelling = task.cancelling() if task is not None else 0

    async def work(source: AsyncGenerator[Item, None], group: asyncio.TaskGroup) -> None:
        """One hand of at most `at_once`: each that finds an item calls the next one."""
        nonlocal hands
        while True:
            async with turn:
                try:
                    item = await anext(source)
                except StopAsyncIteration:
                    return
            if hands < at_once:
                hands += 1
                group.create_task(work(source, group))
            await act(item)

    try:
        async with aclosing(_each(items)) as source, asyncio.TaskGroup() as group:
            group.create_task(work(source, group))
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


async def _each(items: Iterable[Item] | AsyncIterable[Item]) -> AsyncGenerator[Item, None]:
    if not isinstance(items, AsyncIterable):
        for item in items:
            yield item
        return
    iterator = aiter(items)
    try:
        async for item in iterator:
            yield item
    finally:
        if isinstance(iterator, AsyncGenerator):
            await iterator.aclose()
