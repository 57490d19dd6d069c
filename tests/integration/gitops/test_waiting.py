"""`kubectl wait` over runs in every phase, as scripts and pipelines use it."""

from __future__ import annotations

from typing import Any

import pytest

from orgport.controller.kube import Kube
from tests.cluster.access import Cluster
from tests.unit.gitops.recordings import recorded

pytestmark = pytest.mark.cluster

RUNS = recorded()
LONGEST_NAME = 38
COLUMNS = 120


@pytest.mark.parametrize("name", RUNS)
async def test_kubectl_waits_for_what_has_not_come_and_for_nothing_else(
    cluster: Cluster, namespace: str, kube: Kube, name: str
) -> None:
    phase = RUNS[name].get("status", {}).get("phase", "Pending")
    resource = await put(kube, namespace, RUNS[name])

    def comes(condition: str) -> bool:
        return cluster.attempt("-n", namespace, "wait", resource, f"--for={condition}", "--timeout=1s") is not None

    assert comes("condition=Succeeded") is (phase == "Succeeded")
    assert comes("condition=Stalled") is (phase == "Failed")
    assert comes("condition=Reconciling=false") is (phase in ("Succeeded", "Failed"))
    assert comes("jsonpath={.status.completionTime}") is (phase in ("Succeeded", "Failed"))


async def test_kubectl_shows_every_phase_within_a_terminal(cluster: Cluster, namespace: str, kube: Kube) -> None:
    for number, run in enumerate(RUNS.values()):
        await put(kube, namespace, {**run, "metadata": {"name": f"{'n' * (LONGEST_NAME - 3)}-{number:02}"}})
    for kind in ("orgexports", "orgimports"):
        for verb in ("get", "describe"):
            shown = cluster.kubectl("-n", namespace, verb, kind).splitlines()
            assert max(map(len, shown)) <= COLUMNS, "\n".join(shown)
            said = " ".join(" ".join(shown).split())
            for run in RUNS.values():
                if run["kind"].lower() in kind and run.get("status", {}).get("phase"):
                    assert run["status"]["phase"] in said
                    assert run["status"]["progress"]["summary"] in said


async def put(kube: Kube, namespace: str, run: Any) -> str:
    """Have the run in this namespace; its name for kubectl."""
    metadata = {"name": run["metadata"]["name"], "namespace": namespace}
    await kube.create({**run, "metadata": metadata, "status": {}})
    if run.get("status"):
        await kube.patch(run["kind"], namespace, metadata["name"], {"status": run["status"]}, "status")
    return f"{run['kind'].lower()}/{metadata['name']}"
