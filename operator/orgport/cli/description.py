"""Everything about one run, as JSON data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from orgport.api.reasons import MEANINGS, Reason
from orgport.api.report import Report
from orgport.api.status import StepStatus
from orgport.cli.reading import Around
from orgport.cli.runs import ORDINARY, Row, row_of
from orgport.controller.decide.seen import SeenPod, World, see
from orgport.controller.raw import Raw, count, moment, text
from orgport.controller.reports import parse

EVENTS_SHOWN = 15
Facts = dict[str, Any]


def facts(resource: Raw, around: Around, now: datetime) -> Facts:
    """What there is to say of a run, as JSON data."""
    row = row_of(resource, now)
    world = see(text(resource, "metadata", "uid"), around.jobs, around.pods, around.leases)
    status = row.status
    return {
        "run": row.dump(),
        "organization": status.org.dump() if status.org else None,
        "startTime": _stamp(status.start_time),
        "completionTime": _stamp(status.completion_time),
        "deadlineTime": _stamp(status.deadline_time),
        "steps": [_step(step, now) for step in status.steps],
        "pods": [_pod(pod) for pod in world.pods],
        "messages": list(_messages(world)),
        "result": status.result.dump() if status.result else None,
        "failure": status.failure.dump() if status.failure else None,
        "suggestion": suggestion(row),
        "events": [_event(event) for event in _newest(around.events)],
        "unseen": list(around.unseen),
    }


def suggestion(row: Row) -> str:
    """What to do: the failure's own words, else what the list of reasons says; "" where there is nothing to do."""
    if row.status.failure is not None:
        return row.status.failure.suggestion or _remedy(row.status.failure.reason)
    return _remedy(row.reason)


def _remedy(reason: str) -> str:
    if reason in ORDINARY or reason not in set(Reason):
        return ""
    remedy = MEANINGS[Reason(reason)].remedy
    return "" if remedy == "Wait." else remedy


def _step(step: StepStatus, now: datetime) -> Facts:
    taken = ((step.completion_time or now) - step.start_time).total_seconds() if step.start_time else None
    silent = (now - step.last_heartbeat_time).total_seconds() if step.last_heartbeat_time else None
    is_under_way = step.state == "Running"
    return {
        "name": step.name,
        "state": step.state,
        "secondsTaken": None if taken is None else max(int(taken), 0),
        "failedPods": step.failed_pods,
        "disruptedPods": step.disrupted_pods,
        "heartbeatAgeSeconds": max(int(silent), 0) if silent is not None and is_under_way else None,
        "job": step.job,
    }


def _pod(pod: SeenPod) -> Facts:
    return {
        "name": pod.name,
        "state": _state(pod),
        "exitCode": pod.exit_code,
        "node": pod.node or None,
        "startTime": _stamp(pod.started),
    }


def _state(pod: SeenPod) -> str:
    if pod.is_out_of_memory:
        return "OutOfMemory"
    if pod.disruption:
        return f"Disrupted ({pod.disruption})"
    if pod.deletion is not None:
        return "Terminating"
    if pod.unschedulable:
        return "Unschedulable"
    return pod.waiting[0] or pod.phase or "Pending"


def _messages(world: World) -> Iterator[Facts]:
    """What the workers said last: in their leases, or in their ends where no lease tells."""
    told = {name: parse(lease.report) for name, lease in sorted(world.leases.items()) if lease.report}
    ends = {pod.name: parse(pod.termination_message) for pod in world.pods if pod.termination_message}
    for name, report in (told or ends).items():
        if report is not None:
            yield _message(name, report)


def _message(name: str, report: Report) -> Facts:
    words = report.failure.message if report.failure is not None else report.message
    counters = report.counters.model_dump(by_alias=True, exclude_defaults=True)
    return {
        "from": name,
        "step": report.step,
        "index": report.index,
        "outcome": report.outcome,
        "stage": report.failure.reason if report.failure is not None else str(report.stage),
        "message": words,
        **counters,
        "bytesPerSecond": report.bytes_per_second,
    }


def _newest(events: Sequence[Raw]) -> list[Raw]:
    return sorted(events, key=lambda event: text(event, "lastTimestamp"))[-EVENTS_SHOWN:]


def _event(event: Raw) -> Facts:
    return {
        "time": _stamp(moment(event, "lastTimestamp")),
        "type": text(event, "type"),
        "reason": text(event, "reason"),
        "message": text(event, "message"),
        "count": max(count(event, "count"), 1),
    }


def _stamp(when: datetime | None) -> str | None:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ") if when else None
