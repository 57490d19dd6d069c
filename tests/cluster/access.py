"""A cluster as tests and demo see it: kubectl, and no more."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.settings import CONTEXT, KUBE, KUBECONFIG, REPOSITORY
from tests.cluster.shell import ClusterError, exclusively, run


@dataclass(frozen=True)
class Cluster:
    """A cluster and the right to use it."""

    kubeconfig: Path
    context: str
    is_embedded: bool
    command: tuple[str, ...]

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl printed; ClusterError with its message when it fails."""
        return run(*self.command, *arguments, stdin=stdin)

    def attempt(self, *arguments: str) -> str | None:
        """What kubectl printed, or None if it failed."""
        try:
            return self.kubectl(*arguments)
        except ClusterError:
            return None

    def apply(self, *documents: Mapping[str, Any]) -> None:
        """Create the objects, or bring them to this state."""
        self.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))

    def get(self, namespace: str, kind: str, name: str) -> dict[str, Any]:
        """The object; ClusterError when there is none."""
        found: dict[str, Any] = json.loads(self.kubectl("-n", namespace, "get", kind, name, "-o", "json"))
        return found

    def list(self, namespace: str, kind: str, selector: str = "") -> list[dict[str, Any]]:
        """The objects of a kind, by label selector."""
        text = self.kubectl("-n", namespace, "get", kind, "-l", selector, "-o", "json")
        items: list[dict[str, Any]] = json.loads(text)["items"]
        return items

    def apply_definitions(self) -> None:
        """Bring this source's definitions in; one process at a time, and not back before they are served."""
        with exclusively("definitions"):
            self.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(REPOSITORY / "crds"))
            names = ("crd/orgexports.orgport.dev", "crd/orgimports.orgport.dev")
            self.kubectl("wait", *names, "--for=condition=Established", "--timeout=30s")

    def create_namespace(self, name: str) -> None:
        """Have the namespace, in which only restricted pods may run."""
        metadata = {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})

    def delete_namespace(self, name: str) -> None:
        """Delete the namespace and wait until it is gone."""
        self.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait", "--timeout=180s")


def embedded() -> Cluster:
    """The embedded cluster, whether it runs or not."""
    command = (str(KUBE), "kubectl", "--kubeconfig", str(KUBECONFIG))
    return Cluster(KUBECONFIG, CONTEXT, is_embedded=True, command=command)


def external(environment: Mapping[str, str]) -> Cluster:
    """KUBECONFIG's cluster, if its context is in ORGPORT_CLUSTER_CONTEXTS: nobody's production is touched."""
    kubeconfig = Path(environment.get("KUBECONFIG") or Path.home() / ".kube" / "config")
    if not kubeconfig.is_file() or shutil.which("kubectl") is None:
        raise ClusterError(f"ORGPORT_CLUSTER=external needs kubectl and the file {kubeconfig} (KUBECONFIG)")
    context = run("kubectl", "--kubeconfig", kubeconfig, "config", "current-context").strip()
    allowed = [name.strip() for name in environment.get("ORGPORT_CLUSTER_CONTEXTS", "").split(",")]
    if context not in allowed:
        raise ClusterError(
            f"the context {context} of {kubeconfig} is not in ORGPORT_CLUSTER_CONTEXTS. Tests create and delete "
            f"namespaces and CRDs: if this cluster is for tests, set ORGPORT_CLUSTER_CONTEXTS={context}"
        )
    command = ("kubectl", "--kubeconfig", str(kubeconfig), "--context", context)
    return Cluster(kubeconfig, context, is_embedded=False, command=command)


def is_external() -> bool:
    """Whether ORGPORT_CLUSTER asks for KUBECONFIG's cluster instead of the embedded one."""
    wanted = os.environ.get("ORGPORT_CLUSTER", "embedded")
    if wanted not in ("embedded", "external"):
        raise ClusterError(f"ORGPORT_CLUSTER is {wanted!r}; it must be embedded or external")
    return wanted == "external"
