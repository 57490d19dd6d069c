"""Bring the embedded cluster up, and take it down without a trace."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.cluster import binaries, node
from tests.cluster.access import Cluster, embedded, external, is_external
from tests.cluster.certificates import make_certificates, write_kubeconfig
from tests.cluster.control_plane import start_control_plane
from tests.cluster.images import load_services
from tests.cluster.network import remove_network
from tests.cluster.processes import stop
from tests.cluster.settings import KUBECONFIG, STATE
from tests.cluster.shell import ClusterError, attempt, exclusively, install_debian_packages, say

NODE_PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "ip": "iproute2",
    "openssl": "openssl",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
}


def connect() -> Cluster:
    """The cluster of tests and demo: KUBECONFIG's with ORGPORT_CLUSTER=external, else the embedded one, brought up."""
    if is_external():
        return external(os.environ)
    up()
    load_services()
    return embedded()


def up() -> None:
    """Start the embedded cluster, unless it runs."""
    if os.geteuid() != 0:
        raise ClusterError("the embedded cluster needs root; or use a cluster of yours: ORGPORT_CLUSTER=external")
    install_debian_packages(NODE_PACKAGES)
    binaries.everything()
    with exclusively("cluster"):
        if not (KUBECONFIG.exists() and node.is_ready()):
            start_anew()


def start_anew() -> None:
    take_down()
    say("starting the embedded Kubernetes (about 15 s) ...")
    STATE.mkdir(parents=True)
    address = node.address()
    make_certificates(address)
    write_kubeconfig("admin")
    start_control_plane(address)
    node.start_node()


def down() -> None:
    """Stop everything that `up` started and remove its state."""
    with exclusively("cluster"):
        take_down()


def take_down() -> None:
    for name in ("coredns", "kubelet", "proxy", "scheduler", "controller-manager", "apiserver", "etcd"):
        stop(name)
    node.stop_containerd()
    unmount()
    remove_network()
    shutil.rmtree(STATE, ignore_errors=True)


def unmount() -> None:
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((mount for mount in mounts if mount.startswith(f"{STATE}/")), reverse=True):
        attempt("umount", "-l", mount)
