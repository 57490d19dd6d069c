"""`python -m bench small [ROUNDS]`: a small run on the cluster, its time and memory."""

from __future__ import annotations

import json
import re
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Any

from tests.cluster import lifecycle
from tests.cluster.access import Cluster
from tests.cluster.installation import create
from tests.cluster.operator_image import image_for
from tests.cluster_runs.release import installed
from tests.cluster_runs.sites import Site, share_credentials
from tests.organizations import Organization, generate

OPERATOR, SOURCE, TARGET = "bench-operator", "bench-source", "bench-target"
MIB = 2**20


@dataclass
class Figures:
    """Seconds from apply to the end, per kind, and MiB."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    worker_peaks: list[int] = field(default_factory=list)
    operator: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    """Seconds from the end of a run's last pod until its terminal status was seen; the end is told in whole seconds."""


def small_organization(seed: int) -> Organization:
    """About 50 objects and 500 documents, of which 400 are pages."""
    return generate(
        seed=seed, items=20, pages=400, objects=50, workflows=10, slug=f"small-{seed}", name=f"Small {seed}"
    )


def measure(cluster: Cluster, rounds: int) -> Figures:
    figures = Figures()
    with ExitStack() as stack:
        for namespace in (SOURCE, TARGET, OPERATOR):
            cluster.delete_namespace(namespace)
        source, target = (
            Site(cluster, name, stack.enter_context(create(cluster, name)).contents) for name in (SOURCE, TARGET)
        )
        share_credentials(source, target)
        stack.enter_context(installed(cluster, OPERATOR, image_for(cluster), [SOURCE, TARGET]))
        for seed in range(1, rounds + 1):
            one_round(figures, source, target, seed)
            figures.operator.append(operator_memory(cluster))
    return figures


def one_round(figures: Figures, source: Site, target: Site, seed: int) -> None:
    """Move one organization, and note what it took."""
    organization, name = small_organization(seed), f"small-{seed}"
    source.installation.seed(organization, strangers=False)
    location = source.location(f"{name}/")
    timed(figures, source, "OrgExport", name, {"org": {"slug": organization.slug}, "destination": location})
    timed(figures, target, "OrgImport", name, {"source": {**location, "export": name}})


def timed(figures: Figures, site: Site, kind: str, name: str, spec: dict[str, Any]) -> None:
    site.runs.apply(kind, name, spec)
    created = site.runs.read(kind, name)["metadata"]["creationTimestamp"]
    status = site.runs.succeeded(kind, name)
    seen = datetime.now(UTC)
    seconds = (moment(status["completionTime"]) - moment(created)).total_seconds()
    figures.seconds.setdefault(kind, []).append(seconds)
    (pod,) = site.runs.pods(name, "database")
    ended = pod["status"]["containerStatuses"][0]["state"]["terminated"]["finishedAt"]
    figures.lags.append((seen - moment(ended)).total_seconds())
    log = site.kubectl("logs", "-l", f"orgport.dev/name={name}", "--tail=-1")
    figures.worker_peaks += [int(found) for found in re.findall(r"peak memory (\d+) MiB", log)]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def operator_memory(cluster: Cluster) -> float:
    """What the kubelet says of the operator's pod, in MiB."""
    time.sleep(12)  # the kubelet measures every ten seconds
    (node,) = json.loads(cluster.kubectl("get", "nodes", "-o", "json"))["items"]
    path = f"/api/v1/nodes/{node['metadata']['name']}/proxy/stats/summary"
    pods = json.loads(cluster.kubectl("get", "--raw", path))["pods"]
    sizes: list[int] = [pod["memory"]["workingSetBytes"] for pod in pods if pod["podRef"]["namespace"] == OPERATOR]
    return max(sizes) / MIB


def main(rounds: str = "3") -> None:
    figures = measure(lifecycle.connect(), int(rounds))
    print("| what | median | worst |\n|---|---|---|")
    for kind, seconds in figures.seconds.items():
        what = f"{kind}: 50 objects, 500 documents, apply to Succeeded"
        print(f"| {what} | {median(seconds):.0f} s | {max(seconds):.0f} s |")
    print(f"| end of the last pod to terminal status | {median(figures.lags):.1f} s | {max(figures.lags):.1f} s |")
    print(f"| operator, working set | {median(figures.operator):.0f} MiB | {max(figures.operator):.0f} MiB |")
    print(f"| worker, peak | {median(figures.worker_peaks):.0f} MiB | {max(figures.worker_peaks)} MiB |")
