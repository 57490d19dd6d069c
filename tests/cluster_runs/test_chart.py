"""Releases of the chart on a cluster with a node, while runs are under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.access import Cluster
from tests.cluster.installation import create
from tests.cluster_runs import release
from tests.cluster_runs.runs import is_at
from tests.cluster_runs.sites import Site
from tests.organizations import generate

pytestmark = pytest.mark.cluster

OPERATOR, SITE = "chart-operator", "chart-site"
ORGANIZATION = generate(seed=11, objects=20, pages=50)
SLOW = {"maxRequestsPerSecond": 16}


@pytest.fixture(scope="module")
def site(cluster: Cluster) -> Iterator[Site]:
    """A small installation."""
    for namespace in (SITE, OPERATOR):
        cluster.delete_namespace(namespace)
    with create(cluster, SITE, ORGANIZATION) as hosted:
        yield Site(cluster, SITE, hosted.contents)
    release.uninstall(cluster, OPERATOR)
    for namespace in (SITE, OPERATOR):
        cluster.kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false")


def begin(site: Site, *names: str) -> None:
    """Exports that copy for a quarter of a minute, at its beginning."""
    for name in names:
        spec = {"org": {"slug": ORGANIZATION.slug}, "destination": site.location(f"{name}/"), "files": SLOW}
        site.runs.apply("OrgExport", name, spec)
    for name in names:
        site.runs.until("OrgExport", name, is_at("files"))


def jobs_per_step(site: Site, name: str) -> dict[str, int]:
    return dict(Counter(job["metadata"]["labels"]["orgport.dev/step"] for job in site.runs.jobs(name)))


def operators(cluster: Cluster) -> list[dict[str, Any]]:
    return cluster.list(OPERATOR, "pods", "app.kubernetes.io/name=orgport")


def test_a_run_goes_on_while_its_release_is_upgraded_and_rolled_back(
    cluster: Cluster, site: Site, operator_image: str
) -> None:
    release.install(cluster, OPERATOR, operator_image, [SITE], release.PREVIOUS)
    begin(site, "upgraded")
    release.upgrade(cluster, OPERATOR, operator_image, [SITE])
    release.roll_back(cluster, OPERATOR)
    release.upgrade(cluster, OPERATOR, operator_image, [SITE], admissionPolicy={"create": "Always"})
    site.runs.succeeded("OrgExport", "upgraded")
    assert jobs_per_step(site, "upgraded") == {"plan": 1, "files": 1, "database": 1}


def test_the_release_serves_metrics(cluster: Cluster, site: Site, operator_image: str) -> None:
    release.ensure(cluster, OPERATOR, operator_image, [SITE])
    (pod,) = operators(cluster)
    path = f"/api/v1/namespaces/{OPERATOR}/pods/{pod['metadata']['name']}:8081/proxy/metrics"
    assert "\norgport_build_info{" in cluster.kubectl("get", "--raw", path)


def test_a_run_outlives_its_release(cluster: Cluster, site: Site, operator_image: str) -> None:
    release.ensure(cluster, OPERATOR, operator_image, [SITE])
    begin(site, "outliving")
    release.uninstall(cluster, OPERATOR)
    (job,) = cluster.list(SITE, "jobs", "orgport.dev/name=outliving,orgport.dev/step=files")
    site.kubectl("wait", "job", job["metadata"]["name"], "--for=condition=Complete", "--timeout=120s")
    release.ensure(cluster, OPERATOR, operator_image, [SITE])
    site.runs.succeeded("OrgExport", "outliving")
    assert jobs_per_step(site, "outliving") == {"plan": 1, "files": 1, "database": 1}


def test_uninstalling_with_runs_under_way_hangs_nothing(cluster: Cluster, site: Site, operator_image: str) -> None:
    """The last of this file: the installation goes with its namespace."""
    release.ensure(cluster, OPERATOR, operator_image, [SITE])
    begin(site, "deleted", "with-its-namespace")
    release.uninstall(cluster, OPERATOR)
    cluster.kubectl("-n", OPERATOR, "wait", "pods", "--all", "--for=delete", "--timeout=60s")
    site.runs.delete("OrgExport", "deleted")
    site.runs.until_gone("jobs,pods,leases", "orgport.dev/name=deleted", seconds=90)
    assert len(site.runs.pods("with-its-namespace", "files")) == 1
    for namespace in (SITE, OPERATOR):
        cluster.delete_namespace(namespace)
