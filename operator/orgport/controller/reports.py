"""Reading what workers say. A worker may write anything into its lease: what is not exactly a report is no report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from orgport.api.report import TERMINATION_BYTES, Report
from orgport.api.status import StepName

LARGEST = 2**53
LONGEST = TERMINATION_BYTES + 596
"""A termination message has at most 4096 bytes; a lease's annotation could have 256 KiB."""


@dataclass(frozen=True)
class Said:
    """What the pod or lease of an index holds, and when it was written there."""

    index: int
    text: str
    at: datetime | None = None


@dataclass(frozen=True)
class Reports:
    """The valid reports of one step, the oldest first, and how many texts were none."""

    found: tuple[Report, ...] = ()
    invalid: int = 0


def parse(text: str) -> Report | None:
    """The report that a text holds; None if it holds none."""
    if len(text.encode(errors="replace")) > LONGEST:
        return None
    try:
        report = Report.model_validate_json(text)
    except (ValidationError, ValueError):
        return None
    return report if _fits(report.model_dump()) else None


def _fits(value: object) -> bool:
    """Whether every number fits into a status: one that does not would make the API server refuse all of it."""
    if isinstance(value, dict):
        return all(_fits(member) for member in value.values())
    return not isinstance(value, int) or value <= LARGEST


def read(texts: Iterable[Said], step: StepName, attempt: int) -> Reports:
    """The reports of a step among texts."""
    found: list[tuple[float, Report]] = []
    invalid = 0
    for said in texts:
        report = parse(said.text) if said.text else None
        if report is not None and (report.step, report.attempt, report.index) == (step, attempt, said.index):
            found.append((_second(said.at), report))
        elif said.text:
            invalid += 1
    # Each pod counts its reports anew; but within a second, of which the end of a pod is told, they are of one pod.
    by_age = sorted(found, key=lambda each: (each[0], each[1].sequence))
    return Reports(tuple(report for _, report in by_age), invalid)


def _second(at: datetime | None) -> float:
    return float(int(at.timestamp())) if at is not None else 0.0
