"""How far a run is. Numbers come from workers, so none of them decides anything, and none of them goes back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime

from orgport.api.report import Counters, PlanSummary, Report
from orgport.api.status import Progress, StepName, StepStatus
from orgport.controller.decide.amounts import amount, duration, part
from orgport.controller.decide.scene import SeenStep
from orgport.controller.raw import later

WEIGHTS: dict[StepName, int] = {"plan": 5, "files": 75, "database": 20}
OBJECT_BYTES = 64 * 1024
"""What an object costs beside its bytes, in bytes."""
SMOOTHING_SECONDS = 30.0
LEAST_SHARE = 0.02
"""Below this share of a step, its past says nothing about its future."""


def with_plan(progress: Progress, plan: PlanSummary | None) -> Progress:
    """The totals, once the plan step knows them."""
    if plan is None:
        return progress
    found = plan.counters
    return _risen(
        progress,
        objects_total=found.objects_total,
        bytes_total=found.bytes_total,
        documents_total=found.documents_total,
        objects_present=found.objects_present,
    )


def with_reports(progress: Progress, step: SeenStep) -> Progress:
    """The counters of a step's pods, added up."""
    newest = _newest_of_each(step.reports.found)
    if step.name == "files":
        return _risen(
            progress,
            objects_done=sum(_copied(report.counters) for report in newest),
            bytes_done=sum(report.counters.bytes_done for report in newest),
        )
    if step.name == "database":
        return _risen(
            progress,
            documents_done=sum(report.counters.documents_done for report in newest),
            documents_total=sum(report.counters.documents_total for report in newest),
        )
    return progress


def _copied(counters: Counters) -> int:
    # What a pod finds there already, of a list of what was absent, an earlier pod of this run has copied.
    return counters.objects_done + counters.objects_present


def _newest_of_each(reports: Iterable[Report]) -> list[Report]:
    return list({report.index: report for report in reports}.values())


def _risen(progress: Progress, **numbers: int) -> Progress:
    """The progress with numbers that are higher than they were; what is done is never more than there is."""
    known = progress.model_dump()
    higher = {name: max(known[name], number) for name, number in numbers.items()}
    for what in ("objects", "bytes", "documents"):
        done = higher.get(f"{what}_done", known[f"{what}_done"])
        higher[f"{what}_total"] = max(higher.get(f"{what}_total", known[f"{what}_total"]), done)
    return progress.model_copy(update=higher)


def completed(progress: Progress, step: StepName) -> Progress:
    """A step that succeeded has done all of it."""
    if step == "files":
        return _risen(progress, objects_done=progress.objects_total, bytes_done=progress.bytes_total)
    if step == "database":
        return _risen(progress, documents_done=progress.documents_total)
    return progress


def share(progress: Progress, step: StepName) -> float:
    """How much of a step is done, from 0 to 1."""
    if step == "files":
        total = progress.bytes_total + progress.objects_total * OBJECT_BYTES
        return (progress.bytes_done + progress.objects_done * OBJECT_BYTES) / total if total else 0.0
    if step == "database":
        return progress.documents_done / progress.documents_total if progress.documents_total else 0.0
    return 0.0


def percent(progress: Progress, sequence: Sequence[StepName], steps: Sequence[StepStatus]) -> int:
    """Of the whole run; 100 is for its end."""
    done = {step.name for step in steps if step.state == "Succeeded"}
    weights = [(WEIGHTS[name] * (1.0 if name in done else share(progress, name)), WEIGHTS[name]) for name in sequence]
    whole = sum(weight for _, weight in weights)
    return max(progress.percent, min(int(100 * sum(part for part, _ in weights) / whole), 99))


def with_rate(before: Progress, progress: Progress, step: SeenStep, now: datetime) -> Progress:
    """Rate and estimated end, when something moved since; the rate of the pods is of the last minute already."""
    rate = _rate(step)
    if rate and before.bytes_per_second and before.update_time is not None:
        seconds = max((now - before.update_time).total_seconds(), 0.0)
        weight = 1 - math.exp(-seconds / SMOOTHING_SECONDS)
        rate = round(before.bytes_per_second + (rate - before.bytes_per_second) * weight)
    end = _end(progress, rate, step, now)
    return progress.model_copy(update={"bytes_per_second": rate, "estimated_completion_time": end})


def _rate(step: SeenStep) -> int:
    return sum(report.bytes_per_second for report in _newest_of_each(step.reports.found) if report.outcome == "Running")


def has_stopped(before: Progress, step: SeenStep) -> bool:
    """Whether bytes were moving when the status was written, and are not now."""
    return before.bytes_per_second > 0 and _rate(step) == 0


def _end(progress: Progress, rate: int, step: SeenStep, now: datetime) -> datetime | None:
    if step.name == "files":
        return later(now, (progress.bytes_total - progress.bytes_done) // rate) if rate else None
    began, done = step.previous.start_time, share(progress, step.name)
    if began is None or began >= now or done < LEAST_SHARE:
        return None
    return later(now, int((now - began).total_seconds() * (1 - done) / done))


def has_moved(before: Progress, progress: Progress) -> bool:
    """Whether any counter has risen."""
    left_out = {"bytes_per_second", "estimated_completion_time", "summary", "update_time"}
    return before.model_dump(exclude=left_out) != progress.model_dump(exclude=left_out)


def summary(progress: Progress, step: StepName, now: datetime) -> str:
    """Such as "files 42%, 1.2/2.9 TiB, 293 MiB/s, 1h38m left"."""
    words = [f"{step} {progress.percent}%"]
    if step == "files" and progress.bytes_total:
        words.append(part(progress.bytes_done, progress.bytes_total))
    if step == "database" and progress.documents_total:
        words.append(f"{progress.documents_done}/{progress.documents_total} documents")
    if step == "files" and progress.bytes_per_second:
        words.append(f"{amount(progress.bytes_per_second)}/s")
    if progress.estimated_completion_time is not None and progress.estimated_completion_time > now:
        words.append(f"{duration((progress.estimated_completion_time - now).total_seconds())} left")
    return ", ".join(words)


def message(progress: Progress, step: StepName) -> str:
    """Such as "18021 of 42107 objects, 1.2 of 2.9 TiB"; "" before the totals are known."""
    if step == "files" and progress.objects_total:
        size = part(progress.bytes_done, progress.bytes_total, " of ")
        return f"{progress.objects_done} of {progress.objects_total} objects, {size}"
    if step == "database" and progress.documents_total:
        return f"{progress.documents_done} of {progress.documents_total} documents"
    return ""


def final_progress(progress: Progress, is_dry_run: bool, now: datetime) -> Progress:
    """The progress of a run that succeeded."""
    words = "done"
    if is_dry_run:
        words = f"to copy: {progress.objects_total} objects, {amount(progress.bytes_total)}"
    changes = {"percent": 100, "bytes_per_second": 0, "estimated_completion_time": None, "summary": words}
    return progress.model_copy(update={**changes, "update_time": now})
