"""`python -m bench controller [FINISHED [RUNNING [MINUTES [MORE]]]]`: what the operator costs with many resources.

The pods of the running resources are in this program's hand: no node takes them, and their leases are renewed here as
workers renew them. The operator is a pod of the chart, and what it asks is in the API server's audit log.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from orgport.controller.kube import Kube, load_configuration, open_kube
from tests.cluster import lifecycle
from tests.cluster.access import Cluster
from tests.cluster.operator_image import image_for
from tests.cluster_runs.audit import logged
from tests.cluster_runs.release import installed
from tests.integration.controller.puppets import PLAN, Run, export_manifest
from tests.unit.gitops.recordings import recorded

OPERATOR, NAMESPACE = "bench-operator", "bench-controller"
AT_ONCE, RENEW_SECONDS = 20, 10.0
WRITES = {"create", "patch", "update", "delete"}
MIB = 2**20


@dataclass(frozen=True)
class Cost:
    """Of the operator: seconds of processor since it began, and bytes of its working set."""

    cpu: float
    memory: int


def cost(cluster: Cluster) -> Cost:
    """What the kubelet says of the operator's pod."""
    (node,) = json.loads(cluster.kubectl("get", "nodes", "-o", "json"))["items"]
    path = f"/api/v1/nodes/{node['metadata']['name']}/proxy/stats/summary"
    pods = json.loads(cluster.kubectl("get", "--raw", path))["pods"]
    (pod,) = (pod for pod in pods if pod["podRef"]["namespace"] == OPERATOR)
    return Cost(pod["cpu"]["usageCoreNanoSeconds"] / 1e9, pod["memory"]["workingSetBytes"])


async def few_at_once(names: Iterable[str], do: Callable[[str], Awaitable[None]]) -> None:
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> None:
        async with limit:
            await do(name)

    await asyncio.gather(*(one(name) for name in names))


async def add_finished(kube: Kube, names: Iterable[str]) -> None:
    """Resources whose status is one that an operator has written."""
    status = recorded()["orgexport-succeeded"]["status"]

    async def add(name: str) -> None:
        manifest = export_manifest(NAMESPACE)
        manifest["metadata"]["name"] = name
        await kube.create(manifest)
        await kube.patch("OrgExport", NAMESPACE, name, {"status": status}, "status")

    await few_at_once(names, add)


async def add_running(kube: Kube, names: Iterable[str]) -> list[Run]:
    """Resources that copy."""
    runs: list[Run] = []

    async def add(name: str) -> None:
        manifest = export_manifest(NAMESPACE)
        manifest["metadata"]["name"] = name
        await kube.create(manifest)
        run = Run(kube, "OrgExport", NAMESPACE, name)
        await run.succeed("plan", plan=PLAN)
        await run.start("files")
        runs.append(run)

    await few_at_once(names, add)
    return runs


@asynccontextmanager
async def copying(runs: list[Run]) -> AsyncIterator[None]:
    """Every worker renews its lease every ten seconds, and always has something new to say."""

    async def renew(run: Run) -> None:
        while True:
            counters = {"objectsDone": min(run.sequence // 10, 50), "bytesDone": run.sequence * 2**16}
            await run.report("files", counters=counters, bytesPerSecond=2**16)
            await asyncio.sleep(RENEW_SECONDS)

    tasks = [asyncio.create_task(renew(run)) for run in runs]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def writes_since(moment: datetime) -> int:
    account = f"system:serviceaccount:{OPERATOR}:"
    return sum(
        entry["user"]["username"].startswith(account)
        and entry["verb"] in WRITES
        and datetime.fromisoformat(entry["requestReceivedTimestamp"]) >= moment
        for entry in logged()
    )


async def oldest_progress(kube: Kube) -> float:
    """Seconds since the progress was written of the running resource where that is longest ago."""
    statuses = [each.get("status", {}) for each in await kube.list("OrgExport", NAMESPACE)]
    times = [status["progress"]["updateTime"] for status in statuses if status.get("phase") == "Running"]
    return (datetime.now(UTC) - datetime.fromisoformat(min(times))).total_seconds()


async def start_up(cluster: Cluster, kube: Kube) -> float:
    """Seconds from the start of an operator's container until a run that came before it has its first status."""
    labels = "app.kubernetes.io/name=orgport"
    manifest = export_manifest(NAMESPACE, suspend=True)
    manifest["metadata"]["name"] = "late"
    cluster.kubectl("-n", OPERATOR, "scale", "deployment", "-l", labels, "--replicas=0")
    cluster.kubectl("-n", OPERATOR, "wait", "pods", "-l", labels, "--for=delete", "--timeout=60s")
    await kube.create(manifest)
    cluster.kubectl("-n", OPERATOR, "scale", "deployment", "-l", labels, "--replicas=1")
    await Run(kube, "OrgExport", NAMESPACE, "late").status(lambda status: "phase" in status, 120)
    seen = datetime.now(UTC)
    cluster.kubectl("-n", OPERATOR, "wait", "pods", "-l", labels, "--for=condition=Ready", "--timeout=60s")
    (pod,) = cluster.list(OPERATOR, "pods", labels)
    began = pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"]
    return (seen - datetime.fromisoformat(began)).total_seconds()


async def measure(cluster: Cluster, finished: int, running: int, minutes: float, more: int) -> None:
    async with open_kube(await load_configuration(cluster.kubeconfig)) as kube:
        await add_finished(kube, (f"finished-{number}" for number in range(finished)))
        runs = await add_running(kube, (f"running-{number}" for number in range(running)))
        async with copying(runs):
            await asyncio.sleep(60)  # what the beginning of the runs costs is not what they cost
            before, began, moment = await asyncio.to_thread(cost, cluster), time.monotonic(), datetime.now(UTC)
            await asyncio.sleep(minutes * 60)
            after, seconds = await asyncio.to_thread(cost, cluster), time.monotonic() - began
            writes, age = writes_since(moment), await oldest_progress(kube)
        print(f"| {finished} finished, {running} running: working set | {after.memory / MIB:.0f} MiB |")
        print(f"| its processor | {100 * (after.cpu - before.cpu) / seconds:.1f} % of a core |")
        print(f"| its writes, per running resource | {writes * 60 / seconds / running:.1f} a minute |")
        print(f"| oldest progress of a running resource | {age:.0f} s |")
        await add_finished(kube, (f"more-{number}" for number in range(more)))
        print(f"| start-up with {finished + running + more} resources | {await start_up(cluster, kube):.1f} s |")


def main(finished: str = "500", running: str = "50", minutes: str = "3", more: str = "1450") -> None:
    cluster = lifecycle.connect()
    for namespace in (NAMESPACE, OPERATOR):
        cluster.delete_namespace(namespace)
    cluster.create_namespace(NAMESPACE)
    with installed(cluster, OPERATOR, image_for(cluster), [NAMESPACE]):
        print("| what | figure |\n|---|---|")
        asyncio.run(measure(cluster, int(finished), int(running), float(minutes), int(more)))
    for namespace in (NAMESPACE, OPERATOR):
        cluster.delete_namespace(namespace)
