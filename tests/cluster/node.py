"""The one node: containerd, kubelet, proxy and DNS."""

from __future__ import annotations

import json
import time

from tests.cluster.access import embedded
from tests.cluster.certificates import write_kubeconfig
from tests.cluster.images import CTR, load_pause
from tests.cluster.network import set_up_network
from tests.cluster.node_files import (
    CONTAINERD_CONFIGURATION,
    COREFILE,
    KUBELET_CONFIGURATION,
    PROXY_CONFIGURATION,
    write_node_files,
)
from tests.cluster.processes import start, stop, wait_for
from tests.cluster.settings import COREDNS, DNS_VIP, KUBE, NODE, PID, STATE
from tests.cluster.shell import attempt, run


def start_node() -> None:
    """Start the node and wait until pods can be scheduled to it."""
    write_node_files(write_kubeconfig("proxy"))
    set_up_network()
    start("containerd", "containerd", "--config", CONTAINERD_CONFIGURATION)
    wait_for("containerd", lambda: attempt(*CTR, "version") is not None)
    load_pause()
    write_kubeconfig("kubelet")
    start_kubelet()
    start("proxy", KUBE, "proxy", f"--config={PROXY_CONFIGURATION}")
    start("coredns", COREDNS, "-conf", COREFILE)
    embedded().kubectl("create", "-f", "-", stdin=json.dumps(dns_service()))
    wait_for("the node", is_ready)
    wait_for("the default account", lambda: embedded().attempt("get", "serviceaccount", "default") is not None)


def start_kubelet() -> None:
    start(
        "kubelet", KUBE, "kubelet",
        f"--config={KUBELET_CONFIGURATION}",
        f"--root-dir={STATE}/kubelet",
        f"--kubeconfig={STATE}/kubelet.kubeconfig",
        f"--hostname-override={NODE}",
        f"--node-ip={address()}",
    )  # fmt: skip


def is_ready() -> bool:
    path = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'
    return embedded().attempt("get", "node", NODE, "-o", path, "--request-timeout=5s") == "True"


def address() -> str:
    """This machine's first IPv4 address that is neither on the loopback device nor on the pods' bridge."""
    links = json.loads(run("ip", "-json", "-4", "addr", "show", "scope", "global"))
    addresses = (entry for link in links if is_own(link) for entry in link["addr_info"])
    found: str = next(entry["local"] for entry in addresses if "local" in entry)
    return found


def is_own(link: dict[str, object]) -> bool:
    name = str(link.get("ifname", ""))
    return bool(name) and name != "lo" and not name.startswith(("orgport", "veth"))


def dns_service() -> dict[str, object]:
    """kube-dns, as a Service, so that nothing else is given its address."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kube-dns", "namespace": "kube-system"},
        "spec": {"clusterIP": DNS_VIP, "ports": [{"name": "dns", "port": 9953}]},
    }


def kill_node() -> None:
    """As when the machine is lost: no kubelet, no container."""
    stop("kubelet")
    kill_containers()


def kill_containers() -> None:
    for task in tasks():
        attempt(*CTR, "tasks", "kill", "-s", "SIGKILL", task)


def stop_containerd() -> None:
    if not (PID / "containerd").exists():
        return
    kill_containers()
    time.sleep(0.5)  # a killed container's task can be deleted a moment later
    for task in tasks():
        attempt(*CTR, "tasks", "delete", "-f", task)
    stop("containerd")


def tasks() -> list[str]:
    return (attempt(*CTR, "tasks", "ls", "-q") or "").split()
