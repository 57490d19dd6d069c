"""Releases of the chart in a cluster where no pod runs: what counts is which objects are there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cluster.access import Cluster
from tests.cluster_runs.release import CHART, helm_in

RELEASE = "orgport"
KINDS = (
    "customresourcedefinitions,clusterroles,clusterrolebindings,validatingadmissionpolicies,"
    "validatingadmissionpolicybindings,deployments,serviceaccounts,roles,rolebindings,services,configmaps,networkpolicies"
)
DEFINITIONS = ("orgexports.orgport.dev", "orgimports.orgport.dev")
IMAGE: dict[str, Any] = {"image": {"repository": "localhost/none", "tag": "1", "pullPolicy": "Never"}}


@contextmanager
def released(cluster: Cluster, namespace: str, values: dict[str, Any], chart: Path = CHART) -> Iterator[None]:
    """A release in a namespace of its own; afterwards neither is there, nor what it would have kept."""
    cluster.create_namespace(namespace)
    with helm_in(cluster, namespace) as helm:
        helm.install(chart, RELEASE, {**IMAGE, **values}, namespace=namespace)
        try:
            yield
        finally:
            helm.uninstall(RELEASE, ignore_not_found=True)
            if values.get("crds", {}).get("install", True):
                cluster.kubectl("delete", "crd", "--ignore-not-found", *DEFINITIONS)
            cluster.kubectl("delete", "namespace", namespace, "--wait=false")


def upgrade(cluster: Cluster, namespace: str, values: dict[str, Any], chart: Path = CHART) -> None:
    with helm_in(cluster, namespace) as helm:
        helm.upgrade(chart, RELEASE, {**IMAGE, **values}, namespace=namespace)


def roll_back(cluster: Cluster, namespace: str) -> None:
    with helm_in(cluster, namespace) as helm:
        helm.rollback(RELEASE)


def uninstall(cluster: Cluster, namespace: str) -> None:
    with helm_in(cluster, namespace) as helm:
        helm.uninstall(RELEASE)


def owned(cluster: Cluster, namespace: str) -> set[str]:
    """What is there of the namespace's release, as "kind/name"."""
    selector = "app.kubernetes.io/managed-by=Helm"
    found = cluster.list(namespace, KINDS, selector)
    annotation = "meta.helm.sh/release-namespace"
    mine = (each for each in found if each["metadata"].get("annotations", {}).get(annotation) == namespace)
    return {f"{each['kind']}/{each['metadata']['name']}" for each in mine}
