"""What holds a step up, or which stage it is in: the reason and message of a running run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from orgport.api.failures import shorten
from orgport.api.names import Kind
from orgport.api.reasons import Reason
from orgport.api.status import StepName
from orgport.controller.decide.failures import pod_failure
from orgport.controller.decide.scene import Scene, SeenStep
from orgport.controller.decide.seen import SeenPod
from orgport.controller.raw import later, text

ENDING = 15.0
"""How long after its grace a pod may still be there before its node counts as lost."""
IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable")
CONTAINER = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")
WAITING = (Reason.WAITING_FOR_ARCHIVE, Reason.WAITING_FOR_SECRET, Reason.WAITING_FOR_LEASE)


class Stage(NamedTuple):
    """The reason that the conditions give, and the words beside it."""

    reason: Reason
    message: str = ""


def first_stage(kind: Kind, step: StepName) -> Reason:
    """The stage of a step that nothing holds up."""
    database = Reason.EXPORTING_DATABASE if kind == "OrgExport" else Reason.IMPORTING_DATABASE
    return {
        "plan": Reason.PLANNING,
        "files": Reason.COPYING_FILES,
        "database": database,
        "rollback": Reason.ROLLING_BACK,
    }[step]


def stage_of(scene: Scene, step: SeenStep) -> Stage:
    """Where a step that has not ended is."""
    held_up = next(_obstacles(scene, step), None)
    if held_up is not None:
        return Stage(held_up.reason, shorten(held_up.message))
    return _told(scene, step)


def _obstacles(scene: Scene, step: SeenStep) -> Iterator[Stage]:
    yield from lost_nodes(scene, step.pods)
    yield from _stuck_pods(scene, step)
    yield from _refusals(scene, step)
    yield from _retries(step)


def lost_nodes(scene: Scene, pods: tuple[SeenPod, ...]) -> Iterator[Stage]:
    """Pods that should have ended and cannot say that they have."""
    for pod in pods:
        overdue = pod.deletion is not None and scene.now > later(pod.deletion, ENDING)
        unreachable = pod.disruption == "DeletionByTaintManager" and not pod.is_ready
        if not pod.is_finished and pod.node and (overdue or unreachable):
            message = (
                f"the node {pod.node} of pod {pod.name} does not answer; if it is dead, delete the node or taint it "
                "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute, and the pod is replaced at once"
            )
            yield Stage(Reason.NODE_LOST, message)


def _stuck_pods(scene: Scene, step: SeenStep) -> Iterator[Stage]:
    for pod in step.pods:
        waiting, message = pod.waiting
        if pod.is_finished or pod.deletion is not None:
            continue
        if waiting in IMAGE:
            what = f"{scene.settings.image}: {message or waiting}"
            yield Stage(Reason.IMAGE_PULL_FAILED, what)
        elif waiting in CONTAINER:
            yield Stage(Reason.POD_CREATION_REFUSED, f"{waiting}: {message}")
        elif pod.unschedulable and pod.phase == "Pending":
            yield Stage(Reason.POD_UNSCHEDULABLE, pod.unschedulable)


def _refusals(scene: Scene, step: SeenStep) -> Iterator[Stage]:
    if step.job is None or any(not pod.is_finished for pod in step.pods):
        return
    events = [event for event in scene.surroundings.job_events if text(event, "involvedObject", "uid") == step.job.uid]
    for event in sorted(events, key=lambda event: text(event, "lastTimestamp"), reverse=True):
        message = text(event, "message")
        if text(event, "reason") == "FailedCreate" and message:
            quota = "exceeded quota" in message
            yield Stage(Reason.QUOTA_EXCEEDED if quota else Reason.POD_CREATION_REFUSED, message)


def _retries(step: SeenStep) -> Iterator[Stage]:
    last = step.last_failed_pod()
    if last is None or any(pod.is_running for pod in step.pods):
        return
    told = [report for report in step.reports.found if report.index == last.index and report.failure is not None]
    newest = max(told, key=lambda report: report.sequence, default=None)
    why = newest.failure.message if newest is not None and newest.failure is not None else pod_failure(last)
    yield Stage(Reason.RETRYING_STEP, f"try {step.failures(last.index) + 1} follows; pod {last.name} failed: {why}")


def _told(scene: Scene, step: SeenStep) -> Stage:
    """The stage that the workers report: waiting comes before moving, for it is what an administrator can end."""
    usual = first_stage(scene.run.identity.kind, step.name)
    running = [report for report in step.reports.found if report.outcome == "Running"]
    for report in running:
        if report.stage in WAITING:
            return Stage(report.stage, report.message)
    newest = max(running, key=lambda report: report.sequence, default=None)
    return Stage(usual, newest.message if newest is not None else "")
