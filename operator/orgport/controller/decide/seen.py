"""What is seen of a run's Jobs, pods and leases, with the wrong and the foreign left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from orgport.api.names import ANNOTATION_REPORT, LABEL_STEP
from orgport.controller.raw import (
    Raw,
    condition,
    count,
    dig,
    is_controlled_by,
    items,
    moment,
    text,
    true_condition,
)

JOB_INDEX = "batch.kubernetes.io/job-completion-index"
JOB_NAME = "batch.kubernetes.io/job-name"


@dataclass(frozen=True)
class SeenJob:
    """A Job of the run's resource, of any attempt."""

    name: str
    uid: str
    step: str
    created: datetime | None
    started: datetime | None
    ended: datetime | None
    is_complete: bool
    failure: tuple[str, str] | None
    """Reason and message of the condition Failed."""
    is_suspended: bool
    is_going: bool
    """Whether it is being deleted."""
    failed_pods: int
    succeeded_pods: int
    deadline_seconds: int
    ttl_seconds: int | None

    @property
    def is_finished(self) -> bool:
        return self.is_complete or self.failure is not None


@dataclass(frozen=True)
class SeenPod:
    """A pod with the resource's labels."""

    name: str
    uid: str
    job: str
    """The Job that controls it; "": one that is gone."""
    orphan_of: str
    """The name of the Job that made it, if nothing controls it any more."""
    index: int
    node: str
    phase: str
    is_running: bool
    """Whether its container runs, as far as its node has said."""
    started: datetime | None
    ended: datetime | None
    exit_code: int | None
    is_out_of_memory: bool
    termination_message: str
    deletion: datetime | None
    """When its grace ends, or ended; None: it is not being deleted."""
    disruption: str
    """The reason of DisruptionTarget."""
    is_unreachable: bool
    """Whether its node was found not to answer: what its kubelet said last is contradicted by the control plane."""
    waiting: tuple[str, str]
    unschedulable: str
    eviction: str
    """The message of a pod that its node evicted."""

    @property
    def is_finished(self) -> bool:
        # A pod whose node is lost may be Failed with a container that "runs": the phase is what counts.
        return self.phase in ("Succeeded", "Failed")

    @property
    def has_failed(self) -> bool:
        return self.phase == "Failed" and not self.disruption and self.exit_code != 143


@dataclass(frozen=True)
class SeenLease:
    """A lease of one pod."""

    name: str
    renewed: datetime | None
    takings: int
    """How many pods have taken it."""
    report: str


@dataclass(frozen=True)
class World:
    """Everything that belongs to a resource."""

    jobs: dict[str, SeenJob] = field(default_factory=dict)
    pods: tuple[SeenPod, ...] = ()
    leases: dict[str, SeenLease] = field(default_factory=dict)

    def pods_of(self, job: str) -> list[SeenPod]:
        return [pod for pod in self.pods if job and pod.job == job]

    def lingering(self, job: str) -> list[SeenPod]:
        """Pods of other Jobs than this one, or of Jobs that are gone, which have not ended."""
        return [pod for pod in self.pods if pod.job != job and not pod.is_finished]


def see(uid: str, jobs: Sequence[Raw], pods: Sequence[Raw], leases: Sequence[Raw]) -> World:
    """What of these objects is controlled by the resource with this uid; of pods, those of vanished Jobs too."""
    ours = [_job(job) for job in jobs if is_controlled_by(job, uid) and text(job, "metadata", "name")]
    by_uid = {job.uid: job.name for job in ours if job.uid}
    return World(
        jobs={job.name: job for job in ours},
        pods=tuple(_pod(pod, by_uid) for pod in pods),
        leases={text(lease, "metadata", "name"): _lease(lease) for lease in leases if is_controlled_by(lease, uid)},
    )


def _job(job: Raw) -> SeenJob:
    failed = true_condition(job, "Failed")
    ttl = dig(job, "spec", "ttlSecondsAfterFinished")
    return SeenJob(
        name=text(job, "metadata", "name"),
        uid=text(job, "metadata", "uid"),
        step=text(job, "metadata", "labels", LABEL_STEP),
        created=moment(job, "metadata", "creationTimestamp"),
        started=moment(job, "status", "startTime"),
        ended=moment(job, "status", "completionTime") or moment(failed, "lastTransitionTime"),
        is_complete=true_condition(job, "Complete") is not None,
        failure=(text(failed, "reason"), text(failed, "message")) if failed else None,
        is_suspended=dig(job, "spec", "suspend") is True,
        is_going=bool(dig(job, "metadata", "deletionTimestamp")),
        failed_pods=count(job, "status", "failed"),
        succeeded_pods=count(job, "status", "succeeded"),
        deadline_seconds=count(job, "spec", "activeDeadlineSeconds"),
        ttl_seconds=ttl if isinstance(ttl, int) else None,
    )


def _pod(pod: Raw, jobs: dict[str, str]) -> SeenPod:
    job = next((name for uid, name in jobs.items() if is_controlled_by(pod, uid)), "")
    state = dig(next(iter(items(pod, "status", "containerStatuses")), {}), "state")
    ended = dig(state, "terminated")
    exit_code = dig(ended, "exitCode")
    scheduled = condition(pod, "PodScheduled")
    return SeenPod(
        name=text(pod, "metadata", "name"),
        uid=text(pod, "metadata", "uid"),
        job=job,
        orphan_of="" if _has_controller(pod) else text(pod, "metadata", "labels", JOB_NAME),
        index=count(pod, "metadata", "annotations", JOB_INDEX) or count(pod, "metadata", "labels", JOB_INDEX),
        node=text(pod, "spec", "nodeName"),
        phase=text(pod, "status", "phase"),
        is_running=dig(state, "running") is not None and text(pod, "status", "phase") == "Running",
        started=moment(state, "running", "startedAt") or moment(ended, "startedAt"),
        ended=moment(ended, "finishedAt"),
        exit_code=exit_code if isinstance(exit_code, int) else None,
        is_out_of_memory=text(ended, "reason") == "OOMKilled",
        termination_message=text(ended, "message"),
        deletion=moment(pod, "metadata", "deletionTimestamp"),
        disruption=text(true_condition(pod, "DisruptionTarget"), "reason"),
        is_unreachable=_is_unreachable(pod),
        waiting=(text(state, "waiting", "reason"), text(state, "waiting", "message")),
        unschedulable=text(scheduled, "message") if text(scheduled, "reason") == "Unschedulable" else "",
        eviction=text(pod, "status", "message") if text(pod, "status", "reason") == "Evicted" else "",
    )


def _has_controller(pod: Raw) -> bool:
    return any(owner.get("controller") is True for owner in items(pod, "metadata", "ownerReferences"))


def _is_unreachable(pod: Raw) -> bool:
    # Of a node that does not answer, the control plane takes Ready from the pods, and nothing else.
    return text(condition(pod, "Ready"), "status") == "False" and bool(true_condition(pod, "ContainersReady"))


def _lease(lease: Raw) -> SeenLease:
    return SeenLease(
        name=text(lease, "metadata", "name"),
        renewed=moment(lease, "spec", "renewTime"),
        takings=count(lease, "spec", "leaseTransitions"),
        report=text(lease, "metadata", "annotations", ANNOTATION_REPORT),
    )
