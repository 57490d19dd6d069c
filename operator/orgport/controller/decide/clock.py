"""Deadlines and suspension: the time that a run was suspended does not count."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from orgport.controller.decide.seen import SeenJob
from orgport.controller.raw import later
from orgport.controller.resource import Spec, Status

PATIENCE = 90.0
"""How long after its deadline a Job may need for ending its pods before it is deleted."""


def wound(status: Status, spec: Spec, now: datetime) -> Status:
    """The status with its start, suspension and deadline as of now."""
    began = status.start_time or now
    seconds, since = status.suspended_seconds, status.suspend_time
    if spec.suspend:
        since = since or now
    elif since is not None:
        seconds, since = seconds + max(int((now - since).total_seconds()), 0), None
    changes: dict[str, Any] = {
        "start_time": began,
        "suspend_time": since,
        "suspended_seconds": seconds,
        "deadline_time": later(began, spec.active_deadline_seconds + seconds),
    }
    return status.model_copy(update=changes)


def is_overdue(job: SeenJob | None, deadline: datetime | None, now: datetime) -> bool:
    """Whether the run's time is over. A Job that is there ends itself, by its own deadline, if it can."""
    if deadline is None or now < deadline:
        return False
    if job is None or job.is_finished:
        return True
    return now > later(max(deadline, own_deadline(job) or deadline), PATIENCE)


def own_deadline(job: SeenJob) -> datetime | None:
    """When the Job controller ends the Job; resuming it starts its clock anew."""
    if job.started is None or not job.deadline_seconds:
        return None
    return later(job.started, job.deadline_seconds)
