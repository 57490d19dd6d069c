"""Everything that a decision is made of, and one step of it looked at closely."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from orgport.api.names import lease_name
from orgport.api.report import PlanSummary
from orgport.api.sequence import pods_of
from orgport.api.status import StepName, StepStatus
from orgport.controller.decide.decision import Surroundings
from orgport.controller.decide.seen import SeenJob, SeenLease, SeenPod, World
from orgport.controller.manifests import Settings
from orgport.controller.reports import Reports, Said, read
from orgport.controller.resource import Run, Status, step_of


@dataclass(frozen=True)
class Scene:
    """A run at a moment: what it asks for, what its status remembers of this attempt, what is seen of it."""

    run: Run
    status: Status
    world: World
    now: datetime
    settings: Settings
    surroundings: Surroundings

    @property
    def is_suspended(self) -> bool:
        return self.run.spec.suspend

    @property
    def is_rolling_back(self) -> bool:
        return self.status.failure is not None

    def last_end(self) -> datetime:
        """When the last step ended, or the attempt began."""
        ends = [step.completion_time for step in self.status.steps if step.completion_time is not None]
        return max([*ends, self.status.start_time or self.now])

    def step(self, name: StepName) -> SeenStep:
        """What is seen of a step."""
        job = self.run.identity.job(name)
        pods = self.world.pods_of(job)
        leases = tuple(self._leases(name, job))
        texts = [Said(index, lease.report, lease.renewed) for index, lease in leases]
        texts += [Said(pod.index, pod.termination_message, pod.ended) for pod in pods]
        return SeenStep(
            name=name,
            previous=step_of(self.status, name),
            job=self.world.jobs.get(job),
            pods=tuple(pods),
            leases=leases,
            was_suspended=self.is_suspended or self.status.suspended_seconds > 0,
            reports=read(texts, name, self.run.identity.attempt),
        )

    def _leases(self, name: StepName, job: str) -> Iterator[tuple[int, SeenLease]]:
        for index in range(pods_of(name, self.run.spec)):
            lease = self.world.leases.get(lease_name(job, index))
            if lease is not None:
                yield index, lease


@dataclass(frozen=True)
class SeenStep:
    """A step: what the status said of it, its Job, pods, leases and reports."""

    name: StepName
    previous: StepStatus
    job: SeenJob | None
    pods: tuple[SeenPod, ...]
    leases: tuple[tuple[int, SeenLease], ...]
    """With the index of each."""
    reports: Reports
    was_suspended: bool = False

    @property
    def has_vanished(self) -> bool:
        """Whether its Job was there, and is not, without having ended."""
        return self.job is None and self.previous.job is not None and self.previous.completion_time is None

    @property
    def has_succeeded(self) -> bool:
        return self.previous.state == "Succeeded" or (self.job is not None and self.job.is_complete)

    @property
    def has_failed(self) -> bool:
        return self.previous.state == "Failed" or (self.job is not None and self.job.failure is not None)

    @property
    def plan(self) -> PlanSummary | None:
        """What the plan step found."""
        told = [report.plan for report in self.reports.found if report.outcome == "Succeeded" and report.plan]
        return told[-1] if told else None

    def last_failed_pod(self) -> SeenPod | None:
        """The pod that failed last."""
        failed = [pod for pod in self.pods if pod.has_failed]
        return max(failed, key=lambda pod: (pod.ended is not None, pod.ended, pod.name), default=None)

    def status(self, now: datetime, state: str) -> StepStatus:
        """What the status is to say of it. Counts never fall, for pods that are gone have still been."""
        before, job = self.previous, self.job
        ended = None if state in ("Running", "Suspended") else (job.ended if job else None) or now
        beats = [lease.renewed for _, lease in self.leases if lease.renewed is not None]
        heartbeat = max([*beats, *([before.last_heartbeat_time] if before.last_heartbeat_time else [])], default=None)
        changes = {
            "state": state,
            "job": job.name if job else before.job,
            "start_time": before.start_time or (job.created if job else None) or now,
            "completion_time": before.completion_time or ended,
            "failed_pods": max(before.failed_pods, self._failed_pods()),
            "disrupted_pods": max(before.disrupted_pods, self._disrupted_pods()),
            "last_heartbeat_time": heartbeat.replace(microsecond=0) if heartbeat else None,
        }
        return before.model_copy(update=changes)

    def failures(self, index: int) -> int:
        """How many pods of an index have failed; they stay until the Job goes."""
        return sum(pod.has_failed for pod in self.pods if pod.index == index)

    def _failed_pods(self) -> int:
        counted = self.job.failed_pods if self.job is not None else 0
        return max(counted, sum(pod.has_failed for pod in self.pods))

    def _disrupted_pods(self) -> int:
        """Pods that took a lease, but for the failed and the last: of those that were deleted nothing else is left."""
        if self.was_suspended:
            return 0
        return sum(max(lease.takings - self.failures(index) - 1, 0) for index, lease in self.leases)
