from __future__ import annotations

import json
import signal
import time
from collections import Counter

import pytest

from orgport.api.names import account_name, job_name
from orgport.api.status import StepName
from orgport.controller import manifests
from orgport.controller.kube import Kube
from orgport.controller.resource import Run, identify, read_spec, read_status
from tests.cluster.access import Cluster
from tests.integration.controller.conftest import LEFT_OPEN, Apply, OperatorProcess, running_operator
from tests.integration.controller.puppets import (
    NOWHERE,
    PLAN,
    Object,
    export_manifest,
    import_manifest,
)

pytestmark = [pytest.mark.cluster, LEFT_OPEN]

DENIED: Object = {"failure": {"reason": "AccessDenied", "message": "PutObject: 403"}, "final": True}
UNREACHABLE: Object = {"failure": {"reason": "EndpointUnreachable", "message": "connect: timed out"}}


def steps_of(jobs: list[Object]) -> Counter[str]:
    return Counter(job["metadata"]["labels"]["orgport.dev/step"] for job in jobs)


async def test_an_export_runs_to_its_end(operator: None, namespace: str, create: Apply, kube: Kube) -> None:
    run = await create(export_manifest(namespace))
    began = time.monotonic()
    status = await run.finish()
    assert time.monotonic() - began < 15
    assert status["result"]["manifest"] == "s3://exports/manifest.json"
    assert status["progress"]["percent"] == 100
    assert steps_of(await run.jobs()) == {"plan": 1, "files": 1, "database": 1}
    resource = await run.resource()
    assert "finalizers" not in resource["metadata"]
    events = await kube.list("Event", namespace, fields=f"involvedObject.uid={resource['metadata']['uid']}")
    assert Counter(event["reason"] for event in events) == {
        "Started": 1, "StepStarted": 3, "StepSucceeded": 3, "Succeeded": 1,
    }  # fmt: skip


async def test_jobs_live_as_long_as_the_spec_says(operator: None, namespace: str, create: Apply) -> None:
    run = await create(export_manifest(namespace))
    await run.finish()
    generation = (await run.resource())["metadata"]["generation"]
    patch = {"spec": {"ttlSecondsAfterSuccess": 0}}
    await run.kube.patch("OrgExport", namespace, run.name, patch)
    status = await run.status(lambda status: status["observedGeneration"] == generation + 1)
    assert {condition["observedGeneration"] for condition in status["conditions"]} == {generation + 1}
    limit = time.monotonic() + 20
    while await run.jobs():
        assert time.monotonic() < limit
    assert (await run.resource())["status"]["phase"] == "Succeeded"


async def test_a_failed_import_is_rolled_back_by_a_job_of_its_own(
    operator: None, namespace: str, create: Apply
) -> None:
    run = await create(import_manifest(namespace))
    await run.succeed("plan", plan=PLAN)
    await run.succeed("files")
    await run.fail("database", 77, **DENIED)
    status = await run.phase("RollingBack")
    assert next(c for c in status["conditions"] if c["type"] == "Reconciling")["status"] == "True"
    await run.succeed("rollback")
    status = await run.phase("Failed")
    assert (status["failure"]["reason"], status["failure"]["step"]) == ("AccessDenied", "database")
    assert steps_of(await run.jobs()) == {"plan": 1, "files": 1, "database": 1, "rollback": 1}


async def test_a_step_that_may_be_tried_again_is(operator: None, namespace: str, create: Apply) -> None:
    run = await create(export_manifest(namespace, backoffLimit=1))
    await run.start("plan")
    await run.fail("plan", 75, **UNREACHABLE)
    await run.reason("RetryingStep")
    await run.fail("plan", 75, **UNREACHABLE)
    status = await run.phase("Failed")
    assert status["failure"]["reason"] == "EndpointUnreachable"
    assert status["failure"]["message"] == "connect: timed out (tried 2 times)"
    assert status["steps"][0]["failedPods"] == 2


async def test_a_pod_that_no_node_takes_is_told(operator: None, namespace: str, create: Apply) -> None:
    run = await create(export_manifest(namespace))
    status = await run.reason("PodUnschedulable")
    assert status["phase"] == "Running"


async def test_a_pod_that_is_refused_is_told(operator: None, namespace: str, create: Apply) -> None:
    run = await create(export_manifest(namespace, worker={"serviceAccountName": "nobody"}))
    status = await run.reason("PodCreationRefused")
    assert "nobody" in status["conditions"][0]["message"]


async def test_an_image_that_is_not_there_is_told(operator: None, namespace: str, create: Apply) -> None:
    run = await create(export_manifest(namespace, worker={}))
    status = await run.reason("ImagePullFailed")
    assert "localhost/none:1" in status["conditions"][0]["message"]


async def test_amounts_that_contradict_one_another_are_an_invalid_spec(
    operator: None, namespace: str, create: Apply
) -> None:
    resources = {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}
    run = await create(export_manifest(namespace, worker={"resources": resources}))
    status = await run.phase("Failed")
    assert status["failure"]["reason"] == "InvalidSpec"
    assert "2Gi" in status["failure"]["message"]


