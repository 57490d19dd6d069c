"""A run that has not ended: begin its step, keep its Job as the spec wants it, end what hangs, say where it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from orgport.api.failures import advised
from orgport.api.reasons import Reason
from orgport.api.sequence import steps_of
from orgport.api.status import Phase, Progress, StepStatus
from orgport.controller import access, manifests
from orgport.controller.decide import conditions
from orgport.controller.decide import progress as counting
from orgport.controller.decide.clock import own_deadline
from orgport.controller.decide.decision import Decision, Event, JobPatch, Manifest
from orgport.controller.decide.deleting import deletions, ends, orphans
from orgport.controller.decide.events import transitions
from orgport.controller.decide.scene import Scene, SeenStep
from orgport.controller.decide.seen import SeenJob, SeenPod
from orgport.controller.decide.waiting import Stage, first_stage, lost_nodes, stage_of
from orgport.controller.decide.walk import Walk
from orgport.controller.decide.writing import stamped, worth_writing
from orgport.controller.raw import later
from orgport.controller.resource import Status

SILENCE_SECONDS = 300.0
LINGERING_SECONDS = 600.0
"""How long pods of other Jobs are waited for; after that the fences of store and database must do."""
SOON, LATER = 5.0, 15.0
DRIFT_SECONDS = 60.0


def go_on(scene: Scene, before: Status, way: Walk) -> Decision:
    """What to do while the run is in a step."""
    step = way.current
    assert step is not None
    others = _other_jobs(scene, step)
    is_blocked = bool(others or _lingering(scene, step)) and not _is_patience_over(scene)
    begins = step.job is None and not scene.is_suspended and not is_blocked
    silent = _silent_pods(scene, step)
    creates: list[Manifest] = []
    if step.name not in scene.surroundings.refusals:
        creates = _objects(scene, way, step) if begins else _missing_leases(scene, step)
    stage = _stage(scene, step, is_blocked)
    if begins and creates:
        way = _with_begun(scene, way, step)
    after = _status(scene, way, step, stage)
    writes = worth_writing(before, after, scene.now)
    return Decision(
        deletions=tuple([*ends(others), *orphans(scene.run.identity, scene.world), *deletions(silent)]),
        creates=tuple(creates),
        patches=tuple(_patches(scene, step.job)) if step.job is not None else (),
        status=stamped(after, scene.now).dump() if writes.now else None,
        events=(*(transitions(before, after, step) if writes.now else ()), *map(_heartbeat_lost, silent)),
        requeue=_requeue(scene, step, writes.later),
        invalid_reports=way.invalid_reports,
    )


def _other_jobs(scene: Scene, step: SeenStep) -> list[SeenJob]:
    """Jobs that must be gone before this step begins: of an attempt before, or of a step that was given up."""
    own = scene.run.identity.job(step.name)
    return [job for job in scene.world.jobs.values() if job.name != own and not job.is_finished]


def _lingering(scene: Scene, step: SeenStep) -> list[SeenPod]:
    return scene.world.lingering(scene.run.identity.job(step.name))


def _is_patience_over(scene: Scene) -> bool:
    return scene.now > later(scene.last_end(), LINGERING_SECONDS)


def _objects(scene: Scene, way: Walk, step: SeenStep) -> list[Manifest]:
    deadline = scene.status.deadline_time or scene.now
    seconds = manifests.seconds_until(deadline, scene.now)
    if step.name == "rollback":
        seconds = manifests.ROLLBACK_SECONDS
    return manifests.objects(scene.run, step.name, seconds, way.plan_sha256, scene.settings)


def _missing_leases(scene: Scene, step: SeenStep) -> list[Manifest]:
    """Leases that somebody deleted; without them, no pod of the step could go on."""
    if step.job is None or step.job.is_finished or step.job.is_going:
        return []
    names = [name for name in access.leases(scene.run, step.name) if name not in scene.world.leases]
    return [access.lease(scene.run.identity, name, step.name) for name in names]


def _patches(scene: Scene, job: SeenJob) -> Iterator[JobPatch]:
    if job.is_finished or job.is_going:
        return
    spec: dict[str, Any] = {}
    if job.is_suspended != scene.is_suspended:
        spec["suspend"] = scene.is_suspended
    seconds = _seconds_for(scene, job)
    if not scene.is_suspended and (seconds is not None):
        spec["activeDeadlineSeconds"] = seconds
    if spec:
        yield JobPatch(job.name, {"spec": spec})


def _seconds_for(scene: Scene, job: SeenJob) -> int | None:
    """The Job's deadline if it is to be another one: its clock begins anew when it is resumed."""
    deadline = scene.status.deadline_time
    if scene.is_rolling_back or deadline is None:
        return None
    if job.is_suspended:
        return manifests.seconds_until(deadline, scene.now)
    own = own_deadline(job)
    if own is None or job.started is None or abs((own - deadline).total_seconds()) <= DRIFT_SECONDS:
        return None
    seconds = manifests.seconds_until(deadline, job.started)
    return seconds if seconds != job.deadline_seconds else None


