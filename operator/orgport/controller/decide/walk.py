"""How far the run has come: its steps one after the other, up to the first that has not succeeded."""

from __future__ import annotations

from dataclasses import dataclass

from orgport.api.reasons import Reason
from orgport.api.report import PlanSummary, Report
from orgport.api.sequence import steps_of
from orgport.api.status import FailureInfo, OrgInfo, Progress, StepName, StepStatus
from orgport.controller.decide import progress as counting
from orgport.controller.decide.clock import is_overdue, own_deadline
from orgport.controller.decide.failures import deadline_exceeded, disappeared, failure_of, info, rollback_failed
from orgport.controller.decide.scene import Scene, SeenStep
from orgport.controller.manifests import ROLLBACK_SECONDS
from orgport.controller.raw import later
from orgport.controller.resource import step_of


@dataclass(frozen=True)
class Walk:
    """Where the run stands."""

    steps: tuple[StepStatus, ...]
    progress: Progress
    current: SeenStep | None = None
    """The step that has not ended, or not begun; None: the run has."""
    failure: FailureInfo | None = None
    ending: Report | None = None
    """The last report of a run that succeeded."""
    results: tuple[Report, ...] = ()
    """Reports of steps that succeeded, the latest step's first."""
    org: OrgInfo | None = None
    plan_sha256: str | None = None
    invalid_reports: int = 0


@dataclass
class _Walker:
    """Collects a walk."""

    scene: Scene
    progress: Progress
    org: OrgInfo | None
    plan_sha256: str | None
    steps: list[StepStatus]
    succeeded: list[Report]
    invalid: int = 0

    def pass_by(self, step: SeenStep) -> bool:
        """Go past a step that has succeeded; whether the run ends with it."""
        self.steps.append(step.status(self.scene.now, "Succeeded"))
        plan = step.plan if step.name == "plan" else None
        self.learn(plan)
        self.count(step)
        self.progress = counting.completed(self.progress, step.name)
        told = [report for report in step.reports.found if report.outcome == "Succeeded"]
        self.succeeded += sorted(told, key=lambda report: report.index)
        return plan is not None and plan.already_done

    def learn(self, plan: PlanSummary | None) -> None:
        if plan is not None:
            self.org = plan.org or self.org
            self.plan_sha256 = plan.plan_sha256 or self.plan_sha256
            self.progress = counting.with_plan(self.progress, plan)

    def count(self, step: SeenStep) -> None:
        self.invalid += step.reports.invalid
        self.progress = counting.with_reports(self.progress, step)

    def walk(self, current: SeenStep | None = None, failure: FailureInfo | None = None) -> Walk:
        latest_first = tuple(reversed(self.succeeded))
        return Walk(
            steps=tuple(self.steps),
            progress=self.progress,
            current=current,
            failure=failure,
            ending=latest_first[0] if latest_first and current is None and failure is None else None,
            results=latest_first,
            org=self.org,
            plan_sha256=self.plan_sha256,
            invalid_reports=self.invalid,
        )


def _walker(scene: Scene) -> _Walker:
    status = scene.status
    return _Walker(scene, status.progress or Progress(), status.org, status.plan_sha256, [], [])


def walk(scene: Scene) -> Walk:
    """Go through the steps of the run, or through its rollback."""
    walker = _walker(scene)
    if scene.is_rolling_back:
        return _walk_back(scene, walker)
    sequence = steps_of(scene.run.identity.kind, scene.run.spec)
    for position, name in enumerate(sequence):
        step = scene.step(name)
        if step.has_succeeded:
            if walker.pass_by(step):
                return walker.walk()
            continue
        walker.count(step)
        failure = _failure(scene, step, walker.plan_sha256)
        _stop_at(scene, walker, step, failure, sequence[position + 1 :])
        return walker.walk(None if failure else step, failure)
    return walker.walk()


def _stop_at(
    scene: Scene, walker: _Walker, step: SeenStep, failure: FailureInfo | None, others: tuple[StepName, ...]
) -> None:
    walker.steps.append(_status(scene, step, failure))
    walker.steps += [step_of(scene.status, other) for other in others]


def _status(scene: Scene, step: SeenStep, failure: FailureInfo | None) -> StepStatus:
    if failure is not None:
        return step.status(scene.now, "Failed")
    if step.job is None:
        return step.previous
    return step.status(scene.now, "Suspended" if scene.is_suspended else "Running")


def _failure(scene: Scene, step: SeenStep, plan_sha256: str | None) -> FailureInfo | None:
    """Why the step, and the run with it, has failed; None if it has not."""
    refusal = scene.surroundings.refusals.get(step.name)
    if step.has_failed:
        return failure_of(step, scene.run.spec)
    if step.has_vanished:
        return disappeared(step)
    if not scene.is_suspended and is_overdue(step.job, scene.status.deadline_time, scene.now):
        return deadline_exceeded(step.name, scene.run.spec)
    if refusal is not None and refusal.is_final:
        return info(refusal.reason, refusal.message, step.name)
    if step.name != "plan" and plan_sha256 is None:
        return info(Reason.INTERNAL, "the plan step succeeded, but what it said is gone", "plan")
    return None


def _walk_back(scene: Scene, walker: _Walker) -> Walk:
    original = scene.status.failure
    assert original is not None
    walker.steps += [step for step in scene.status.steps if step.name != "rollback"]
    step = scene.step("rollback")
    walker.invalid += step.reports.invalid
    if step.has_succeeded:
        walker.steps.append(step.status(scene.now, "Succeeded"))
        return walker.walk(None, original)
    cause = _rollback_failure(scene, step)
    walker.steps.append(_status(scene, step, cause))
    return walker.walk(None if cause else step, rollback_failed(cause, original) if cause else None)


def _rollback_failure(scene: Scene, step: SeenStep) -> FailureInfo | None:
    """Why the rollback has failed; it has an hour of its own, which begins anew when it was suspended."""
    refusal = scene.surroundings.refusals.get(step.name)
    if step.has_failed:
        return failure_of(step, scene.run.spec)
    if step.has_vanished:
        return disappeared(step)
    if not scene.is_suspended and _is_stuck(scene, step):
        return deadline_exceeded("rollback", scene.run.spec)
    if refusal is not None and refusal.is_final:
        return info(refusal.reason, refusal.message, step.name)
    return None


def _is_stuck(scene: Scene, step: SeenStep) -> bool:
    job = step.job
    if job is None:
        return scene.now > later(scene.last_end(), ROLLBACK_SECONDS + scene.status.suspended_seconds)
    began = job.started or job.created or scene.now
    return is_overdue(job, own_deadline(job) or later(began, ROLLBACK_SECONDS), scene.now)