async def test_a_suspended_run_goes_on_where_it_was(operator: None, namespace: str, create: Apply) -> None:
    run = await create(export_manifest(namespace))
    await run.succeed("plan", plan=PLAN)
    await run.pod("files")
    await run.kube.patch("OrgExport", namespace, run.name, {"spec": {"suspend": True}})
    await run.phase("Suspended")
    await run.kube.patch("OrgExport", namespace, run.name, {"spec": {"suspend": False}})
    await run.phase("Running")
    await run.succeed("files")
    await run.succeed("database")
    await run.phase("Succeeded")
    assert steps_of(await run.jobs()) == {"plan": 1, "files": 1, "database": 1}


async def test_a_deadline_ends_the_run(operator: None, namespace: str, create: Apply) -> None:
    run = await create(export_manifest(namespace, activeDeadlineSeconds=3))
    status = await run.phase("Failed")
    assert status["failure"]["reason"] == "DeadlineExceeded"


async def test_a_raised_attempt_tries_a_failed_run_again(operator: None, namespace: str, create: Apply) -> None:
    run = await create(export_manifest(namespace))
    await run.fail("plan", 77, **DENIED)
    await run.phase("Failed")
    await run.kube.patch("OrgExport", namespace, run.name, {"spec": {"attempt": 2}})
    await run.phase("Running")
    status = await run.finish()
    assert status["attempt"] == 2


async def test_a_job_of_another_owner_in_the_way_is_a_name_conflict(
    cluster: Cluster, namespace: str, create: Apply, kube: Kube
) -> None:
    run = await create(export_manifest(namespace))
    uid = (await run.resource())["metadata"]["uid"]
    name = job_name("OrgExport", run.name, "plan", uid, 1)
    container = {
        "name": "main",
        "image": "none",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    pod = {
        "restartPolicy": "Never",
        "containers": [container],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    spec = {"suspend": True, "template": {"spec": pod}}
    foreign = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }
    await kube.create(foreign)
    with running_operator(cluster, namespace):
        status = await run.phase("Failed")
    assert status["failure"]["reason"] == "NameConflict"
    assert name in status["failure"]["message"]


async def test_a_deleted_resource_takes_everything_with_it(
    operator: None, namespace: str, create: Apply, kube: Kube
) -> None:
    run = await create(export_manifest(namespace))
    await run.pod("plan")
    resource = await run.resource()
    uid = resource["metadata"]["uid"]
    await kube.delete("OrgExport", namespace, run.name, uid)
    account = account_name("OrgExport", run.name, uid, 1)
    limit = time.monotonic() + 20
    while await run.jobs() or await kube.list("Lease", namespace) or await kube.get("Role", namespace, account):
        assert time.monotonic() < limit


@pytest.mark.parametrize("worker", [NOWHERE, {}], ids=["pending", "on a node"])
async def test_a_deleted_namespace_goes_without_the_operator(
    cluster: Cluster, namespace: str, create: Apply, kube: Kube, worker: Object
) -> None:
    with running_operator(cluster, namespace):
        run = await create(export_manifest(namespace, worker=worker))
        await run.pod("plan")
    cluster.kubectl("delete", "namespace", namespace, "--timeout=60s")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_an_operator_that_is_ended_in_every_step_makes_each_job_once(
    operator_process: OperatorProcess, namespace: str, create: Apply, number: signal.Signals
) -> None:
    run = await create(export_manifest(namespace))
    told: dict[str, Object] = {"plan": {"plan": PLAN}, "files": {}, "database": {}}
    for step, members in told.items():
        await run.pod(step)
        began = time.monotonic()
        operator_process.stop(number)
        assert time.monotonic() - began < 5
        await run.succeed(step, **members)
        operator_process.start()
    await run.phase("Succeeded")
    assert steps_of(await run.jobs()) == {"plan": 1, "files": 1, "database": 1}


async def test_two_operators_at_once_do_no_harm(cluster: Cluster, namespace: str, create: Apply) -> None:
    with running_operator(cluster, namespace), running_operator(cluster, namespace):
        run = await create(export_manifest(namespace))
        await run.finish()
    assert steps_of(await run.jobs()) == {"plan": 1, "files": 1, "database": 1}


async def test_an_operator_logs_json_lines(operator_process: OperatorProcess, namespace: str, create: Apply) -> None:
    run = await create(export_manifest(namespace))
    await run.pod("plan")
    lines = operator_process.stop(signal.SIGTERM).splitlines()
    assert operator_process.process.returncode == 0
    assert {"message", "severity", "timestamp"} <= set(json.loads(lines[0]))


@pytest.mark.parametrize("step", ["plan", "files", "database", "rollback"])
def test_the_longest_name_of_every_step_is_taken(cluster: Cluster, namespace: str, step: StepName) -> None:
    manifest = import_manifest(namespace, "n" * 38, files={"parallelism": 64})
    manifest["metadata"] |= {"uid": "u", "generation": 1}
    identity = identify(manifest, read_status(manifest))
    run = Run(identity, read_spec(identity.kind, manifest))
    objects = manifests.objects(run, step, 100, "a" * 64, manifests.Settings("localhost/none:1"))
    made = [item for item in objects if item["kind"] != "RoleBinding"]  # its role is not there in a dry run
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": made})
    cluster.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", stdin=text)
