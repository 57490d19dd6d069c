"""How a program outside a cluster reaches a Service in it."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.access import Cluster
from tests.cluster.processes import wait_for
from tests.cluster.shell import ClusterError


@contextmanager
def reachable(cluster: Cluster, namespace: str, service: str, port: int) -> Iterator[str]:
    """The Service's "host:port" for this machine: its own address in the embedded cluster, else a forwarded port."""
    if cluster.is_embedded:
        host = cluster.get(namespace, "service", service)["spec"]["clusterIP"]
        wait_for(f"{service} in {namespace}", lambda: accepts(host, port))
        yield f"{host}:{port}"
    else:
        with forwarded(cluster, namespace, service, port) as address:
            yield address


def accepts(host: str, port: int) -> bool:
    """Whether the cluster's proxy knows of the Service and of a pod behind it, which may be after both are ready."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def forwarded(cluster: Cluster, namespace: str, service: str, port: int) -> Iterator[str]:
    """A port of this machine that kubectl forwards to a pod of the Service."""
    command = [*cluster.command, "-n", namespace, "port-forward", f"service/{service}", f":{port}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield f"127.0.0.1:{local_port(process)}"
        finally:
            process.terminate()


def local_port(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout else ""
    found = re.search(r"from 127\.0\.0\.1:(\d+)", line)
    if found is None:
        raise ClusterError(f"kubectl port-forward does not work: {line.strip()}")
    return found.group(1)
