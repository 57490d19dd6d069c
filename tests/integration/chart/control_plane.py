"""An API server of one's own, with etcd and the controllers but without a node: for what concerns a whole cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.cluster import binaries
from tests.cluster.access import Cluster
from tests.cluster.settings import ETCD, KUBE
from tests.cluster.shell import run
from tests.servers import answers, free_port, serving

CONTEXT = "apart"
TOKEN = "of-the-administrator-of-a-test"


@contextmanager
def control_plane(folder: Path) -> Iterator[Cluster]:
    """Serves until it is left; everything lies in the folder."""
    binaries.have("kube", "etcd")
    run("openssl", "genrsa", "-out", folder / "accounts.key", "2048")
    (folder / "tokens.csv").write_text(f"{TOKEN},administrator,1,system:masters\n")
    port = free_port()
    cluster = cluster_at(folder, port, "admin", TOKEN)
    with ExitStack() as stack:
        etcd = stack.enter_context(_etcd(folder))
        stack.enter_context(_api_server(folder, etcd, port, cluster))
        stack.enter_context(_controllers(folder, cluster))
        yield cluster


def cluster_at(folder: Path, port: int, name: str, token: str) -> Cluster:
    """The cluster as the bearer of the token sees it; its kubeconfig is written into the folder."""
    server = {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(folder / "certs" / "apiserver.crt")}
    configuration = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": CONTEXT,
        "clusters": [{"name": CONTEXT, "cluster": server}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": name}}],
    }
    path = folder / f"{name}.kubeconfig"
    path.touch(mode=0o600)
    path.write_text(json.dumps(configuration))
    return Cluster(path, CONTEXT, is_embedded=False, command=(str(KUBE), "kubectl", "--kubeconfig", str(path)))


def as_account(cluster: Cluster, namespace: str, account: str) -> Cluster:
    """The same cluster as a ServiceAccount sees it."""
    token = cluster.kubectl("-n", namespace, "create", "token", account).strip()
    (entry,) = json.loads(cluster.kubeconfig.read_text())["clusters"]
    port = int(entry["cluster"]["server"].rpartition(":")[2])
    return cluster_at(cluster.kubeconfig.parent, port, f"{namespace}-{account}", token)


@contextmanager
def _etcd(folder: Path) -> Iterator[str]:
    clients, peers = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    command = [
        ETCD, "--data-dir", folder / "etcd", "--unsafe-no-fsync", "--initial-cluster", f"default={peers}",
        "--listen-client-urls", clients, "--advertise-client-urls", clients,
        "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
    ]  # fmt: skip
    with serving("etcd", command, folder, lambda: answers(clients.removeprefix("http://"))):
        yield clients


@contextmanager
def _api_server(folder: Path, etcd: str, port: int, cluster: Cluster) -> Iterator[None]:
    command = [
        KUBE, "apiserver",
        f"--etcd-servers={etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={folder / 'certs'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        f"--service-account-key-file={folder / 'accounts.key'}",
        f"--service-account-signing-key-file={folder / 'accounts.key'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.97.0.0/24",
        "--authorization-mode=RBAC",
        "--allow-privileged=true",
        "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
    ]  # fmt: skip
    with serving("apiserver", command, folder, lambda: cluster.attempt("get", "--raw", "/readyz") == "ok"):
        yield


@contextmanager
def _controllers(folder: Path, cluster: Cluster) -> Iterator[None]:
    command = [
        KUBE, "controller-manager",
        f"--kubeconfig={cluster.kubeconfig}",
        "--leader-elect=false",
        "--secure-port=0",
        f"--service-account-private-key-file={folder / 'accounts.key'}",
        f"--root-ca-file={folder / 'certs' / 'apiserver.crt'}",
    ]  # fmt: skip
    accounts = ("-n", "default", "get", "serviceaccount", "default")
    with serving("controller-manager", command, folder, lambda: cluster.attempt(*accounts) is not None):
        yield
