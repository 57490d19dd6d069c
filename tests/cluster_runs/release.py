"""The operator, installed from the chart into a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from helm_python import Config

from tests.cluster.access import Cluster
from tests.cluster.settings import REPOSITORY

RELEASE = "orgport"
CHART = REPOSITORY / "charts" / "orgport"
SECONDS = 180


@contextmanager
def installed(cluster: Cluster, namespace: str, image: str, watched: Sequence[str]) -> Iterator[None]:
    """A release of the chart that watches these namespaces, ready; uninstalled in the end."""
    uninstall(cluster, namespace)
    install(cluster, namespace, image, watched)
    yield
    uninstall(cluster, namespace)


def install(cluster: Cluster, namespace: str, image: str, watched: Sequence[str]) -> None:
    """Install the chart and wait until the operator is ready.

    The definitions are applied beside the release, for others who use the same cluster want them too.
    """
    cluster.apply_definitions()
    repository, _, tag = image.rpartition(":")
    values = {
        "image": {"repository": repository, "tag": tag},
        "watchNamespaces": list(watched),
        "crds": {"install": False},
    }
    with helm_in(cluster, namespace) as helm:
        helm.install(CHART, RELEASE, values, namespace=namespace, create_namespace=True)
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
