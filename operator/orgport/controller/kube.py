"""The API server: objects as dicts, each call with a time limit, and a limit on calls at once."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.client.exceptions import ApiException
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config

from orgport.api.names import GROUP, VERSION

TIMEOUT_SECONDS = 10.0
CALLS_AT_ONCE = 10
PAGE = 500

PLACES: dict[str, tuple[str, str]] = {
    "OrgExport": (f"/apis/{GROUP}/{VERSION}", "orgexports"),
    "OrgImport": (f"/apis/{GROUP}/{VERSION}", "orgimports"),
    "Job": ("/apis/batch/v1", "jobs"),
    "Pod": ("/api/v1", "pods"),
    "Event": ("/api/v1", "events"),
    "ServiceAccount": ("/api/v1", "serviceaccounts"),
    "Lease": ("/apis/coordination.k8s.io/v1", "leases"),
    "Role": ("/apis/rbac.authorization.k8s.io/v1", "roles"),
    "RoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "rolebindings"),
    # People's, on the command line: the operator may read neither.
    "ConfigMap": ("/api/v1", "configmaps"),
    "Secret": ("/api/v1", "secrets"),
}

Object = dict[str, Any]
Observe = Callable[[str, str, float], None]
"""Is told the method, path and seconds of every call, whether it succeeded or not."""


async def load_configuration(kubeconfig: Path | None = None) -> Configuration:
    """Where the API server is and who we are: the pod's account, else a kubeconfig."""
    configuration = Configuration()
    if kubeconfig is None:
        try:
            load_incluster_config(client_configuration=configuration)
            return configuration
        except ConfigException:
            pass
    await load_kube_config(config_file=str(kubeconfig) if kubeconfig else None, client_configuration=configuration)
    return configuration


@asynccontextmanager
async def open_kube(configuration: Configuration, observe: Observe = lambda *_: None) -> AsyncIterator[Kube]:
    """A client, closed at the end."""
    async with ApiClient(configuration) as client:
        client.user_agent = "orgport-controller"
        yield Kube(client, observe)


class Kube:
    """Reads and writes objects of the kinds in PLACES. Errors are the client's ApiException, or TimeoutError."""

    def __init__(self, client: ApiClient, observe: Observe = lambda *_: None) -> None:
        self._client = client
        self._observe = observe
        self._turn = asyncio.Semaphore(CALLS_AT_ONCE)

    async def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """One object; None if it is not there."""
        try:
            return await self._call("GET", _path(kind, namespace, name))
        except ApiException as error:
            if error.status == 404:
                return None
            raise

    async def list(self, kind: str, namespace: str | None, *, labels: str = "", fields: str = "") -> Sequence[Object]:
        """All objects of a namespace, or of all of them, that the selectors choose."""
        query = {"labelSelector": labels, "fieldSelector": fields, "limit": str(PAGE)}
        found: list[Object] = []
        while True:
            page = await self._call("GET", _path(kind, namespace), query=query)
            found += page.get("items") or []
            more = (page.get("metadata") or {}).get("continue")
            if not more:
                return found
            query = {**query, "continue": more}

    async def create(self, item: Object) -> Object:
        """Make an object in its own namespace."""
        return await self._call("POST", _path(item["kind"], item["metadata"]["namespace"]), body=item)

    async def patch(self, kind: str, namespace: str, name: str, patch: Object, subresource: str = "") -> Object:
        """Apply a merge patch; with metadata.resourceVersion in it, only to what was read."""
        path = _path(kind, namespace, name) + (f"/{subresource}" if subresource else "")
        return await self._call("PATCH", path, body=patch, content_type="application/merge-patch+json")

    async def delete(self, kind: str, namespace: str, name: str, uid: str) -> None:
        """Delete an object, and what it controls, if it is still the one with this uid."""
        body = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        try:
            await self._call("DELETE", _path(kind, namespace, name), body=body)
        except ApiException as error:
            if error.status not in (404, 409):
                raise

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Object | None = None,
        content_type: str = "application/json",
    ) -> Object:
        async with self._turn:
            began = time.monotonic()
            try:
                answer = await self._client.call_api(
                    path,
                    method,
                    query_params=[(key, value) for key, value in (query or {}).items() if value],
                    header_params={"Accept": "application/json", "Content-Type": content_type},
                    body=body,
                    auth_settings=["BearerToken"],
                    response_types_map=dict.fromkeys((200, 201, 202), "object"),
                    _return_http_data_only=True,
                    _request_timeout=TIMEOUT_SECONDS,
                )
            finally:
                self._observe(method, path, time.monotonic() - began)
        return answer if isinstance(answer, dict) else {}


def _path(kind: str, namespace: str | None, name: str | None = None) -> str:
    prefix, plural = PLACES[kind]
    place = f"{prefix}/namespaces/{namespace}/{plural}" if namespace else f"{prefix}/{plural}"
    return f"{place}/{name}" if name else place


def answer_of(error: ApiException) -> Object:
    """The Status object that the API server gave as the reason; {} when there is none."""
    try:
        status = json.loads(error.body or "{}")
    except ValueError:
        return {}
    return status if isinstance(status, dict) else {}
