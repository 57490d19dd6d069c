"""A run that has ended: its last status, and what is still to be done about it afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.api.report import Report, failure_info
from orgport.api.status import FailureInfo, Progress
from orgport.controller.decide import conditions
from orgport.controller.decide import progress as counting
from orgport.controller.decide.decision import Decision, JobPatch
from orgport.controller.decide.deleting import ends, orphans
from orgport.controller.decide.events import transitions
from orgport.controller.decide.scene import Scene
from orgport.controller.decide.seen import World
from orgport.controller.decide.walk import Walk
from orgport.controller.raw import Raw, count, dig
from orgport.controller.resource import Identity, Status

SUCCESSES = (Reason.EXPORTED, Reason.IMPORTED, Reason.ALREADY_EXPORTED, Reason.ALREADY_IMPORTED, Reason.PLANNED)
TTL_AFTER_SUCCESS, TTL_AFTER_FAILURE = 3600, 604800
SETTLING_SECONDS = 1.0


def succeed(scene: Scene, before: Status, way: Walk) -> Decision:
    """Every step has succeeded, or the first one found that all is done."""
    identity, spec = scene.run.identity, scene.run.spec
    reason = _success(scene, way.ending)
    progress = counting.final_progress(way.progress, spec.dry_run, scene.now)
    message = way.ending.message if way.ending is not None else ""
    after = _ended(scene, way).model_copy(
        update={
            # An attempt that was asked for meanwhile has nothing left to do.
            "attempt": max(identity.attempt, spec.attempt),
            "phase": "Succeeded",
            "step": None,
            "progress": progress,
            "conditions": conditions.succeeded(
                scene.status.conditions, reason, message, identity.generation, scene.now
            ),
            "result": _result(scene, way),
        }
    )
    return _last_word(before, after, way.invalid_reports)


def _success(scene: Scene, ending: Report | None) -> Reason:
    if ending is not None and ending.stage in SUCCESSES:
        return ending.stage
    if scene.run.spec.dry_run:
        return Reason.PLANNED
    return Reason.EXPORTED if scene.run.identity.kind == "OrgExport" else Reason.IMPORTED


def _result(scene: Scene, way: Walk) -> Any:
    """What the latest step that had a result said: of an import of files alone, it is the plan step."""
    is_export = scene.run.identity.kind == "OrgExport"
    results = (report.export_result if is_export else report.import_result for report in way.results)
    return next((result for result in results if result is not None), None)


def fail(scene: Scene, before: Status, way: Walk, failure: FailureInfo) -> Decision:
    """The run has failed for good, and is rolled back if that was to be done."""
    progress = way.progress
    words = f"failed at {progress.percent}%: {failure.reason}"
    stopped = {"summary": words, "bytes_per_second": 0, "estimated_completion_time": None, "update_time": scene.now}
    changes = _failed(scene.status, scene.run.identity, failure, scene.now)
    after = _ended(scene, way).model_copy(update={**changes, "progress": progress.model_copy(update=stopped)})
    return _last_word(before, after, way.invalid_reports)


def fail_unread(identity: Identity, before: Status, status: Status, failure: Failure, now: datetime) -> Decision:
    """The spec cannot be read, so there is no run."""
    times = {"start_time": status.start_time or now, "completion_time": now, "suspend_time": None}
    changes = _failed(status, identity, failure_info(failure, None), now)
    progress = status.progress or Progress()
    return _last_word(before, status.model_copy(update={**times, **changes, "progress": progress}), 0)


def _failed(status: Status, identity: Identity, failure: FailureInfo, now: datetime) -> dict[str, Any]:
    return {
        "attempt": identity.attempt,
        "observed_generation": identity.generation,
        "phase": "Failed",
        "step": failure.step,
        "failure": failure,
        "conditions": conditions.failed(status.conditions, failure.reason, failure.message, identity.generation, now),
    }


def _ended(scene: Scene, way: Walk) -> Status:
    changes: dict[str, Any] = {
        "observed_generation": scene.run.identity.generation,
        "completion_time": scene.now,
        "suspend_time": None,
        "steps": list(way.steps),
        "org": way.org,
        "plan_sha256": way.plan_sha256,
    }
    return scene.status.model_copy(update=changes)


def _last_word(before: Status, after: Status, invalid_reports: int) -> Decision:
    # The next look gives the Jobs their time to live.
    return Decision(
        status=after.dump(),
        events=tuple(transitions(before, after)),
        requeue=SETTLING_SECONDS,
        invalid_reports=invalid_reports,
    )


def settle(resource: Raw, identity: Identity, status: Status, world: World) -> Decision:
    """What is left to do about a run that is over: its Jobs' time to live, and an answer to a spec that has changed."""
    generation = identity.generation
    after = status.model_copy(
        update={"observed_generation": generation, "conditions": conditions.observed(status.conditions, generation)}
    )
    return Decision(
        deletions=(*ends(world.jobs.values()), *orphans(identity, world)),
        patches=tuple(_times_to_live(resource, status, world)),
        status=after.dump() if after != status else None,
    )


def _times_to_live(resource: Raw, status: Status, world: World) -> Iterator[JobPatch]:
    """Jobs go together, so long after the end of the run: those of its first steps ended earlier."""
    is_success = status.phase == "Succeeded"
    field = "ttlSecondsAfterSuccess" if is_success else "ttlSecondsAfterFailure"
    seconds = TTL_AFTER_SUCCESS if is_success else TTL_AFTER_FAILURE
    if isinstance(dig(resource, "spec", field), int):
        seconds = count(resource, "spec", field)
    for job in world.jobs.values():
        since = status.completion_time - job.ended if status.completion_time and job.ended else None
        wanted = seconds + (max(int(since.total_seconds()), 0) if since is not None else 0)
        if job.is_finished and not job.is_going and job.ttl_seconds != wanted:
            yield JobPatch(job.name, {"spec": {"ttlSecondsAfterFinished": wanted}})
