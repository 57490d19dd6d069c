"""Watch a run by its status, as anybody can who may read the resource."""

from __future__ import annotations

import time
from typing import Any

import yaml

from tests.cluster.access import Cluster
from tests.cluster.shell import ClusterError
from tests.demo.terminal import Ticker, note

POLL_SECONDS, LIMIT_SECONDS = 0.5, 300.0

Status = dict[str, Any]


def watch(cluster: Cluster, namespace: str, kind: str, name: str) -> None:
    """Show the run's progress until it has ended; ClusterError with its failure when it failed."""
    began, ticker, steps = time.monotonic(), Ticker(), dict[str, str]()
    while True:
        status: Status = cluster.get(namespace, kind, name).get("status", {})
        show_steps(status, steps, ticker)
        ticker.show(line(status))
        if "completionTime" in status:
            break
        if time.monotonic() - began > LIMIT_SECONDS:
            raise ClusterError(f"{kind}/{name} has not ended after {LIMIT_SECONDS:.0f} s: {status}")
        time.sleep(POLL_SECONDS)
    ticker.end()
    tell_end(kind, name, status, time.monotonic() - began)


def show_steps(status: Status, known: dict[str, str], ticker: Ticker) -> None:
    """A line for every step whose state has changed since."""
    for step in status.get("steps", []):
        if known.get(step["name"], "Pending") != step["state"]:
            ticker.end()
            note(f"step {step['name']}: {step['state']}")
            ticker.shown = ""
        known[step["name"]] = step["state"]


def line(status: Status) -> str:
    """Phase, percent and summary; what a condition says where there is no progress yet."""
    progress = status.get("progress", {})
    conditions = {each["type"]: each for each in status.get("conditions", [])}
    succeeded = conditions.get("Succeeded", {})
    said = progress.get("summary") or succeeded.get("message") or succeeded.get("reason") or "waiting for the operator"
    return f"{status.get('phase', 'Pending'):<10} {progress.get('percent', 0):>3}%  {said}"


def tell_end(kind: str, name: str, status: Status, seconds: float) -> None:
    if status.get("phase") != "Succeeded":
        raise ClusterError(
            f"{kind}/{name} ended as {status.get('phase')}:\n{yaml.safe_dump(status.get('failure', {}))}"
        )
    note(f"{kind}/{name} succeeded after {seconds:.0f} s. Its status.result:")
    note(yaml.safe_dump(status.get("result", {}), sort_keys=False).rstrip())
