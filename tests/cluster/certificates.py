"""The cluster's certificates, and the kubeconfigs that use them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cluster.settings import API_VIP, CONTEXT, NODE, PKI, STATE
from tests.cluster.shell import run

DAYS = "30"
API_NAMES = f"DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:localhost,IP:127.0.0.1,IP:{API_VIP}"
CLIENTS = {
    "admin": "/O=system:masters/CN=admin",
    "controller-manager": "/CN=system:kube-controller-manager",
    "scheduler": "/CN=system:kube-scheduler",
    "proxy": "/CN=system:kube-proxy",
    "kubelet-client": "/O=system:masters/CN=kube-apiserver-kubelet-client",
}


def make_certificates(node_address: str) -> None:
    """A certificate authority, and what it signs for every component."""
    PKI.mkdir(parents=True)
    openssl("genrsa", "-out", "sa.key", "2048")
    openssl("rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub")
    request = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt")
    openssl(*request, "-days", DAYS, "-subj", "/CN=orgport-test-ca")
    sign("apiserver", "/CN=kube-apiserver", API_NAMES)
    sign("kubelet", f"/O=system:nodes/CN=system:node:{NODE}", f"DNS:{NODE},IP:{node_address}")
    for name, subject in CLIENTS.items():
        sign(name, subject)


def sign(name: str, subject: str, alternative_names: str = "") -> None:
    """A key and its certificate, <name>.key and <name>.crt."""
    openssl(
        "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject
    )  # fmt: skip
    (PKI / f"{name}.ext").write_text(f"subjectAltName={alternative_names}\n")
    extension = ("-extfile", f"{name}.ext") if alternative_names else ()
    authority = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial")
    openssl("x509", "-req", "-in", f"{name}.csr", *authority, "-out", f"{name}.crt", "-days", DAYS, *extension)


def openssl(*arguments: str) -> None:
    run("openssl", *arguments, cwd=PKI)


def write_kubeconfig(name: str) -> Path:
    """<name>.kubeconfig for the certificate of that name."""
    path = STATE / f"{name}.kubeconfig"
    path.touch(mode=0o600)
    path.write_text(json.dumps(kubeconfig(name)))
    return path


def kubeconfig(name: str) -> dict[str, object]:
    server = {"server": "https://127.0.0.1:6443", "certificate-authority": str(PKI / "ca.crt")}
    user = {"client-certificate": str(PKI / f"{name}.crt"), "client-key": str(PKI / f"{name}.key")}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": CONTEXT,
        "clusters": [{"name": CONTEXT, "cluster": server}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": name}}],
    }
