"""What the cluster changes in this machine's network beside the pods' bridge: addresses, forwarding, a rule."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.settings import BRIDGE, DNS_VIP, KUBE, SERVICE_RANGE
from tests.cluster.shell import attempt, run

NO_WAY_OUT = (
    ("OUTPUT", "-d", SERVICE_RANGE, "!", "-o", "lo", "-j", "REJECT"),
    ("FORWARD", "-d", SERVICE_RANGE, "-j", "REJECT"),
)
"""A Service's address that the proxy has not translated yet is refused: sent on, some gateway might well answer."""


def set_up_network() -> None:
    run("ip", "addr", "replace", f"{DNS_VIP}/32", "dev", "lo")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    for rule in NO_WAY_OUT:
        if attempt("iptables", "--check", *rule) is None:
            run("iptables", "--append", *rule)


def remove_network() -> None:
    for rule in NO_WAY_OUT:
        attempt("iptables", "--delete", *rule)
    attempt("ip", "link", "del", BRIDGE)
    attempt("ip", "addr", "del", f"{DNS_VIP}/32", "dev", "lo")
    if KUBE.exists():
        attempt(KUBE, "proxy", "--cleanup")