def _silent_pods(scene: Scene, step: SeenStep) -> list[SeenPod]:
    """Pods that run and have not renewed their lease for so long that they must hang."""
    names = access.leases(scene.run, step.name)
    silence = scene.surroundings.silence
    return [
        pod
        for pod in step.pods
        if pod.is_running
        and pod.deletion is None
        and pod.index < len(names)
        and silence.get(names[pod.index], 0.0) >= SILENCE_SECONDS
        and pod.started is not None
        and scene.now >= later(pod.started, SILENCE_SECONDS)
    ]


def _heartbeat_lost(pod: SeenPod) -> Event:
    message = f"pod {pod.name} has not renewed its lease for 5 minutes; it is deleted and replaced"
    return Event("HeartbeatLost", message, f"heartbeat-{pod.uid}", warning=True)


def _stage(scene: Scene, step: SeenStep, is_blocked: bool) -> Stage:
    refused = scene.surroundings.refusals.get(step.name)
    if refused is not None:
        return Stage(refused.reason, refused.message)
    if scene.is_suspended:
        return Stage(Reason.SUSPENDED, "spec.suspend is true")
    if step.job is not None:
        return stage_of(scene, step)
    usual = first_stage(scene.run.identity.kind, step.name)
    if is_blocked:
        lost = next(lost_nodes(scene, tuple(_lingering(scene, step))), None)
        return lost or Stage(usual, "waiting for the pods of other Jobs of this run to end")
    return Stage(usual)


def _with_begun(scene: Scene, way: Walk, step: SeenStep) -> Walk:
    job = scene.run.identity.job(step.name)
    changes = {"state": "Running", "job": job, "start_time": step.previous.start_time or scene.now}
    steps = [found.model_copy(update=changes) if found.name == step.name else found for found in way.steps]
    return replace(way, steps=tuple(steps))


def _status(scene: Scene, way: Walk, step: SeenStep, stage: Stage) -> Status:
    generation = scene.run.identity.generation
    usual = first_stage(scene.run.identity.kind, step.name)
    progress = _progress(scene, way, step)
    words = advised(stage.reason, stage.message)
    if stage.reason == usual:
        words = counting.message(progress, step.name) or stage.message
    changes: dict[str, Any] = {
        "observed_generation": generation,
        "phase": _phase(scene, way.steps),
        "step": step.name,
        "conditions": conditions.running(scene.status.conditions, stage.reason, words, generation, scene.now),
        "progress": progress,
        "steps": list(way.steps),
        "org": way.org,
        "plan_sha256": way.plan_sha256,
    }
    return scene.status.model_copy(update=changes)


def _phase(scene: Scene, steps: Iterable[StepStatus]) -> Phase:
    if scene.is_rolling_back:
        return "RollingBack"
    if scene.is_suspended:
        return "Suspended"
    has_begun = any(step.job is not None for step in steps) or scene.status.phase not in (None, "Pending")
    return "Running" if has_begun else "Pending"


def _progress(scene: Scene, way: Walk, step: SeenStep) -> Progress:
    """The progress to show. Without a move it is the one shown before, or else each look would change the estimate."""
    before = scene.status.progress or Progress()
    if step.name == "rollback":
        return way.progress.model_copy(update={"summary": "rolling back", "update_time": before.update_time})
    identity = scene.run.identity
    sequence = steps_of(identity.kind, scene.run.spec)
    percent = counting.percent(way.progress, sequence, way.steps)
    progress = way.progress.model_copy(update={"percent": percent})
    if scene.is_suspended:
        resting = progress.model_copy(update={"bytes_per_second": 0, "estimated_completion_time": None})
        return resting.model_copy(update={"summary": counting.summary(resting, step.name, scene.now)})
    is_same = scene.status.step == step.name
    if is_same and not counting.has_moved(before, progress) and not counting.has_stopped(before, step):
        return before
    reference = before if is_same else before.model_copy(update={"bytes_per_second": 0})
    progress = counting.with_rate(reference, progress, step, scene.now)
    return progress.model_copy(update={"summary": counting.summary(progress, step.name, scene.now)})


def _requeue(scene: Scene, step: SeenStep, after: float | None) -> float | None:
    waits = [after]
    if not scene.is_suspended:
        waits += [_until_change(step), _until_deadline(scene.status.deadline_time, scene.now)]
    return min((wait for wait in waits if wait is not None), default=None)


def _until_change(step: SeenStep) -> float | None:
    """When to look again although nothing may have been said: trouble is shown by time as much as by events."""
    if step.job is None or not any(pod.is_running for pod in step.pods):
        return SOON
    return LATER if any(pod.deletion is not None or not pod.is_running for pod in step.pods) else None


def _until_deadline(deadline: datetime | None, now: datetime) -> float | None:
    if deadline is None:
        return None
    left = (deadline - now).total_seconds()
    return left + 1 if left >= 0 else LATER
