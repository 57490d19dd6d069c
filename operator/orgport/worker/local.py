"""A whole run in this process, without Kubernetes: the steps one after the other, and the status at the end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

from pydantic import ValidationError

from orgport.api.failures import Failure
from orgport.api.names import API_VERSION, KINDS, Kind, job_name
from orgport.api.org_export import OrgExportSpec
from orgport.api.org_import import OrgImportSpec
from orgport.api.reasons import Reason
from orgport.api.report import Counters, failure_info
from orgport.api.sequence import is_rolled_back, pods_of, steps_of
from orgport.api.status import FailureInfo, OrgInfo, StepName, StepStatus
from orgport.api.task import Task
from orgport.worker.context import Context, Inputs, Progress, StepOutcome
from orgport.worker.ending import final_status
from orgport.worker.steps import first_stage, run_step

Observe = Callable[[StepName, Progress], None]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LocalRun:
    """How it ended: the status as the operator would write it, and an exit code."""

    status: dict[str, Any]
    exit_code: int


@dataclass
class Run:
    """What is known of the run so far."""

    task: Task
    inputs: Inputs
    observe: Observe
    now: Callable[[], datetime]
    alone: bool = True
    steps: list[StepStatus] = field(default_factory=list)
    counters: Counters = field(default_factory=Counters)
    org: OrgInfo | None = None
    last: StepOutcome | None = None

    async def do(self, step: StepName, plan_sha256: str | None) -> StepOutcome:
        """One step, all of its pods one after the other."""
        task = self.task.model_copy(update={"step": step, "plan_sha256": plan_sha256})
        began = self.now()
        outcome: StepOutcome | None = None
        state: Any = "Failed"
        try:
            for index in range(pods_of(step, task.spec)):
                outcome = await self._pod(task, index)
            state = "Succeeded"
        finally:
            self.steps.append(StepStatus(name=step, state=state, start_time=began, completion_time=self.now()))
        assert outcome is not None
        self._remember(outcome)
        return outcome

    async def _pod(self, task: Task, index: int) -> StepOutcome:
        progress = Progress(first_stage(task.kind, task.step))
        self.observe(task.step, progress)
        context = Context(
            task, self.inputs, progress, index=index, waits_for_inputs=False, alone=self.alone, now=self.now
        )
        return await run_step(context)

    def _remember(self, outcome: StepOutcome) -> None:
        if outcome.plan is not None:
            self.org, self.counters = outcome.plan.org, outcome.plan.counters
        if self.last is not None and outcome.export_result is None and outcome.import_result is None:
            # The plan of an import of files alone has said already what the run's result is.
            outcome = StepOutcome(
                outcome.stage, outcome.message, None, self.last.export_result, self.last.import_result
            )
        self.last = outcome


def parse_resource(resource: Mapping[str, Any]) -> Task:
    """The plan step's task of a resource; INVALID_SPEC names every field that is wrong."""
    kind, metadata = resource.get("kind"), resource.get("metadata") or {}
    if resource.get("apiVersion") != API_VERSION or kind not in KINDS:
        raise Failure(Reason.INVALID_SPEC, f"expected an OrgExport or OrgImport of {API_VERSION}, not {kind!r}")
    name, namespace = metadata.get("name"), metadata.get("namespace", "default")
    if not isinstance(name, str) or not name:
        raise Failure(Reason.INVALID_SPEC, "metadata.name is missing")
    uid = metadata.get("uid") or str(uuid5(NAMESPACE_URL, f"{kind}/{namespace}/{name}"))
    model = OrgExportSpec if kind == "OrgExport" else OrgImportSpec
    try:
        spec = model.model_validate(resource.get("spec") or {})
    except ValidationError as error:
        raise Failure(Reason.INVALID_SPEC, "; ".join(_problems(error)), suggestion="mend these fields") from None
    job = job_name(kind, name, "plan", uid, spec.attempt)
    return Task(
        kind=cast(Kind, kind),
        namespace=namespace,
        name=name,
        uid=uid,
        attempt=spec.attempt,
        step="plan",
        job=job,
        spec=spec,
    )


def _problems(error: ValidationError) -> list[str]:
    # The input's value is left out on purpose: a secret that was put into the wrong field must not be shown.
    return [".".join(("spec", *map(str, problem["loc"]))) + ": " + problem["msg"] for problem in error.errors()]


async def run_locally(
    task: Task,
    inputs: Inputs,
    now: Callable[[], datetime],
    observe: Observe = lambda *_: None,
    *,
    alone: bool = True,
) -> LocalRun:
    """Do every step of the run that the task's plan begins; roll a failed import back.

    `alone`: the caller knows that no other process is at this run.
    """
    run = Run(task, inputs, observe, now, alone)
    began = now()
    failure: FailureInfo | None = None
    code = 0
    try:
        await _steps(run)
    except Failure as error:
        logger.info("%s: %s", error.reason, error.message)
        step = run.steps[-1].name
        failure, code = failure_info(error, step), error.exit_code
        await _roll_back(run, step)
    status = final_status(run.task, run.steps, run.counters, run.org, run.last, failure, began, now())
    return LocalRun(status.dump(), code)


async def _steps(run: Run) -> None:
    plan_sha256: str | None = None
    for step in steps_of(run.task.kind, run.task.spec):
        outcome = await run.do(step, plan_sha256)
        if outcome.plan is not None:
            if outcome.plan.already_done:
                return
            plan_sha256 = outcome.plan.plan_sha256


async def _roll_back(run: Run, failed: StepName) -> None:
    if not is_rolled_back(run.task.spec, failed):
        return
    try:
        await run.do("rollback", None)
    except Failure as error:
        logger.error("the rollback failed too: %s", error.message)
