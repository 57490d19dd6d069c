"""Versions, places and addresses of the embedded cluster."""

from __future__ import annotations

import os
from pathlib import Path

KUBERNETES = "v1.35.4"
ETCD = "v3.6.8"
COREDNS = "v1.15.0"
MINIO = "v0.0.0-20260212201848-7aac2a2c5b7c"  # the last release, as a Go module
FERRETDB = "v1.24.2"  # the last that keeps its data in SQLite
DEBIAN = "bookworm"

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = Path(__file__).resolve().parent / "programs"

CACHE = Path.home() / ".cache" / "orgport-cluster"
COMPONENTS = CACHE / f"kubernetes-{KUBERNETES}-etcd-{ETCD}-coredns-{COREDNS}"
KUBE, ETCD_BINARY, COREDNS_BINARY = COMPONENTS / "kube", COMPONENTS / "etcd", COMPONENTS / "coredns"
MINIO_BINARY = CACHE / f"minio-{MINIO}" / "minio"
FERRETDB_BINARY = CACHE / f"ferretdb-{FERRETDB}" / "ferretdb"
BASE_ARCHIVE = CACHE / f"debian-{DEBIAN}" / "python.tar"

BASE_IMAGE = f"localhost/debian-python:{DEBIAN}"
MINIO_IMAGE = f"localhost/minio:{MINIO.split('-')[1]}"
FERRETDB_IMAGE = f"localhost/ferretdb:{FERRETDB}"
PAUSE_IMAGE = "localhost/pause:1"

STATE = Path(os.environ.get("ORGPORT_CLUSTER_DIR", "/var/tmp/orgport-cluster"))
PKI, LOG, PID = STATE / "pki", STATE / "log", STATE / "pid"
KUBECONFIG = STATE / "admin.kubeconfig"
CONTAINERD_SOCKET = STATE / "containerd.sock"

CONTEXT = "orgport-test"
NODE = "node-1"
BRIDGE = "orgport0"
API_VIP, DNS_VIP = "10.96.0.1", "10.96.0.10"  # of the Services kubernetes and kube-dns
SERVICE_RANGE, POD_RANGE = "10.96.0.0/16", "10.88.0.0/16"
