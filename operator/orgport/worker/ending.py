"""The status of a run that has ended in this process: the same words as the operator's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from orgport.api.reasons import Reason
from orgport.api.report import Counters
from orgport.api.status import (
    Condition,
    FailureInfo,
    OrgExportStatus,
    OrgImportStatus,
    OrgInfo,
    Progress,
    RunStatus,
    StepStatus,
)
from orgport.api.task import Task
from orgport.worker.context import StepOutcome

SUCCESS = {"OrgExport": Reason.EXPORTED, "OrgImport": Reason.IMPORTED}
ENDINGS = (Reason.EXPORTED, Reason.IMPORTED, Reason.ALREADY_EXPORTED, Reason.ALREADY_IMPORTED, Reason.PLANNED)


def final_status(
    task: Task,
    steps: Sequence[StepStatus],
    counters: Counters,
    org: OrgInfo | None,
    last: StepOutcome | None,
    failure: FailureInfo | None,
    began: datetime,
    ended: datetime,
) -> RunStatus:
    """The status after the last step."""
    model = OrgExportStatus if task.kind == "OrgExport" else OrgImportStatus
    result = None
    if last is not None and failure is None:
        result = last.export_result if task.kind == "OrgExport" else last.import_result
    common: dict[str, Any] = {
        "observed_generation": 1,
        "phase": "Failed" if failure else "Succeeded",
        "attempt": task.attempt,
        "conditions": _conditions(task, last, failure, ended),
        "start_time": began,
        "completion_time": ended,
        "progress": None if failure else _progress(counters, ended),
        "steps": list(steps),
        "org": org,
        "failure": failure,
        "result": result,
    }
    return model(**common)


def _conditions(task: Task, last: StepOutcome | None, failure: FailureInfo | None, ended: datetime) -> list[Condition]:
    if failure is not None:
        succeeded, reason, message = "False", str(failure.reason), failure.message
    else:
        stage = last.stage if last is not None else SUCCESS[task.kind]
        succeeded, reason = "True", str(stage if stage in ENDINGS else SUCCESS[task.kind])
        message = last.message if last is not None else ""
    rows = [("Succeeded", succeeded), ("Reconciling", "False")] + ([("Stalled", "True")] if failure else [])
    return [
        Condition(
            type=kind,
            status=status,
            observed_generation=1,
            last_transition_time=ended,
            reason=reason,
            message=message,
        )
        for kind, status in rows
    ]


def _progress(counters: Counters, ended: datetime) -> Progress:
    return Progress(
        percent=100,
        objects_done=counters.objects_total,
        objects_total=counters.objects_total,
        objects_present=counters.objects_present,
        bytes_done=counters.bytes_total,
        bytes_total=counters.bytes_total,
        documents_done=counters.documents_total,
        documents_total=counters.documents_total,
        summary="done",
        update_time=ended,
    )
