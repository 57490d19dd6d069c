"""The operator as a release of its chart."""

from __future__ import annotations

from tests.cluster.access import Cluster
from tests.cluster_runs import release
from tests.demo.terminal import note

NAMESPACE = "demo-operator"


def install(cluster: Cluster, image: str, watched: list[str]) -> None:
    """Install the chart for these namespaces, and say how; returns when the operator is ready."""
    note("kubectl apply --server-side -f crds/")
    note(f"helm install {release.RELEASE} charts/orgport --namespace {NAMESPACE}, watching {' and '.join(watched)} ...")
    release.install(cluster, NAMESPACE, image, watched)
    note(cluster.kubectl("-n", NAMESPACE, "get", "pods").rstrip())
