"""One look at one resource: read, decide, carry out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from orgport.api.names import LABEL_KIND, LABEL_NAME
from orgport.api.status import StepName
from orgport.controller.apply import Refused, carry_out
from orgport.controller.decide import Refusal, Settings, Surroundings, decide
from orgport.controller.kube import Kube, Object
from orgport.controller.raw import count, dig, is_controlled_by, moment, text, true_condition
from orgport.controller.resource import Key
from orgport.controller.silence import Silences

PODLESS = timedelta(seconds=4)
"""How long a Job may lack a pod before it is asked why."""
REFUSALS = 4
"""A step and its rollback can be refused once each; more is somebody's game."""

logger = logging.getLogger(__name__)


@dataclass
class Reconciler:
    """Looks at resources; keeps nothing but how long leases have been silent."""

    kube: Kube
    settings: Settings
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    silences: Silences = field(default_factory=Silences)
    invalid_reports: int = 0
    """How many texts were no reports. One that stays is counted once."""
    _invalid: dict[Key, int] = field(default_factory=dict)

    async def reconcile(self, key: Key) -> float | None:
        """Do what there is to do; returns after how many seconds to look again, if nothing happens."""
        resource = await self.kube.get(*key)
        if resource is None:
            self.silences.forget(key)
            self._invalid.pop(key, None)
            return None
        resource.setdefault("kind", key.kind)
        jobs, pods, leases = await self._children(key)
        silence = self.silences.observe(key, leases if pods else (), self.monotonic())
        events = await self._refusals(jobs, pods)
        refusals: dict[StepName, Refusal] = {}
        for _ in range(REFUSALS):
            surroundings = Surroundings(tuple(events), silence, dict(refusals))
            decision = decide(resource, jobs, pods, leases, self.now(), self.settings, surroundings)
            try:
                await carry_out(self.kube, resource, decision, self.now())
            except Refused as refused:
                logger.warning("%s %s/%s: %s", *key, refused)
                refusals[refused.step] = refused.refusal
                continue
            self._count_invalid(key, decision.invalid_reports)
            return decision.requeue
        return None

    async def _children(self, key: Key) -> tuple[Sequence[Object], Sequence[Object], Sequence[Object]]:
        labels = f"{LABEL_KIND}={key.kind},{LABEL_NAME}={key.name}"
        # The Jobs first: what their pods said before a Job ended is then in the leases and pods that are read after it.
        jobs = await self.kube.list("Job", key.namespace, labels=labels)
        pods, leases = await asyncio.gather(
            self.kube.list("Pod", key.namespace, labels=labels),
            self.kube.list("Lease", key.namespace, labels=labels),
        )
        return jobs, pods, leases

    async def _refusals(self, jobs: Sequence[Object], pods: Sequence[Object]) -> list[Object]:
        """Events of Jobs that should have more pods: nothing else tells that these are refused."""
        found: list[Object] = []
        for job in jobs:
            metadata = job["metadata"]
            if self._lacks_pods(job, pods):
                fields = f"involvedObject.uid={metadata['uid']},reason=FailedCreate"
                found += await self.kube.list("Event", metadata["namespace"], fields=fields)
        return found

    def _lacks_pods(self, job: Object, pods: Sequence[Object]) -> bool:
        began = moment(job, "status", "startTime")
        is_over = any(true_condition(job, kind) is not None for kind in ("Complete", "Failed"))
        is_paused = dig(job, "spec", "suspend") is True
        if began is None or self.now() - began <= PODLESS or is_over or is_paused:
            return False
        mine = [pod for pod in pods if is_controlled_by(pod, text(job, "metadata", "uid"))]
        live = sum(text(pod, "status", "phase") not in ("Succeeded", "Failed") for pod in mine)
        return live + count(job, "status", "succeeded") < count(job, "spec", "parallelism")

    def _count_invalid(self, key: Key, number: int) -> None:
        new = number - self._invalid.pop(key, 0)
        if number:
            self._invalid[key] = number
        if new > 0:
            self.invalid_reports += new
            logger.warning("%s %s/%s: %d reports that are none were ignored", *key, new)
