"""What a worker says back: in its lease while it runs, and once more in its termination message."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orgport.api.failures import KEYS_SHOWN, Failure, shorten
from orgport.api.model import Model
from orgport.api.reasons import Reason
from orgport.api.status import Count, ExportResult, FailureInfo, ImportResult, OrgInfo, StepName

LEASE_BYTES = 2048
TERMINATION_BYTES = 3500


class Counters(Model):
    """What has been done of what there is to do, in one pod. Totals are the pod's own; the plan's are the run's."""

    objects_done: Count = 0
    objects_total: Count = 0
    objects_present: Count = 0
    bytes_done: Count = 0
    bytes_total: Count = 0
    documents_done: Count = 0
    documents_total: Count = 0


class PlanSummary(Model):
    """What the plan step found: the totals of the run and what the later steps must be told."""

    plan_sha256: Annotated[str | None, Field(alias="planSHA256", min_length=64, max_length=64)] = None
    """None: nothing is left to do (AlreadyExported, AlreadyImported) or a dry run."""
    org: OrgInfo | None = None
    counters: Counters = Counters()
    already_done: bool = False
    """The archive, or the imported organization, is there already."""


class Report(Model):
    """One message; a later one has a higher sequence."""

    attempt: Annotated[int, Field(ge=1)]
    step: StepName
    index: Count = 0
    sequence: Count = 0
    stage: Reason
    """A reason of a running run, or of success."""
    message: Annotated[str, Field(max_length=1024)] = ""
    counters: Counters = Counters()
    bytes_per_second: Count = 0
    outcome: Literal["Running", "Succeeded", "Failed", "Interrupted"] = "Running"
    plan: PlanSummary | None = None
    """Of a plan step that succeeded."""
    export_result: ExportResult | None = None
    """Of the step that completes an export, and of AlreadyExported."""
    import_result: ImportResult | None = None
    """Of the step that completes an import, and of AlreadyImported."""
    failure: FailureInfo | None = None
    final: bool = False
    """The failure is not worth another try."""


def failure_info(failure: Failure, step: StepName | None) -> FailureInfo:
    """The failure as a status shows it."""
    keys = [shorten(key, 256) for key in failure.keys[:KEYS_SHOWN]]
    return FailureInfo(
        reason=failure.reason,
        step=step,
        message=shorten(failure.message),
        suggestion=shorten(failure.suggestion),
        keys=keys,
    )


def fitting(report: Report, limit: int) -> str:
    """The report as one line of at most `limit` bytes: texts and keys are cut before counters and locations are."""
    for size in (1024, 512, 256, 128, 64, 0):
        text = _cut(report, size).dump_json()
        if len(text.encode()) <= limit:
            return text
    return _bare(report).dump_json()


def _cut(report: Report, size: int) -> Report:
    changes: dict[str, object] = {"message": shorten(report.message, max(size, 3))}
    if report.failure is not None:
        cut = {
            "message": shorten(report.failure.message, max(size, 64)),
            "suggestion": shorten(report.failure.suggestion, max(size, 64)),
            "keys": [shorten(key, max(size // 4, 64)) for key in report.failure.keys[: max(size // 100, 1)]],
        }
        changes["failure"] = report.failure.model_copy(update=cut)
    if report.import_result is not None:
        warnings = [shorten(warning, max(size // 2, 64)) for warning in report.import_result.warnings[: size // 50]]
        changes["import_result"] = report.import_result.model_copy(update={"warnings": warnings})
    return report.model_copy(update=changes)


def _bare(report: Report) -> Report:
    """What is left when even the locations are too long: less than LEASE_BYTES, whatever the texts hold."""
    changes: dict[str, object] = {"message": ""}
    if report.failure is not None:
        changes["failure"] = _copy(report.failure, message=_plain(report.failure.message, 200), suggestion="", keys=[])
    if report.plan is not None and report.plan.org is not None:
        org = report.plan.org
        changes["plan"] = _copy(
            report.plan, org=_copy(org, slug=_plain(org.slug, 100), name=_plain(org.name, 100), db_version="")
        )
    if report.export_result is not None:
        location = _plain(report.export_result.location, 200)
        changes["export_result"] = _copy(
            report.export_result, location=location, database=None, manifest=None, report=None
        )
    if report.import_result is not None:
        location = _plain(report.import_result.location, 200)
        changes["import_result"] = _copy(report.import_result, location=location, report=None, warnings=[])
    return report.model_copy(update=changes)


def _copy(model: Model, **changes: object) -> Model:
    return model.model_copy(update=changes)


def _plain(text: str, limit: int) -> str:
    """The text without what JSON escapes, in at most `limit` bytes."""
    return shorten("".join("?" if char in '"\\' or char < " " else char for char in text), limit)
