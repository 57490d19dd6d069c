"""What of a run's Jobs and pods is to be ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orgport.controller.access import STEPS
from orgport.controller.decide.decision import Deletion
from orgport.controller.decide.seen import SeenJob, SeenPod, World
from orgport.controller.resource import Identity


def ends(jobs: Iterable[SeenJob]) -> Iterator[Deletion]:
    """The end of Jobs that have not ended."""
    return (Deletion("Job", job.name, job.uid) for job in jobs if not job.is_finished and not job.is_going)


def deletions(pods: Iterable[SeenPod]) -> Iterator[Deletion]:
    """The end of pods."""
    return (Deletion("Pod", pod.name, pod.uid) for pod in pods)


def orphans(identity: Identity, world: World) -> Iterator[Deletion]:
    """The end of pods whose Job was deleted without them: nothing else would ever end them."""
    living = [pod for pod in world.pods if pod.orphan_of and pod.deletion is None and not pod.is_finished]
    ours = _names_of_jobs(identity) if living else frozenset()
    return deletions(pod for pod in living if pod.orphan_of in ours)


def _names_of_jobs(identity: Identity) -> frozenset[str]:
    """All Jobs that this resource has had."""
    attempts = range(1, identity.attempt + 1)
    return frozenset(identity.of_attempt(attempt).job(step) for attempt in attempts for step in STEPS)
