"""What holds a step up, or which stage it is in: the reason and message of a running run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from orgport.api.names import Kind
from orgport.api.reasons import Reason
from orgport.api.sequence import pods_of
from orgport.api.status import StepName
from orgport.controller.decide.failures import memory_advice, pod_failure
from orgport.controller.decide.scene import Scene, SeenStep
from orgport.controller.decide.seen import SeenPod
from orgport.controller.raw import Raw, later, moment, text

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
    return held_up if held_up is not None else _told(scene, step)


def _obstacles(scene: Scene, step: SeenStep) -> Iterator[Stage]:
    yield from lost_nodes(scene, step.pods)
    yield from _stuck_pods(scene, step)
    yield from _refusals(scene, step)
    yield from _retries(scene, step)
    yield from _replacements(step)


def lost_nodes(scene: Scene, pods: tuple[SeenPod, ...]) -> Iterator[Stage]:
    """Pods that should have ended and cannot say that they have."""
    for pod in pods:
        overdue = pod.deletion is not None and scene.now > later(pod.deletion, ENDING)
        if not pod.is_finished and pod.node and (overdue or pod.is_unreachable):
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
    """What the Job controller says of pods that it should have made and could not."""
    if step.job is None or not _lacks_pods(scene, step):
        return
    events = [event for event in scene.surroundings.job_events if text(event, "involvedObject", "uid") == step.job.uid]
    for event in sorted(events, key=lambda event: text(event, "lastTimestamp"), reverse=True):
        message = text(event, "message")
        if text(event, "reason") == "FailedCreate" and message and _is_news(step, event):
            quota = "exceeded quota" in message
            yield Stage(Reason.QUOTA_EXCEEDED if quota else Reason.POD_CREATION_REFUSED, message)


def _lacks_pods(scene: Scene, step: SeenStep) -> bool:
    live = sum(not pod.is_finished for pod in step.pods)
    succeeded = step.job.succeeded_pods if step.job is not None else 0
    return live + succeeded < pods_of(step.name, scene.run.spec)


def _is_news(step: SeenStep, event: Raw) -> bool:
    """Whether some index has had no pod since the event: an old refusal says nothing of a pod that ran after it."""
    told = moment(event, "lastTimestamp")
    live = {pod.index for pod in step.pods if not pod.is_finished}
    heard = [lease.renewed for index, lease in step.leases if index not in live]
    return told is None or not heard or any(renewed is None or renewed < told for renewed in heard)


def _retries(scene: Scene, step: SeenStep) -> Iterator[Stage]:
    last = step.last_failed_pod()
    if last is None or any(pod.is_running for pod in step.pods):
        return
    why = _why_failed(scene, step, last)
    yield Stage(Reason.RETRYING_STEP, f"try {step.failures(last.index) + 1} follows; pod {last.name} failed: {why}")


def _why_failed(scene: Scene, step: SeenStep, pod: SeenPod) -> str:
    if pod.is_out_of_memory:
        return f"{pod_failure(pod)}; {memory_advice(step.name, scene.run.spec)}"
    told = [report.failure for report in step.reports.found if report.index == pod.index and report.failure]
    return f"{told[-1].message}; {told[-1].suggestion}" if told else pod_failure(pod)


def _replacements(step: SeenStep) -> Iterator[Stage]:
    """Pods that were evicted, deleted or stopped, until others have taken their places."""
    if any(not pod.is_finished and pod.deletion is None for pod in step.pods):
        return
    for pod in step.pods:
        if pod.deletion is not None or pod.disruption:
            how = f"was disrupted ({pod.disruption})" if pod.disruption else "is being deleted"
            yield Stage(Reason.RETRYING_STEP, f"pod {pod.name} {how}; another takes its place and goes on")
    for _, lease in step.leases:
        if lease.takings and not step.pods:
            yield Stage(Reason.RETRYING_STEP, "the pod of this step was stopped; another takes its place and goes on")


def _told(scene: Scene, step: SeenStep) -> Stage:
    """The stage that the workers report: waiting comes before moving, for it is what an administrator can end."""
    usual = first_stage(scene.run.identity.kind, step.name)
    running = [report for report in step.reports.found if report.outcome == "Running"]
    for report in running:
        if report.stage in WAITING:
            return Stage(report.stage, report.message)
    return Stage(usual, running[-1].message if running else "")
