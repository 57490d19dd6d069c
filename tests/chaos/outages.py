"""What befalls everybody at once: the node, the operator, the API server, or the servers of all installations."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tests.chaos.lanes import Lane
from tests.chaos.places import Server
from tests.cluster.access import Cluster
from tests.cluster.control_plane import start_api_server
from tests.cluster.node import address, kill_node, start_kubelet
from tests.cluster.processes import stop, wait_for

OPERATOR = "chaos-operator"
NODE_SECONDS, API_SERVER_SECONDS, SERVER_SECONDS = 30.0, 60.0, 30.0


def lose_node(cluster: Cluster, lanes: Sequence[Lane]) -> None:
    """As when a machine restarts: every container is gone, and comes again half a minute later."""
    kill_node()
    open_all(lanes)
    time.sleep(NODE_SECONDS)
    start_kubelet()


def kill_operator(cluster: Cluster, lanes: Sequence[Lane]) -> None:
    selector = ("-l", "app.kubernetes.io/name=orgport")
    cluster.kubectl("-n", OPERATOR, "delete", "pods", *selector, "--grace-period=0", "--force")
    open_all(lanes)


def stop_api_server(cluster: Cluster, lanes: Sequence[Lane]) -> None:
    stop("apiserver")
    open_all(lanes)
    time.sleep(API_SERVER_SECONDS)
    start_api_server(address())
    wait_for("the API server", lambda: cluster.attempt("get", "--raw", "/readyz") == "ok")


def stop_stores(cluster: Cluster, lanes: Sequence[Lane]) -> None:
    with stopped("store", lanes):
        time.sleep(SERVER_SECONDS)


def stop_databases(cluster: Cluster, lanes: Sequence[Lane]) -> None:
    with stopped("database", lanes):
        time.sleep(SERVER_SECONDS)


@contextmanager
def stopped(server: Server, lanes: Sequence[Lane]) -> Iterator[None]:
    """The processes crash, and nobody reaches those that are started in their place."""
    for lane in lanes:
        lane.gates[server].refuse()
        lane.crash(server)
    open_all(lanes)
    yield
    for lane in lanes:
        lane.until_ready(server)
        lane.gates[server].accept()


def open_all(lanes: Sequence[Lane]) -> None:
    for lane in lanes:
        lane.open()


OUTAGES: dict[str, Callable[[Cluster, Sequence[Lane]], None]] = {
    "node": lose_node,
    "operator": kill_operator,
    "api-server": stop_api_server,
    "stores": stop_stores,
    "databases": stop_databases,
}
