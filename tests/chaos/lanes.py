"""Namespaces with an installation each, whose servers are reached through gates; one run at a time in each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.chaos.containers import identity, kill, pid_of
from tests.chaos.gate import Gate, Gates
from tests.chaos.places import Place, Server
from tests.cluster.access import Cluster
from tests.cluster.browsertrix import MONGO_PORT, S3_PORT
from tests.cluster.forwarding import accepts, reachable
from tests.cluster.installation import Hosted, create
from tests.cluster.processes import wait_for
from tests.cluster_runs.sites import Site
from tests.organizations import Organization

SERVERS: dict[Server, tuple[str, int]] = {"store": ("local-minio", S3_PORT), "database": ("local-mongo", MONGO_PORT)}


@dataclass
class Lane:
    """An installation, and the gates before its servers. What a test looks at goes past them."""

    site: Site
    gates: dict[Server, Gate]
    direct: dict[Server, str]
    """The "host:port" of each server past its gate."""

    def hold(self, place: Place) -> None:
        self.gates[place.hold.server].hold_at(place.hold.pattern, place.hold.after)

    def wait_until_held(self, place: Place, seconds: float) -> bool:
        return self.gates[place.hold.server].wait_until_held(seconds)

    def open(self) -> None:
        for gate in self.gates.values():
            gate.open()

    def crash(self, server: Server) -> None:
        """End the server's process. The kubelet starts it again, with what it has written and its Secrets of then."""
        kill(identity(self.pod_of(server)))

    def until_ready(self, server: Server) -> None:
        """Wait until a server that crashed answers."""
        host, _, port = self.direct[server].rpartition(":")
        wait_for(f"{SERVERS[server][0]} in {self.site.namespace}", lambda: accepts(host, int(port)))

    def pod_of(self, server: Server) -> dict[str, Any]:
        (pod,) = self.site.cluster.list(self.site.namespace, "pods", f"app={SERVERS[server][0]}")
        return pod

    def rekey(self, key: str) -> None:
        """The store takes this secret key from now on."""
        store = replace(self.site.store, secret_key=key)
        self.site = replace(self.site, installation=replace(self.site.installation, store=store))

    def unfinished_uploads(self) -> list[str]:
        """MinIO's folders of uploads that were neither completed nor aborted; its listing does not say."""
        root = Path(f"/proc/{pid_of(identity(self.pod_of('store')))}/root")
        return [str(each.relative_to(root)) for each in root.glob("data/objects/.minio.sys/multipart/*/*")]

    def clear(self) -> None:
        """As it was before any run: no resource and no export."""
        self.open()
        self.site.kubectl("delete", "orgexports,orgimports", "--all", "--wait", "--timeout=120s")
        installation = self.site.installation
        installation.store.delete(installation.exports, *installation.exported())

    def empty(self) -> None:
        """As it was before any import: no document but the version's, and no object."""
        installation = self.site.installation
        with installation.mongo.open() as database:
            for name in database.list_collection_names():
                database[name].drop()
        for storage in installation.storages:
            installation.store.delete(storage.bucket, *installation.store.keys(storage.bucket))
        installation.prepare()


@contextmanager
def lane(cluster: Cluster, gates: Gates, namespace: str, *organizations: Organization) -> Iterator[Lane]:
    """A fresh lane with the organizations in it. It stays in the cluster, but its servers cannot be reached then."""
    cluster.delete_namespace(namespace)
    with ExitStack() as stack:
        hosted = stack.enter_context(create(cluster, namespace, *organizations))
        direct = {server: stack.enter_context(aside(cluster, namespace, *SERVERS[server])) for server in SERVERS}
        made: dict[Server, Gate] = {}
        for server, (name, port) in SERVERS.items():
            host, _, number = direct[server].rpartition(":")
            made[server] = gates.before(host, int(number))
            put_before(cluster, namespace, name, port, gates.address, made[server].port)
        yield Lane(Site(cluster, namespace, past_the_gates(hosted, direct).contents), made, direct)


@contextmanager
def aside(cluster: Cluster, namespace: str, name: str, port: int) -> Iterator[str]:
    """The "host:port" of a second Service of the server."""
    spec = {"selector": {"app": name}, "ports": [{"port": port}]}
    cluster.apply(service(namespace, f"behind-{name}", spec))
    with reachable(cluster, namespace, f"behind-{name}", port) as address:
        yield address


def put_before(cluster: Cluster, namespace: str, name: str, port: int, address: str, gate: int) -> None:
    """Have the Service lead to the gate."""
    cluster.kubectl("-n", namespace, "delete", "service", name)
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{name}-gate",
            "namespace": namespace,
            "labels": {"kubernetes.io/service-name": name},
        },
        "addressType": "IPv4",
        "ports": [{"name": "", "port": gate, "protocol": "TCP"}],
        "endpoints": [{"addresses": [address]}],
    }
    cluster.apply(service(namespace, name, {"ports": [{"port": port, "targetPort": gate}]}), endpoints)


def service(namespace: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def past_the_gates(hosted: Hosted, direct: dict[Server, str]) -> Hosted:
    user, _, _ = hosted.mongo_uri.rpartition("@")
    return replace(hosted, mongo_uri=f"{user}@{direct['database']}/", s3_endpoint=f"http://{direct['store']}")
