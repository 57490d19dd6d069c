"""The operator, installed from the chart into a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helm_python import Config

from tests.cluster.access import Cluster
from tests.cluster.settings import REPOSITORY

RELEASE = "orgport"
CHART = REPOSITORY / "charts" / "orgport"
PREVIOUS = Path(__file__).parent / "previous" / "orgport-0.1.0-alpha.1.tgz"
"""The chart as it was before; `helm package` has made it."""
SECONDS = 180


@contextmanager
def installed(cluster: Cluster, namespace: str, image: str, watched: Sequence[str]) -> Iterator[None]:
    """A release of the chart that watches these namespaces, ready; uninstalled in the end."""
    uninstall(cluster, namespace)
    install(cluster, namespace, image, watched)
    yield
    uninstall(cluster, namespace)


def install(cluster: Cluster, namespace: str, image: str, watched: Sequence[str], chart: Path = CHART) -> None:
    """Install the chart and wait until the operator is ready.

    The definitions are applied beside the release, for others who use the same cluster want them too.
    """
    cluster.apply_definitions()
    cluster.create_namespace(namespace)
    with helm_in(cluster, namespace) as helm:
        helm.install(chart, RELEASE, values_for(image, watched), namespace=namespace)
    wait_until_ready(cluster, namespace)


def ensure(cluster: Cluster, namespace: str, image: str, watched: Sequence[str]) -> None:
    """Have the release of this chart, whether there is one or not."""
    with helm_in(cluster, namespace) as helm:
        is_there = any(found["name"] == RELEASE for found in helm.list())
    (upgrade if is_there else install)(cluster, namespace, image, watched)


def upgrade(cluster: Cluster, namespace: str, image: str, watched: Sequence[str], **values: Any) -> None:
    """Upgrade the release to this chart, and wait until the new operator is ready."""
    with helm_in(cluster, namespace) as helm:
        helm.upgrade(CHART, RELEASE, {**values_for(image, watched), **values}, namespace=namespace)
    wait_until_ready(cluster, namespace)


def roll_back(cluster: Cluster, namespace: str) -> None:
    """Roll the release back by one revision, and wait until that operator is ready."""
    with helm_in(cluster, namespace) as helm:
        helm.rollback(RELEASE)
    wait_until_ready(cluster, namespace)


def values_for(image: str, watched: Sequence[str]) -> dict[str, Any]:
    """The values of a release for these namespaces, without the definitions."""
    repository, _, tag = image.rpartition(":")
    return {
        "image": {"repository": repository, "tag": tag},
        "watchNamespaces": list(watched),
        "crds": {"install": False},
    }


def wait_until_ready(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl(
        "-n", namespace, "rollout", "status", "deployment", "-l", "app.kubernetes.io/name=orgport",
        f"--timeout={SECONDS}s",
    )  # fmt: skip


def uninstall(cluster: Cluster, namespace: str) -> None:
    """Uninstall the release, if there is one."""
    with helm_in(cluster, namespace) as helm:
        helm.uninstall(RELEASE, ignore_not_found=True)


def helm_in(cluster: Cluster, namespace: str) -> Config:
    """A client of Helm's for one namespace."""
    return Config(kubeconfig_path=cluster.kubeconfig, kube_context=cluster.context, namespace=namespace)
