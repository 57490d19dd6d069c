"""Which changes of a status are worth a write: transitions at once, movement now and then, heartbeats seldom."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from orgport.api.status import Progress
from orgport.controller.resource import Status

PROGRESS_SECONDS = 15.0
HEARTBEAT_SECONDS = 60.0


class Writes(NamedTuple):
    """Whether to write now, or else after how many seconds; None: not for this."""

    now: bool
    later: float | None = None


def worth_writing(before: Status, after: Status, now: datetime) -> Writes:
    """Compare what is written with what could be."""
    if _transitions(before) != _transitions(after):
        return Writes(True)
    if _movement(before) != _movement(after):
        wait = _wait(PROGRESS_SECONDS, before, now)
        return Writes(wait == 0, wait or None)
    # Heartbeats come all the time, and each brings a look: there is no need for one of its own.
    return Writes(before.steps != after.steps and _wait(HEARTBEAT_SECONDS, before, now) == 0)


def _wait(seconds: float, before: Status, now: datetime) -> float:
    last = before.progress.update_time if before.progress is not None else None
    if last is None or last > now:
        return 0
    return max(seconds - (now - last).total_seconds(), 0)


def _transitions(status: Status) -> dict[str, Any]:
    messages = {"__all__": {"message"}}
    return status.model_dump(
        exclude={"progress": True, "conditions": messages, "steps": {"__all__": {"last_heartbeat_time"}}}
    )


def _movement(status: Status) -> tuple[Any, ...]:
    progress = status.progress or Progress()
    return progress.model_dump(exclude={"update_time"}), [condition.message for condition in status.conditions]


def stamped(status: Status, now: datetime) -> Status:
    """The status as it is written: its progress bears the time."""
    progress = (status.progress or Progress()).model_copy(update={"update_time": now})
    return status.model_copy(update={"progress": progress})
