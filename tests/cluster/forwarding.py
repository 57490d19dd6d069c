"""How a program outside a cluster reaches a Service in it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.access import Cluster
from tests.cluster.shell import ClusterError


@contextmanager
def reachable(cluster: Cluster, namespace: str, service: str, port: int) -> Iterator[str]:
    """The Service's "host:port" for this machine: its own address in the embedded cluster, else a forwarded port."""
    if cluster.is_embedded:
        yield f"{cluster.get(namespace, 'service', service)['spec']['clusterIP']}:{port}"
    else:
        with forwarded(cluster, namespace, service, port) as address:
            yield address


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
