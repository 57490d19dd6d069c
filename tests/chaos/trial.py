"""One run that is held somewhere, and what it must have come to in the end."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.chaos.lanes import Lane
from tests.chaos.places import Place
from tests.cluster_runs.runs import Resource, condition, has_ended

HELD_SECONDS, ENDED_SECONDS, GONE_SECONDS, POLL_SECONDS = 180.0, 420.0, 90.0, 2.0
OWNED = "jobs,leases,serviceaccounts,roles,rolebindings"
DEADLINE_SECONDS = 1800


@dataclass(frozen=True)
class Trial:
    """A run in a lane, held in a place."""

    place: Place
    name: str
    spec: dict[str, Any]

    def begin(self, lane: Lane) -> None:
        """Apply the run, and wait until it stands in its place."""
        lane.hold(self.place)
        self.apply(lane)
        deadline = time.monotonic() + HELD_SECONDS
        while not lane.wait_until_held(self.place, POLL_SECONDS):
            status = lane.site.runs.read(self.place.kind, self.name).get("status", {})
            assert not has_ended(status), f"{self.name} did not come to {self.place}: {status}"
            assert time.monotonic() < deadline, f"{self.name} did not come to {self.place}: {status}"

    def apply(self, lane: Lane) -> None:
        lane.site.runs.apply(self.place.kind, self.name, {"activeDeadlineSeconds": DEADLINE_SECONDS, **self.spec})

    def pod(self, lane: Lane) -> Resource:
        """The pod that is held."""
        pods = lane.site.runs.pods(self.name, self.place.step)
        (pod,) = [pod for pod in pods if pod["status"]["phase"] == "Running" and not is_leaving(pod)]
        return pod

    def succeeded(self, lane: Lane) -> Resource:
        """The status of the run, which must succeed in spite of all."""
        return lane.site.runs.succeeded(self.place.kind, self.name, ENDED_SECONDS)

    def leaves_nothing(self, lane: Lane, status: Resource) -> None:
        """One Job a step, no upload, and nothing at all once the resource is deleted."""
        assert condition(status, "Reconciling").get("status") != "True"
        steps = Counter(job["metadata"]["labels"]["orgport.dev/step"] for job in lane.site.runs.jobs(self.name))
        assert steps == {"plan": 1, "files": 1, "database": 1}
        assert not lane.unfinished_uploads()
        lane.site.runs.delete(self.place.kind, self.name)
        lane.site.runs.until_gone(OWNED, f"orgport.dev/name={self.name}", GONE_SECONDS)


def is_leaving(pod: Resource) -> bool:
    return "deletionTimestamp" in pod["metadata"]
