"""What a cluster may do to a run is told in its conditions, with what to do about it, soon after it has happened."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.cluster.access import Cluster
from tests.integration.controller.conftest import LEFT_OPEN, Apply
from tests.integration.controller.puppets import PLAN, Object, Run, export_manifest, import_manifest

pytestmark = [pytest.mark.cluster, LEFT_OPEN]

DENIED: Object = {"failure": {"reason": "AccessDenied", "message": "PutObject: 403"}, "final": True}
SECONDS = 15


def limit_to(cluster: Cluster, namespace: str, **hard: int) -> None:
    """Give the namespace a quota."""
    metadata = {"name": "tight", "namespace": namespace}
    cluster.apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": hard}})
    cluster.kubectl("-n", namespace, "wait", "resourcequota/tight", "--for=jsonpath={.status.hard}", "--timeout=20s")


async def message_of(run: Run, reason: str) -> str:
    """The message of the conditions once they give this reason."""

    def is_told(status: Object) -> bool:
        return reason in {each["reason"] for each in status.get("conditions", [])}

    status = await run.status(is_told, SECONDS)
    return str(status["conditions"][0]["message"])


@pytest.mark.parametrize("what", ["pods", "count/jobs.batch"])
async def test_a_quota_that_refuses_is_told_and_waited_for(
    operator: None, cluster: Cluster, namespace: str, create: Apply, what: str
) -> None:
    await asyncio.to_thread(limit_to, cluster, namespace, **{what: 0})
    run = await create(export_manifest(namespace))
    said = await message_of(run, "QuotaExceeded")
    assert "exceeded quota: tight" in said
    assert said.endswith("Raise the quota or lower worker.resources.")
    await asyncio.to_thread(cluster.kubectl, "-n", namespace, "delete", "resourcequota", "tight")
    await run.finish()


async def test_a_job_that_somebody_deletes_ends_the_run(
    operator: None, cluster: Cluster, namespace: str, create: Apply
) -> None:
    run = await create(import_manifest(namespace))
    await run.succeed("plan", plan=PLAN)
    await run.pod("files")
    job = next(job for job in await run.jobs() if job["metadata"]["labels"]["orgport.dev/step"] == "files")
    await asyncio.to_thread(cluster.kubectl, "-n", namespace, "delete", "job", job["metadata"]["name"])
    status = await run.status(lambda status: "failure" in status, SECONDS)
    assert status["failure"]["reason"] == "JobDisappeared"
    assert job["metadata"]["name"] in status["failure"]["message"]
    assert status["failure"]["suggestion"]
    await run.succeed("rollback")
    assert (await run.phase("Failed"))["failure"]["reason"] == "JobDisappeared"


async def test_pods_that_outlive_their_job_are_ended(
    operator: None, cluster: Cluster, namespace: str, create: Apply
) -> None:
    run = await create(export_manifest(namespace))
    await run.pod("plan")
    (job,) = await run.jobs()
    command = ("-n", namespace, "delete", "job", job["metadata"]["name"], "--cascade=orphan")
    await asyncio.to_thread(cluster.kubectl, *command)
    await run.phase("Failed")
    await asyncio.to_thread(cluster.kubectl, "-n", namespace, "wait", "pods", "--all", "--for=delete", "--timeout=20s")


async def test_a_pod_that_is_evicted_is_told_and_not_counted(
    operator: None, cluster: Cluster, namespace: str, create: Apply
) -> None:
    run = await create(export_manifest(namespace, backoffLimit=0))
    await run.start("plan")
    await run.report("plan")
    pod = await run.pod("plan")
    await asyncio.to_thread(evict, cluster, pod)
    assert "another takes its place" in await message_of(run, "RetryingStep")
    await asyncio.to_thread(forget, cluster, pod)
    status = await run.finish()
    assert [step.get("failedPods", 0) for step in status["steps"]] == [0, 0, 0]


def evict(cluster: Cluster, pod: Object) -> None:
    metadata = {"name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"]}
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
    path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/eviction"
    cluster.kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))


def forget(cluster: Cluster, pod: Object) -> None:
    """What a kubelet does at the end of a pod."""
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    cluster.attempt("-n", namespace, "delete", "pod", name, "--grace-period=0", "--force")


async def test_a_worker_that_is_killed_for_its_memory_says_what_to_raise(
    operator: None, namespace: str, create: Apply
) -> None:
    run = await create(export_manifest(namespace, backoffLimit=1))
    await run.fail("plan", 137, "OOMKilled")
    assert "raise spec.worker.resources.limits.memory above 512Mi" in await message_of(run, "RetryingStep")
    await run.fail("plan", 137, "OOMKilled")
    failure = (await run.phase("Failed"))["failure"]
    assert failure["reason"] == "OutOfMemory"
    assert "512Mi" in failure["suggestion"]


@pytest.mark.parametrize("step", ["plan", "files", "database", "rollback"])
async def test_a_run_can_be_suspended_and_resumed_in_every_step(
    operator: None, namespace: str, create: Apply, step: str
) -> None:
    run = await create(import_manifest(namespace))
    for before in ("plan", "files", "database"):
        if before == step:
            break
        if before == "database":
            await run.fail("database", 77, **DENIED)
        else:
            await run.succeed(before, **({"plan": PLAN} if before == "plan" else {}))
    first = await run.pod(step)
    await run.kube.patch(run.kind, namespace, run.name, {"spec": {"suspend": True}})
    await run.reason("Suspended")
    await run.kube.patch(run.kind, namespace, run.name, {"spec": {"suspend": False}})
    await run.status(lambda status: "suspendTime" not in status)
    assert (await run.pod(step))["metadata"]["uid"] != first["metadata"]["uid"]
    await run.succeed(step, **({"plan": PLAN} if step == "plan" else {}))
    await run.status(lambda status: state_of(status, step) == "Succeeded")


def state_of(status: Object, step: str) -> str:
    return next((str(each["state"]) for each in status["steps"] if each["name"] == step), "")


async def test_a_resource_that_somebody_holds_while_it_is_deleted_does_no_more(
    operator: None, cluster: Cluster, namespace: str, create: Apply
) -> None:
    manifest = export_manifest(namespace)
    manifest["metadata"]["finalizers"] = ["example.org/held"]
    run = await create(manifest)
    await run.pod("plan")
    await asyncio.to_thread(cluster.kubectl, "-n", namespace, "delete", run.kind, run.name, "--wait=false")
    await asyncio.to_thread(cluster.kubectl, "-n", namespace, "wait", "jobs", "--all", "--for=delete", "--timeout=20s")
    assert "deletionTimestamp" in (await run.resource())["metadata"]
    await run.kube.patch(run.kind, namespace, run.name, {"metadata": {"finalizers": None}})


async def test_kubectl_waits_for_the_end_of_a_run_and_not_longer(
    operator: None, cluster: Cluster, namespace: str, create: Apply
) -> None:
    async def is_met(run: Run, what: str, seconds: int) -> bool:
        command = ("-n", namespace, "wait", f"{run.kind}/{run.name}", f"--for={what}", f"--timeout={seconds}s")
        return await asyncio.to_thread(cluster.attempt, *command) is not None

    ended, succeeded, failed = "jsonpath={.status.completionTime}", "condition=Succeeded", "condition=Succeeded=False"
    good, bad = await create(export_manifest(namespace)), await create(import_manifest(namespace, "bad"))
    for run in (good, bad):
        await run.pod("plan")
        for what in (ended, succeeded, failed):
            assert not await is_met(run, what, 1)
    await asyncio.gather(good.finish(), bad.fail("plan", 77, **DENIED))
    for run, what in ((good, succeeded), (good, ended), (bad, failed), (bad, ended)):
        assert await is_met(run, what, 20)
    assert not await is_met(bad, succeeded, 1)
    await good.kube.patch(good.kind, namespace, good.name, {"spec": {"ttlSecondsAfterSuccess": 60}})
    assert await is_met(good, succeeded, 20)
