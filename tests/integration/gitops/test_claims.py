"""What docs/gitops.md says of applying, changing, deleting and restoring runs."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from orgport.api.names import LABEL_KIND, LABEL_NAME, LABEL_STEP
from orgport.controller.kube import Kube
from tests.cluster.access import Cluster
from tests.cluster.shell import ClusterError
from tests.integration.controller.conftest import Apply
from tests.integration.controller.puppets import PLAN, Object, Run, export_manifest
from tests.unit.gitops.test_examples import documents

pytestmark = pytest.mark.cluster

OF_TOOLS: Object = {
    "labels": {
        "app.kubernetes.io/instance": "fleet",
        "kustomize.toolkit.fluxcd.io/name": "acme-export",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    },
    "annotations": {"argocd.argoproj.io/tracking-id": "fleet:orgport.dev/OrgExport:browsertrix/acme"},
}

OF_THE_JOB_CONTROLLER = ("batch.kubernetes.io/", "controller-uid", "job-name")


def from_git(namespace: str, **spec: Any) -> Object:
    """A run as a tool applies it."""
    manifest = export_manifest(namespace, **spec)
    manifest["metadata"] |= OF_TOOLS
    return manifest


def apply(cluster: Cluster, manifest: Object) -> None:
    """Apply as Flux does."""
    options = ("--server-side", "--field-manager=kustomize-controller", "--force-conflicts", "-f", "-")
    cluster.kubectl("apply", *options, stdin=json.dumps(manifest))


@pytest.fixture
def applied(operator: None, cluster: Cluster, namespace: str, kube: Kube) -> Run:
    """A run that a tool has applied."""
    manifest = from_git(namespace)
    apply(cluster, manifest)
    return Run(kube, "OrgExport", namespace, manifest["metadata"]["name"])


async def test_applying_the_same_again_changes_nothing(cluster: Cluster, namespace: str, applied: Run) -> None:
    await applied.finish()
    before, jobs = await applied.resource(), await names_of_jobs(applied)
    apply(cluster, from_git(namespace))
    other = from_git(namespace)
    other["metadata"] = {**other["metadata"], "labels": {**OF_TOOLS["labels"], "revision": "2"}}
    apply(cluster, other)
    after = await applied.resource()
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert after["status"] == before["status"]
    assert await names_of_jobs(applied) == jobs


async def test_another_spec_is_refused_with_what_to_do(cluster: Cluster, namespace: str, applied: Run) -> None:
    with pytest.raises(ClusterError, match=r"spec\.org is immutable; create a new OrgExport instead"):
        apply(cluster, from_git(namespace, org={"slug": "other"}))


async def test_a_tool_finds_nothing_changed_but_the_status(applied: Run) -> None:
    """All that others than the tool have written, by the API server's own account."""
    await applied.finish()
    resource = await applied.resource()
    foreign = [each for each in resource["metadata"]["managedFields"] if each["manager"] != "kustomize-controller"]
    fields = {field for each in foreign for field in each["fieldsV1"]}
    assert fields == {"f:metadata", "f:status"}
    metadata = [each["fieldsV1"]["f:metadata"] for each in foreign if "f:metadata" in each["fieldsV1"]]
    assert {member for each in metadata for member in each} == {"f:annotations"}
    assert all(each["manager"] != "kustomize-controller" for each in foreign)
    assert resource["metadata"]["labels"] == OF_TOOLS["labels"]


async def test_what_a_run_owns_bears_nothing_of_the_tools(applied: Run) -> None:
    pod = await applied.pod("plan")
    jobs, leases = [await applied.kube.list(kind, applied.namespace) for kind in ("Job", "Lease")]
    assert jobs
    assert leases
    for each in (pod, *jobs, *leases):
        ours = {label for label in each["metadata"]["labels"] if not label.startswith(OF_THE_JOB_CONTROLLER)}
        assert ours == {LABEL_KIND, LABEL_NAME, LABEL_STEP}
        assert not any("argo" in name or "flux" in name for name in each["metadata"].get("annotations", {}))


