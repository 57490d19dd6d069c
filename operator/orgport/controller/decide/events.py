"""The events of a run: one per transition of its status, never one per percent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from orgport.controller.decide.decision import Event
from orgport.controller.decide.failures import pod_failure
from orgport.controller.decide.scene import SeenStep
from orgport.controller.resource import Status, step_of


def transitions(before: Status, after: Status, step: SeenStep | None = None) -> Iterator[Event]:
    """What has become different between two statuses. `step` is the one that was looked at, with its pods."""
    old = before if before.attempt == after.attempt else type(before)()
    attempt = f"{after.attempt}"
    if old.phase is None:
        yield Event("Started", f"attempt {attempt}", f"{attempt}-started")
    yield from _suspensions(old, after)
    yield from _steps(old, after, step)
    yield from _turn(old, after)


def _suspensions(old: Status, after: Status) -> Iterator[Event]:
    if after.suspend_time is not None and old.suspend_time is None:
        yield Event("Suspended", "spec.suspend is true", f"suspended-{_stamp(after.suspend_time)}")
    if after.suspend_time is None and old.suspend_time is not None and after.completion_time is None:
        yield Event("Resumed", "spec.suspend is false", f"resumed-{_stamp(old.suspend_time)}")


def _steps(old: Status, after: Status, seen: SeenStep | None) -> Iterator[Event]:
    for step in after.steps:
        was = step_of(old, step.name)
        key = f"{after.attempt}-{step.name}"
        if step.job is not None and was.job is None:
            yield Event("StepStarted", f"step {step.name}: Job {step.job}", f"{key}-started")
        if step.failed_pods > was.failed_pods:
            message = _failed_pod(step.name, seen)
            yield Event("PodFailed", message, f"{key}-failed-{step.failed_pods}", warning=True)
        if step.disrupted_pods > was.disrupted_pods:
            message = f"a pod of the {step.name} step was evicted, deleted or stopped; it is replaced and not counted"
            yield Event("PodDisrupted", message, f"{key}-disrupted-{step.disrupted_pods}")
        if step.state == "Succeeded" and was.state != "Succeeded":
            yield Event("StepSucceeded", f"step {step.name}", f"{key}-succeeded")


def _failed_pod(name: str, seen: SeenStep | None) -> str:
    last = seen.last_failed_pod() if seen is not None and seen.name == name else None
    if seen is None or last is None:
        return f"a pod of the {name} step failed"
    told = [report.failure for report in seen.reports.found if report.index == last.index and report.failure]
    why = f"; {told[-1].reason}: {told[-1].message}" if told else ""
    return f"pod {last.name} of the {name} step: {pod_failure(last)}{why}"


def _turn(old: Status, after: Status) -> Iterator[Event]:
    failure = after.failure
    if failure is not None and after.completion_time is None and old.failure is None:
        yield Event("RollingBack", f"{failure.reason}: {failure.message}", f"{after.attempt}-rollback", warning=True)
    if after.completion_time is None or old.completion_time is not None:
        return
    ending = next((condition for condition in after.conditions if condition.type == "Succeeded"), None)
    words = f"{ending.reason}: {ending.message}" if ending is not None else ""
    if after.phase == "Succeeded":
        yield Event("Succeeded", words, f"{after.attempt}-ended")
    else:
        yield Event("Failed", words, f"{after.attempt}-ended", warning=True)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%d%H%M%S")
