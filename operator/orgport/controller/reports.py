"""Reading what workers say. A worker may write anything into its lease: what is not exactly a report is no report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from orgport.api.report import TERMINATION_BYTES, Report
from orgport.api.status import StepName

LARGEST = 2**53
LONGEST = TERMINATION_BYTES + 596
"""A termination message has at most 4096 bytes; a lease's annotation could have 256 KiB."""


@dataclass(frozen=True)
class Reports:
    """The valid reports of one step, and how many texts were none."""

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


def read(texts: Iterable[tuple[int, str]], step: StepName, attempt: int) -> Reports:
    """The reports of a step among texts, each of which comes from the pod or lease of an index."""
    found: list[Report] = []
    invalid = 0
    for index, text in texts:
        report = parse(text) if text else None
        if report is not None and (report.step, report.attempt, report.index) == (step, attempt, index):
            found.append(report)
        elif text:
            invalid += 1
    return Reports(tuple(found), invalid)
