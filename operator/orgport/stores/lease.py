"""One Lease of the Kubernetes API, over plain HTTP: all that a worker wants of Kubernetes."""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
TIMEOUT_SECONDS = 8.0


class LeaseRefused(Exception):
    """401, 403 or 404: the resource was deleted, and its lease and account with it."""


class LeaseConflict(Exception):
    """409: somebody else has written it since it was read."""


class LeaseUnavailable(Exception):
    """The API server did not answer, or answered with an error that may pass."""


@dataclass(frozen=True)
class LeaseClient:
    """Reads and patches one lease. The token is read anew for each call, for it is rotated."""

    session: aiohttp.ClientSession
    url: str
    token_file: Path

    async def read(self) -> dict[str, Any]:
        """The lease as the API server has it."""
        return await self._call("GET", None)

    async def patch(self, change: Mapping[str, Any]) -> dict[str, Any]:
        """Apply a merge patch; with metadata.resourceVersion in it, only to what was read."""
        return await self._call("PATCH", change)

    async def _call(self, method: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token_file.read_text().strip()}", "Accept": "application/json"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/merge-patch+json"
            data = json.dumps(body)
        try:
            async with self.session.request(method, self.url, headers=headers, data=data) as response:
                return _answer(response.status, await response.json(content_type=None))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise LeaseUnavailable(type(error).__name__) from error


def _answer(status: int, body: Any) -> dict[str, Any]:
    if status in (401, 403, 404):
        raise LeaseRefused(str(status))
    if status == 409:
        raise LeaseConflict
    if status >= 400 or not isinstance(body, dict):
        raise LeaseUnavailable(str(status))
    return body


def cluster_identity(account: Path = ACCOUNT) -> str:
    """What tells this cluster from others: the SHA-256 of the certificates by which its pods know it."""
    return hashlib.sha256((account / "ca.crt").read_bytes()).hexdigest()


@asynccontextmanager
async def open_lease(
    namespace: str, name: str, environ: Mapping[str, str], account: Path = ACCOUNT
) -> AsyncIterator[LeaseClient]:
    """A client of the lease, with the address and the account that Kubernetes gives to a pod."""
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ["KUBERNETES_SERVICE_PORT"]
    host = f"[{host}]" if ":" in host else host
    url = f"https://{host}:{port}/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{name}"
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=str(account / "ca.crt")))
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield LeaseClient(session, url, account / "token")
