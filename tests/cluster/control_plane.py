"""etcd, API server, controller manager and scheduler."""

from __future__ import annotations

import json

from tests.cluster.access import embedded
from tests.cluster.certificates import write_kubeconfig
from tests.cluster.processes import start, wait_for
from tests.cluster.settings import AUDIT_LOG, ETCD, KUBE, PKI, SERVICE_RANGE, STATE

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "userGroups": ["system:serviceaccounts:kube-system"]},
        {"level": "Metadata", "userGroups": ["system:serviceaccounts"]},
        {"level": "None"},
    ],
}
"""What operators and workers ask is written down, and nothing else."""
ETCD_CLIENTS, ETCD_PEERS = "http://127.0.0.1:23790", "http://127.0.0.1:23800"


def start_control_plane(node_address: str) -> None:
    start_etcd()
    start_api_server(node_address)
    wait_for("the API server", lambda: embedded().attempt("get", "--raw", "/readyz") == "ok")
    start_controllers()


def start_etcd() -> None:
    start(
        "etcd", ETCD, "--data-dir", STATE / "etcd", "--unsafe-no-fsync",
        "--listen-client-urls", ETCD_CLIENTS, "--advertise-client-urls", ETCD_CLIENTS,
        "--listen-peer-urls", ETCD_PEERS, "--initial-advertise-peer-urls", ETCD_PEERS,
        "--initial-cluster", f"default={ETCD_PEERS}",
    )  # fmt: skip


def start_api_server(node_address: str) -> None:
    policy = STATE / "audit-policy.json"
    policy.write_text(json.dumps(AUDIT_POLICY))
    start(
        "apiserver", KUBE, "apiserver",
        f"--etcd-servers={ETCD_CLIENTS}",
        "--secure-port=6443",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        f"--advertise-address={node_address}",
        f"--client-ca-file={PKI}/ca.crt",
        f"--tls-cert-file={PKI}/apiserver.crt",
        f"--tls-private-key-file={PKI}/apiserver.key",
        f"--service-account-key-file={PKI}/sa.pub",
        f"--service-account-signing-key-file={PKI}/sa.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement",
        f"--kubelet-client-certificate={PKI}/kubelet-client.crt",
        f"--kubelet-client-key={PKI}/kubelet-client.key",
        "--kubelet-preferred-address-types=InternalIP",
        "--allow-privileged=true",
        f"--audit-policy-file={policy}",
        f"--audit-log-path={AUDIT_LOG}",
    )  # fmt: skip


def start_controllers() -> None:
    start(
        "controller-manager", KUBE, "controller-manager",
        "--leader-elect=false",
        f"--kubeconfig={write_kubeconfig('controller-manager')}",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={PKI}/sa.key",
        f"--root-ca-file={PKI}/ca.crt",
    )  # fmt: skip
    start("scheduler", KUBE, "scheduler", "--leader-elect=false", f"--kubeconfig={write_kubeconfig('scheduler')}")
