"""Which cluster and namespace a command is about: as kubectl finds them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import load_incluster_config, load_kube_config

from orgport.cli.errors import FOREIGN, explained
from orgport.controller.kube import Kube, open_kube

NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


@dataclass(frozen=True)
class Wish:
    """What the options say. `namespace` None: the context's."""

    kubeconfig: Path | None = None
    context: str | None = None
    namespace: str | None = None


@dataclass(frozen=True)
class Connection:
    """An open client, and the namespace that is meant."""

    kube: Kube
    namespace: str


Act = Callable[[Connection], Awaitable[int]]


def connected(wish: Wish, environ: Mapping[str, str], act: Act) -> int:
    """Act on the cluster that is meant; CommandError for whatever its API server does not do."""
    return asyncio.run(_connected(wish, environ, act))


async def _connected(wish: Wish, environ: Mapping[str, str], act: Act) -> int:
    configuration = Configuration()
    server = "the cluster"
    try:
        namespace = await _load(configuration, wish, environ)
        server = configuration.host
        async with open_kube(configuration) as kube:
            return await act(Connection(kube, wish.namespace or namespace))
    except BrokenPipeError:  # of our own output: nobody reads on
        raise
    except FOREIGN as error:
        raise explained(error, server) from error


async def _load(configuration: Configuration, wish: Wish, environ: Mapping[str, str]) -> str:
    """Fill the configuration in; returns the namespace that goes with it.

    A kubeconfig that is named wins; then the pod's account; then the one in the home folder.
    """
    named = str(wish.kubeconfig or "") or environ.get("KUBECONFIG", "")
    if not named and wish.context is None and "KUBERNETES_SERVICE_HOST" in environ and NAMESPACE_FILE.is_file():
        load_incluster_config(client_configuration=configuration)
        return NAMESPACE_FILE.read_text().strip()
    file = named or str(Path(environ.get("HOME", "~")).expanduser() / ".kube" / "config")
    loader = await load_kube_config(file, wish.context, configuration, persist_config=False)
    return loader.current_context.get("context", {}).get("namespace") or "default"
