"""What a command reads from the API server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from kubernetes.aio.client.exceptions import ApiException

from orgport.api.names import KINDS, LABEL_KIND, LABEL_NAME
from orgport.controller.kube import PLACES, Kube
from orgport.controller.raw import Raw, text


async def read_runs(kube: Kube, namespace: str | None) -> list[Raw]:
    """Every OrgExport and OrgImport of a namespace; None: of all."""
    lists = await asyncio.gather(*(kube.list(kind, namespace) for kind in KINDS))
    return [{**item, "kind": kind} for kind, items in zip(KINDS, lists, strict=True) for item in items]


@dataclass(frozen=True)
class Around:
    """What belongs to a run. `unseen` names the kinds that the person may not list."""

    jobs: Sequence[Raw] = ()
    pods: Sequence[Raw] = ()
    leases: Sequence[Raw] = ()
    events: Sequence[Raw] = ()
    unseen: tuple[str, ...] = ()


async def read_around(kube: Kube, resource: Raw) -> Around:
    """A run's Jobs, pods, leases and events."""
    namespace, uid = text(resource, "metadata", "namespace"), text(resource, "metadata", "uid")
    labels = f"{LABEL_KIND}={text(resource, 'kind')},{LABEL_NAME}={text(resource, 'metadata', 'name')}"
    unseen: list[str] = []

    async def listed(kind: str, **selectors: str) -> Sequence[Raw]:
        try:
            return await kube.list(kind, namespace, **selectors)
        except ApiException as error:
            if error.status != 403:
                raise
            unseen.append(PLACES[kind][1])
            return ()

    jobs, pods, leases, events = await asyncio.gather(
        listed("Job", labels=labels),
        listed("Pod", labels=labels),
        listed("Lease", labels=labels),
        listed("Event", fields=f"involvedObject.uid={uid}"),
    )
    return Around(jobs, pods, leases, events, tuple(sorted(unseen)))
