"""Operator and workers use all that they may, and ask for nothing else. Comes last, when all other runs have been."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orgport.api.names import job_name, lease_name
from tests.cluster_runs.audit import asked, granted
from tests.cluster_runs.conftest import FAULTS, OPERATOR, World
from tests.cluster_runs.runs import shows
from tests.cluster_runs.sites import Site

pytestmark = pytest.mark.cluster

ASKED_BY_THE_API_SERVER = {
    ("update", "orgexports.orgport.dev/finalizers"),  # in what a run owns: blockOwnerDeletion
    ("update", "orgimports.orgport.dev/finalizers"),
    ("patch", "leases.coordination.k8s.io"),  # a run's role grants it, which only those may who have it
}
"""Rights that no request shows: admission and RBAC look for them when something is created."""


IDLE_POD = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "none"}]}
STRANGERS: dict[str, dict[str, Any]] = {
    "Lease": {"apiVersion": "coordination.k8s.io/v1"},
    "Job": {"apiVersion": "batch/v1", "spec": {"suspend": True, "template": {"spec": IDLE_POD}}},
}
"""Objects of nobody."""


def test_a_quota_that_refuses_pods_is_told_and_waited_for(world: World) -> None:
    """What the cluster says of the pod is in Events, and nowhere else."""
    site = world.faults
    metadata = {"name": "tight", "namespace": site.namespace}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": {"pods": 0}}}
    world.cluster.apply(quota)
    site.kubectl("wait", "resourcequota/tight", "--for=jsonpath={.status.hard}", "--timeout=20s")
    site.runs.apply("OrgExport", "refused", {"org": {"slug": "nobody"}, "destination": site.location("refused/")})
    site.runs.until("OrgExport", "refused", shows("QuotaExceeded"))
    site.kubectl("delete", "resourcequota", "tight")
    assert site.runs.ended("OrgExport", "refused")["failure"]["reason"] == "OrganizationNotFound"


def test_a_pod_that_outlives_its_job_is_ended(world: World) -> None:
    site = world.faults
    job = waiting_job(site, "orphaned", secret="never-there")
    site.kubectl("delete", "job", job, "--cascade=orphan")
    assert site.runs.ended("OrgExport", "orphaned")["failure"]["reason"] == "JobDisappeared"
    site.runs.until_gone("pods", "orgport.dev/name=orphaned", seconds=90)


def waiting_job(site: Site, name: str, secret: str) -> str:
    """The only Job of an export whose pod waits for a Secret."""
    destination = site.location(f"{name}/") | {"credentials": {"secretRef": {"name": secret}}}
    site.runs.apply("OrgExport", name, {"org": {"slug": "nobody"}, "destination": destination})
    site.runs.until("OrgExport", name, shows("WaitingForSecret"))
    (job,) = site.runs.jobs(name)
    return str(job["metadata"]["name"])


@pytest.mark.parametrize("kind", ["Lease", "Job"])
def test_a_name_that_somebody_else_has_is_told(world: World, kind: str) -> None:
    site, name = world.faults, f"taken-{kind.lower()}"
    spec = {"org": {"slug": "nobody"}, "destination": site.location("taken/"), "suspend": True}
    site.runs.apply("OrgExport", name, spec)
    uid = site.runs.read("OrgExport", name)["metadata"]["uid"]
    job = job_name("OrgExport", name, "plan", uid, 1)
    taken = job if kind == "Job" else lease_name(job, 0)
    world.cluster.apply({**STRANGERS[kind], "kind": kind, "metadata": {"name": taken, "namespace": site.namespace}})
    site.kubectl("patch", "orgexport", name, "--type=merge", "-p", '{"spec": {"suspend": false}}')
    failure = site.runs.ended("OrgExport", name)["failure"]
    assert failure["reason"] == "NameConflict"
    assert f"{kind} {taken}" in failure["message"]
    site.kubectl("delete", kind, taken)


def test_a_job_of_an_attempt_before_is_ended(world: World) -> None:
    site = world.faults
    first = waiting_job(site, "again", secret="not-yet")
    site.kubectl("patch", "orgexport", "again", "--type=merge", "-p", '{"spec": {"attempt": 2}}')
    site.runs.until("OrgExport", "again", lambda status: status.get("attempt") == 2)
    site.secret("not-yet", AWS_ACCESS_KEY_ID=site.store.access_key, AWS_SECRET_ACCESS_KEY=site.store.secret_key)
    assert site.runs.ended("OrgExport", "again")["failure"]["reason"] == "OrganizationNotFound"
    (second,) = site.runs.jobs("again")
    assert second["metadata"]["name"] != first


def test_an_archive_that_is_not_there_is_told(world: World, archive: str) -> None:
    site = world.faults
    source = {**world.source.location("shared/"), "export": f"not-{archive}"}
    site.runs.apply("OrgImport", "absent", {"source": source})
    assert site.runs.ended("OrgImport", "absent")["failure"]["reason"] == "ExportNotFound"


def test_the_operator_uses_all_that_it_may_and_asks_for_nothing_else(world: World) -> None:
    if not world.cluster.is_embedded:
        pytest.skip("the API server's audit log is at hand for the embedded cluster only")
    account = f"system:serviceaccount:{OPERATOR}:"
    used, forbidden = asked(lambda name: name.startswith(account))
    assert not forbidden
    roles = world.cluster.list(FAULTS, "roles", "app.kubernetes.io/name=orgport")
    assert used | ASKED_BY_THE_API_SERVER == granted(roles)


def test_workers_use_all_that_they_may_and_ask_for_nothing_else(world: World) -> None:
    if not world.cluster.is_embedded:
        pytest.skip("the API server's audit log is at hand for the embedded cluster only")
    account = f"system:serviceaccount:{FAULTS}:"
    used, _ = asked(lambda name: name.startswith(account))  # forbidden is what a run's workers ask after its deletion
    roles = world.cluster.list(FAULTS, "roles", "orgport.dev/name")
    assert used == granted(roles)


def test_every_namespace_of_the_tests_lets_only_restricted_pods_in(world: World) -> None:
    if not world.cluster.is_embedded:
        pytest.skip("KUBECONFIG's cluster has namespaces of others")
    found = json.loads(world.cluster.kubectl("get", "namespaces", "-o", "json"))["items"]
    ours = [each["metadata"] for each in found if not each["metadata"]["name"].startswith(("kube-", "default"))]
    assert len(ours) > 4
    lax = [each["name"] for each in ours if each["labels"].get("pod-security.kubernetes.io/enforce") != "restricted"]
    assert not lax