async def test_pruning_a_run_under_way_hangs_nothing(cluster: Cluster, namespace: str, applied: Run) -> None:
    """Argo CD deletes in the foreground: the object stays until all that it owns is gone."""
    await applied.pod("plan")
    command = ("-n", namespace, "delete", "orgexport", applied.name, "--cascade=foreground", "--timeout=30s")
    await asyncio.to_thread(cluster.kubectl, *command)
    assert await applied.jobs() == []


async def test_a_run_made_again_is_a_new_one(cluster: Cluster, namespace: str, applied: Run) -> None:
    await applied.finish()
    before = await names_of_jobs(applied)
    await asyncio.to_thread(cluster.kubectl, "-n", namespace, "delete", "orgexport", applied.name, "--timeout=30s")
    apply(cluster, from_git(namespace))
    await applied.succeed("plan", stage="AlreadyExported", plan={**PLAN, "alreadyDone": True})
    status = await applied.phase("Succeeded")
    assert [each["reason"] for each in status["conditions"]] == ["AlreadyExported", "AlreadyExported"]
    assert not before & await names_of_jobs(applied)


async def names_of_jobs(run: Run) -> set[str]:
    return {job["metadata"]["name"] for job in await run.jobs()}


async def test_a_restored_job_is_not_taken_for_the_runs_own(
    cluster: Cluster, namespace: str, applied: Run, create: Apply
) -> None:
    """As a restore makes it: the same labels and content, another uid, no owner."""
    await applied.pod("plan")
    (job,) = await applied.jobs()
    await asyncio.to_thread(cluster.kubectl, "-n", namespace, "delete", "orgexport", applied.name, "--timeout=30s")
    await until_no_pods(applied)
    await applied.kube.create(restored(job))
    run = await create(from_git(namespace))
    await run.status(lambda status: status["observedGeneration"] == 1)
    labels = f"orgport.dev/name={run.name}"
    owners = {
        len(each["metadata"].get("ownerReferences", []))
        for each in await run.kube.list("Job", namespace, labels=labels)
    }
    assert owners == {0, 1}
    status = await run.resource()
    assert status["status"]["steps"][0]["job"] != job["metadata"]["name"]


def restored(job: Object) -> Object:
    labels = {key: value for key, value in job["metadata"]["labels"].items() if key.startswith("orgport.dev/")}
    spec = {key: value for key, value in job["spec"].items() if key != "selector"}
    template = {**spec["template"], "metadata": {"labels": labels}}
    metadata = {"name": job["metadata"]["name"], "namespace": job["metadata"]["namespace"], "labels": labels}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {**spec, "template": template}}


async def until_no_pods(run: Run) -> None:
    limit = time.monotonic() + 30
    while await run.kube.list("Pod", run.namespace):
        assert time.monotonic() < limit
        await asyncio.sleep(0.1)


@pytest.mark.parametrize(("phase", "longest"), [("presync", 12), ("postsync", 11)])
def test_a_hook_gets_a_name_that_fits(cluster: Cluster, namespace: str, kinds: None, phase: str, longest: int) -> None:
    (hook,) = documents("argocd/presync-export.yaml")
    for prefix in (hook["metadata"]["generateName"], "x" * longest):
        dry_run(cluster, namespace, hook, hook_name(prefix, phase))
    with pytest.raises(ClusterError, match="may not be more than 38"):
        dry_run(cluster, namespace, hook, hook_name("x" * (longest + 1), phase))


def hook_name(prefix: str, phase: str, revision: str = "a1b2c3d") -> str:
    """As Argo CD makes it: the revision's first seven characters, the phase and seconds since 1970."""
    return f"{prefix}{revision}-{phase}-1764028800"


def dry_run(cluster: Cluster, namespace: str, manifest: Object, name: str) -> None:
    metadata = {"name": name, "annotations": manifest["metadata"]["annotations"]}
    command = ("-n", namespace, "create", "--dry-run=server", "-f", "-")
    cluster.kubectl(*command, stdin=json.dumps({**manifest, "metadata": metadata}))
