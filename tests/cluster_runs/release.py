"""The operator, installed from the chart into a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from helm_python import Config

from tests.cluster.access import Cluster

REPOSITORY = Path(__file__).resolve().parents[2]
CHART = REPOSITORY / "charts" / "orgport"
SECONDS = 180


@contextmanager
def installed(cluster: Cluster, namespace: str, image: str, watched: Sequence[str]) -> Iterator[None]:
    """A release of the chart that watches these namespaces, ready; uninstalled in the end.

    The definitions are applied beside it, for other tests of the same cluster want them too.
    """
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(REPOSITORY / "crds"))
    repository, _, tag = image.rpartition(":")
    values = {
        "image": {"repository": repository, "tag": tag},
        "watchNamespaces": list(watched),
        "crds": {"install": False},
    }
    with Config(kubeconfig_path=cluster.kubeconfig, kube_context=cluster.context, namespace=namespace) as helm:
        helm.uninstall("orgport", ignore_not_found=True)
        helm.install(CHART, "orgport", values, namespace=namespace, create_namespace=True)
        cluster.kubectl(
            "-n", namespace, "rollout", "status", "deployment", "-l", "app.kubernetes.io/name=orgport",
            f"--timeout={SECONDS}s",
        )  # fmt: skip
        yield
        helm.uninstall("orgport", ignore_not_found=True)
