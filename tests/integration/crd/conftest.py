"""The definitions in a cluster, and a client that asks its API server."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from orgport.api.names import GROUP, PLURALS, VERSION
from tests.cluster.access import Cluster


@dataclass(frozen=True)
class Server:
    """The API server's answers about our two kinds, in one namespace."""

    objects: client.CustomObjectsApi
    cluster: Cluster
    namespace: str

    def create(self, resource: dict[str, Any], *, dry_run: bool = True) -> dict[str, Any]:
        """The object as it is, or would be, stored."""
        options = {"dry_run": "All"} if dry_run else {}
        created: dict[str, Any] = self.objects.create_namespaced_custom_object(
            *self._place(resource["kind"]), resource, field_validation="Strict", **options
        )
        return created

    def refusal(self, resource: dict[str, Any]) -> str:
        """The message with which the object is refused."""
        with pytest.raises(ApiException) as caught:
            self.create(resource)
        return str(json.loads(caught.value.body or "")["message"])

    def create_with_kubectl(self, resource: dict[str, Any]) -> dict[str, Any]:
        """The object as it would be stored; the Python client leaves out what is None, kubectl says null."""
        command = ("-n", self.namespace, "create", "--dry-run=server", "-o", "json", "-f", "-")
        created: dict[str, Any] = json.loads(self.cluster.kubectl(*command, stdin=json.dumps(resource)))
        return created

    def patch(self, kind: str, name: str, patch: dict[str, Any]) -> dict[str, Any]:
        """The object as a merge patch would leave it."""
        patched: dict[str, Any] = self.objects.patch_namespaced_custom_object(
            *self._place(kind), name, patch, dry_run="All", field_validation="Strict"
        )
        return patched

    def patch_status(self, kind: str, name: str, status: dict[str, Any]) -> dict[str, Any]:
        """The object after a merge patch of its status."""
        patched: dict[str, Any] = self.objects.patch_namespaced_custom_object_status(
            *self._place(kind), name, {"status": status}
        )
        return patched

    def _place(self, kind: str) -> tuple[str, str, str, str]:
        return GROUP, VERSION, self.namespace, PLURALS[kind]


@pytest.fixture(scope="session")
def definitions(cluster: Cluster) -> Cluster:
    """The cluster, with the definitions of this checkout."""
    cluster.apply_definitions()
    cluster.kubectl("wait", "--for=condition=Established", "crd/orgexports.orgport.dev", "crd/orgimports.orgport.dev")
    return cluster


@pytest.fixture(scope="session")
def server(definitions: Cluster) -> Iterator[Server]:
    """The API server, and a namespace of this session's own."""
    namespace = f"crd-{secrets.token_hex(4)}"
    definitions.create_namespace(namespace)
    with config.new_client_from_config(str(definitions.kubeconfig), definitions.context) as api:
        yield Server(client.CustomObjectsApi(api), definitions, namespace)
    definitions.kubectl("delete", "namespace", namespace, "--wait=false")
