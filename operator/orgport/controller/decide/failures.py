"""Why a step failed: what its workers said last, else what its pods and its Job show."""

from __future__ import annotations

from collections.abc import Sequence

from orgport.api.failures import shorten
from orgport.api.reasons import MEANINGS, Exit, Reason
from orgport.api.report import Report
from orgport.api.status import FailureInfo, StepName
from orgport.controller.decide.scene import SeenStep
from orgport.controller.decide.seen import SeenPod
from orgport.controller.resource import Spec

AGAIN = "then raise spec.attempt; the run resumes"
SUFFIX_BYTES = 100


def info(reason: Reason, message: str, step: StepName | None = None, suggestion: str = "") -> FailureInfo:
    """A failure as the status shows it; without a suggestion, the reason's own remedy."""
    return FailureInfo(
        reason=reason,
        step=step,
        message=shorten(message),
        suggestion=shorten(suggestion or MEANINGS[reason].remedy),
    )


def failure_of(step: SeenStep, spec: Spec) -> FailureInfo:
    """Why this step, whose Job is Failed, failed."""
    told = [report for report in step.reports.found if report.outcome == "Failed" and report.failure is not None]
    final = [report for report in reversed(told) if report.final]
    if final:
        return _as_told(min(final, key=lambda report: report.index), step.name)
    if _job_reason(step) == "DeadlineExceeded":
        return deadline_exceeded(step.name, spec)
    last = step.last_failed_pod()
    if last is not None and last.is_out_of_memory:
        return _out_of_memory(step, last, spec)
    if told:
        return _as_told(_last_told(told, last), step.name, _tries(step, last))
    return _unexplained(step, last)


def _job_reason(step: SeenStep) -> str:
    return step.job.failure[0] if step.job is not None and step.job.failure is not None else ""


def _last_told(told: Sequence[Report], last: SeenPod | None) -> Report:
    own = [report for report in told if last is not None and report.index == last.index]
    return (own or told)[-1]


def _tries(step: SeenStep, last: SeenPod | None) -> int:
    return step.failures(last.index) if last is not None else max(step.previous.failed_pods, 1)


def _as_told(report: Report, step: StepName, tries: int = 1) -> FailureInfo:
    failure = report.failure
    assert failure is not None
    message = failure.message
    if tries > 1:
        message = f"{shorten(message, 1024 - SUFFIX_BYTES)} (tried {tries} times)"
    # A worker's word is taken for one of the closed list, or not at all.
    known = failure.reason in set(Reason) and failure.reason not in _NO_FAILURES
    return failure.model_copy(
        update={"reason": failure.reason if known else str(Reason.INTERNAL), "step": step, "message": message}
    )


_NO_FAILURES = frozenset(list(Reason)[: list(Reason).index(Reason.INVALID_SPEC)])


def _out_of_memory(step: SeenStep, pod: SeenPod, spec: Spec) -> FailureInfo:
    return info(
        Reason.OUT_OF_MEMORY,
        f"the worker {pod.name} was killed at its memory limit of {_limit(spec)} (tried {_tries(step, pod)} times)",
        step.name,
        memory_advice(step.name, spec),
    )


def memory_advice(step: StepName, spec: Spec) -> str:
    """What to do about a worker that was killed for its memory."""
    lower = f", or lower spec.files.concurrency (now {spec.files.concurrency})" if step == "files" else ""
    return f"raise spec.worker.resources.limits.memory above {_limit(spec)}{lower}; {AGAIN}"


def _limit(spec: Spec) -> str:
    return spec.worker.resources.limits.memory or "its node's memory"


def deadline_exceeded(step: StepName | None, spec: Spec) -> FailureInfo:
    """The run took longer than it may."""
    if step == "rollback":
        return info(Reason.DEADLINE_EXCEEDED, "the rollback took longer than an hour", step)
    return info(
        Reason.DEADLINE_EXCEEDED,
        f"the run took longer than spec.activeDeadlineSeconds, {spec.active_deadline_seconds} s, in the {step} step",
        step,
        f"raise spec.activeDeadlineSeconds, {AGAIN}",
    )


def disappeared(step: SeenStep) -> FailureInfo:
    """A Job that somebody else deleted: what it did is not known, so it is not done again by itself."""
    return info(
        Reason.JOB_DISAPPEARED,
        f"the Job {step.previous.job} of the {step.name} step is gone, deleted by somebody else",
        step.name,
    )


def rollback_failed(cause: FailureInfo, original: FailureInfo) -> FailureInfo:
    """Both failures in one: that of the rollback, and the one that led to it."""
    first = shorten(f"the rollback failed: {cause.reason}: {cause.message}", 500)
    message = f"{first}; it was begun because of {original.reason}: {original.message}"
    return info(Reason.ROLLBACK_FAILED, message, "rollback").model_copy(update={"keys": original.keys})


def pod_failure(pod: SeenPod) -> str:
    """How a pod ended, in a few words."""
    if pod.is_out_of_memory:
        return "killed for its memory"
    if pod.eviction:
        return f"evicted by its node: {pod.eviction}"
    if pod.exit_code is None:
        return "failed without an exit code"
    return f"exit code {pod.exit_code}" + (" (killed)" if pod.exit_code == 137 else "")


def _unexplained(step: SeenStep, last: SeenPod | None) -> FailureInfo:
    if last is not None and last.exit_code in Exit.FINAL:
        message = f"the worker {last.name} ended with exit code {last.exit_code} and left no report"
        return info(Reason.INTERNAL, message, step.name)
    what = f"the last pod, {last.name}: {pod_failure(last)}" if last is not None else "no pod is left to tell why"
    because = step.job.failure[1] if step.job is not None and step.job.failure is not None else ""
    message = f"the {step.name} step failed {_tries(step, last)} times; {what}" + (f" ({because})" if because else "")
    return info(Reason.BACKOFF_LIMIT_EXCEEDED, message, step.name)
