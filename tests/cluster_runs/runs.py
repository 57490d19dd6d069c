"""OrgExports and OrgImports of one namespace, as kubectl applies and shows them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.cluster.access import Cluster

Resource = dict[str, Any]
POLL_SECONDS = 0.25


@dataclass(frozen=True)
class Runs:
    """The runs of one namespace."""

    cluster: Cluster
    namespace: str

    def apply(self, kind: str, name: str, spec: Mapping[str, Any]) -> None:
        metadata = {"name": name, "namespace": self.namespace}
        self.cluster.apply({"apiVersion": "orgport.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec})

    def delete(self, kind: str, name: str) -> None:
        self.cluster.kubectl("-n", self.namespace, "delete", kind, name, "--wait", "--timeout=60s")

    def read(self, kind: str, name: str) -> Resource:
        return self.cluster.get(self.namespace, kind, name)

    def until(self, kind: str, name: str, holds: Callable[[Resource], bool], seconds: float = 120) -> Resource:
        """The resource's status once `holds` is true of it."""
        return self.follow(kind, name, holds, seconds)[-1]

    def follow(self, kind: str, name: str, holds: Callable[[Resource], bool], seconds: float = 120) -> list[Resource]:
        """Every status that was seen until `holds` is true of one."""
        deadline = time.monotonic() + seconds
        seen: list[Resource] = []
        while True:
            status = self.read(kind, name).get("status", {})
            if not seen or status != seen[-1]:
                seen.append(status)
            if holds(status):
                return seen
            assert time.monotonic() < deadline, f"{kind} {name} after {seconds:.0f} s: {json.dumps(status, indent=1)}"
            time.sleep(POLL_SECONDS)

    def ended(self, kind: str, name: str, seconds: float = 180) -> Resource:
        """The status once the run has ended, well or not."""
        return self.until(kind, name, has_ended, seconds)

    def succeeded(self, kind: str, name: str, seconds: float = 180) -> Resource:
        """The status of a run that must succeed."""
        status = self.ended(kind, name, seconds)
        assert status["phase"] == "Succeeded", json.dumps(status, indent=1)
        return status

    def jobs(self, name: str) -> list[Resource]:
        return self.cluster.list(self.namespace, "jobs", f"orgport.dev/name={name}")

    def pods(self, name: str, step: str) -> list[Resource]:
        return self.cluster.list(self.namespace, "pods", f"orgport.dev/name={name},orgport.dev/step={step}")

    def until_gone(self, what: str, selector: str, seconds: float = 60) -> None:
        """Wait until no object of the kind matches."""
        deadline = time.monotonic() + seconds
        while found := self.cluster.list(self.namespace, what, selector):
            assert time.monotonic() < deadline, [each["metadata"]["name"] for each in found]
            time.sleep(POLL_SECONDS)


def has_ended(status: Resource) -> bool:
    return "completionTime" in status and condition(status, "Reconciling").get("status") != "True"


def is_at(step: str, state: str = "Running") -> Callable[[Resource], bool]:
    """Whether the step is in that state."""
    return lambda status: any(each["name"] == step and each["state"] == state for each in status.get("steps", []))


def shows(reason: str) -> Callable[[Resource], bool]:
    """Whether the condition Succeeded gives that reason."""
    return lambda status: condition(status, "Succeeded").get("reason") == reason


def condition(status: Resource, kind: str) -> dict[str, Any]:
    return next((each for each in status.get("conditions", []) if each["type"] == kind), {})
