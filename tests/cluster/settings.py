"""Places and addresses of the embedded cluster."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

DEBIAN = "bookworm"

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = Path(__file__).resolve().parent / "programs"  # what is compiled; go.mod pins it


def digest_of(*files: Path) -> str:
    """Twelve digits that change with the names and contents of files of this repository."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(REPOSITORY)}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


COMMANDS = ("kube", "etcd", "coredns", "pause")  # of programs/go.mod; the others are commands of what it requires
PINNED = digest_of(SOURCES / "go.mod", SOURCES / "go.sum", *(SOURCES / name / "main.go" for name in COMMANDS))

CACHE = Path.home() / ".cache" / "orgport-cluster"
PROGRAMS = CACHE / f"programs-{PINNED}"
KUBE, ETCD, COREDNS, PAUSE = PROGRAMS / "kube", PROGRAMS / "etcd", PROGRAMS / "coredns", PROGRAMS / "pause"
BASE_ARCHIVE = CACHE / f"debian-{DEBIAN}" / "python.tar"

BASE_IMAGE = f"localhost/debian-python:{DEBIAN}"
MINIO_IMAGE = f"localhost/minio:{PINNED}"
FERRETDB_IMAGE = f"localhost/ferretdb:{PINNED}"
PAUSE_IMAGE = "localhost/pause:1"

STATE = Path(os.environ.get("ORGPORT_CLUSTER_DIR", "/var/tmp/orgport-cluster"))
PKI, LOG, PID = STATE / "pki", STATE / "log", STATE / "pid"
KUBECONFIG = STATE / "admin.kubeconfig"
AUDIT_LOG = LOG / "audit.log"
CONTAINERD_SOCKET = STATE / "containerd.sock"

CONTEXT = "orgport-test"
NODE = "node-1"
BRIDGE = "orgport0"
API_VIP, DNS_VIP = "10.96.0.1", "10.96.0.10"  # of the Services kubernetes and kube-dns
SERVICE_RANGE, POD_RANGE = "10.96.0.0/16", "10.88.0.0/16"
