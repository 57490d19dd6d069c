"""Carrying a decision out. Nothing is decided here: what the API server refuses is told to the next decision."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from kubernetes.aio.client.exceptions import ApiException

from orgport.api.failures import shorten
from orgport.api.names import API_VERSION, LABEL_STEP
from orgport.api.reasons import Reason
from orgport.api.status import StepName
from orgport.controller.decide import Decision, Event, JobPatch, Refusal
from orgport.controller.kube import Kube, Object, answer_of
from orgport.controller.raw import is_controlled_by, items, text

logger = logging.getLogger(__name__)

LAST = ("RoleBinding", "Job")
"""Kinds that need others to be there: a binding its role, a Job all of them."""


class Refused(Exception):
    """The API server does not take an object of a step."""

    def __init__(self, step: StepName, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.step = step
        self.refusal = refusal


class Outdated(Exception):
    """The resource was changed since it was read."""


async def carry_out(kube: Kube, resource: Object, decision: Decision, now: datetime) -> None:
    """Delete, create, patch; write the status; tell the events. Doing it twice does no harm."""
    namespace = resource["metadata"]["namespace"]
    for deletion in decision.deletions:
        await kube.delete(deletion.kind, namespace, deletion.name, deletion.uid)
    await _create_all(kube, resource, decision.creates)
    for patch in decision.patches:
        await _patch_job(kube, namespace, patch)
    if decision.status is not None:
        await _write_status(kube, resource, decision.status)
    for event in decision.events:
        await _tell(kube, resource, event, now)


async def _create_all(kube: Kube, resource: Object, manifests: Iterable[Object]) -> None:
    manifests = list(manifests)
    if not manifests:
        return
    step = cast(StepName, text(manifests[-1], "metadata", "labels", LABEL_STEP))
    first = [manifest for manifest in manifests if manifest["kind"] not in LAST]
    results = await asyncio.gather(
        *(_create(kube, resource, manifest, step) for manifest in first), return_exceptions=True
    )
    for result in results:
        if isinstance(result, BaseException):
            raise result
    for kind in LAST:
        for manifest in manifests:
            if manifest["kind"] == kind:
                await _create(kube, resource, manifest, step)


async def _create(kube: Kube, resource: Object, manifest: Object, step: StepName) -> None:
    try:
        await kube.create(manifest)
    except ApiException as error:
        if error.status == 409 and answer_of(error).get("reason") == "AlreadyExists":
            await _check_owner(kube, resource, manifest, step)
            return
        refusal = _refusal(manifest, error)
        if refusal is None:
            raise
        raise Refused(step, refusal) from error


async def _check_owner(kube: Kube, resource: Object, manifest: Object, step: StepName) -> None:
    kind, metadata = manifest["kind"], manifest["metadata"]
    found = await kube.get(kind, metadata["namespace"], metadata["name"])
    if found is None:
        raise Outdated
    if not is_controlled_by(found, resource["metadata"]["uid"]):
        message = f"the {kind} {metadata['name']} is there already and belongs to somebody else"
        raise Refused(step, Refusal(Reason.NAME_CONFLICT, message, is_final=True))


def _refusal(manifest: Object, error: ApiException) -> Refusal | None:
    """What a refusal means for the run; None: it may pass, or has nothing to do with the object."""
    answer = answer_of(error)
    message = shorten(f"{manifest['kind']} {manifest['metadata']['name']}: {answer.get('message') or error.reason}")
    if any(text(cause, "reason") == "NamespaceTerminating" for cause in items(answer, "details", "causes")):
        return Refusal(Reason.NAMESPACE_TERMINATING, message, is_final=True)
    if error.status in (400, 422):
        return Refusal(Reason.INVALID_SPEC, message, is_final=True)
    if error.status == 403:
        quota = "exceeded quota" in message
        return Refusal(Reason.QUOTA_EXCEEDED if quota else Reason.POD_CREATION_REFUSED, message, is_final=False)
    return None


async def _patch_job(kube: Kube, namespace: str, patch: JobPatch) -> None:
    try:
        await kube.patch("Job", namespace, patch.name, patch.patch)
    except ApiException as error:
        if error.status != 404:
            raise


async def _write_status(kube: Kube, resource: Object, status: Object) -> None:
    """One write, and only on what was read: of two operators, the one that read first looks again."""
    metadata = resource["metadata"]
    patch = {
        "metadata": {"resourceVersion": metadata["resourceVersion"]},
        "status": merge_patch(resource.get("status") or {}, status),
    }
    try:
        await kube.patch(resource["kind"], metadata["namespace"], metadata["name"], patch, "status")
    except ApiException as error:
        if error.status == 409:
            raise Outdated from error
        if error.status != 404:
            raise


def merge_patch(before: Object, after: Object) -> Object:
    """The merge patch that makes one object of the other: what is gone is null."""
    patch: dict[str, Any] = {key: None for key in before if key not in after}
    for key, value in after.items():
        old = before.get(key)
        if old == value and key in before:
            continue
        patch[key] = merge_patch(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return patch


async def _tell(kube: Kube, resource: Object, event: Event, now: datetime) -> None:
    """An event is worth no retry; its name is made of what it tells, so that it is told once."""
    try:
        await kube.create(event_manifest(resource, event, now))
    except (ApiException, TimeoutError, OSError) as error:
        if not (isinstance(error, ApiException) and error.status == 409):
            logger.warning("the event %s cannot be told: %s", event.reason, type(error).__name__)


def event_manifest(resource: Object, event: Event, now: datetime) -> Object:
    """The event as an object of the core API."""
    metadata = resource["metadata"]
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hashlib.sha256(f"{metadata['uid']}/{event.key}".encode()).hexdigest()[:16]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{metadata['name']}.{digest}", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": resource["kind"],
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
        },
        "type": "Warning" if event.warning else "Normal",
        "reason": event.reason,
        "message": shorten(event.message),
        "source": {"component": "orgport"},
        "reportingComponent": "orgport",
        "reportingInstance": "orgport",
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1,
    }
