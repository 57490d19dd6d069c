"""The operator as a release of its chart."""

from __future__ import annotations

from typing import Any

from helm_python import Config

from tests.cluster.access import Cluster
from tests.cluster.settings import REPOSITORY
from tests.demo.terminal import note

NAMESPACE, RELEASE = "demo-operator", "orgport"
CHART, CRDS = REPOSITORY / "charts" / "orgport", REPOSITORY / "crds"


def install(cluster: Cluster, image: str, watched: list[str]) -> None:
    """Apply the definitions and install the chart for these namespaces; returns when the operator is ready."""
    note("kubectl apply --server-side -f crds/")
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(CRDS))
    note(f"helm install {RELEASE} charts/orgport --namespace {NAMESPACE}, watching {' and '.join(watched)} ...")
    values = chart_values(image, watched)
    with Config(kubeconfig_path=cluster.kubeconfig, kube_context=cluster.context, namespace=NAMESPACE) as helm:
        helm.install(CHART, RELEASE, values, namespace=NAMESPACE, create_namespace=True)
    cluster.kubectl(
        "-n", NAMESPACE, "rollout", "status", "deployment", "-l", "app.kubernetes.io/name=orgport", "--timeout=180s"
    )  # fmt: skip
    note(cluster.kubectl("-n", NAMESPACE, "get", "pods").rstrip())


def chart_values(image: str, watched: list[str]) -> dict[str, Any]:
    repository, _, tag = image.rpartition(":")
    return {
        "image": {"repository": repository, "tag": tag},
        "watchNamespaces": watched,
        "crds": {"install": False},  # they are applied beside the release: the cluster's tests use them too
    }
