"""Where kopf calls us. A handler decides nothing: it says which resource is to be looked at, and how soon.

There is no finalizer and no index; of kopf's own state there are two annotations on the resource, under our own prefix.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import kopf

from orgport.api.names import GROUP, KINDS, LABEL_KIND, LABEL_NAME, PLURALS, VERSION
from orgport.controller.kube import load_configuration, open_kube
from orgport.controller.lease_news import LeaseNews
from orgport.controller.login import connection
from orgport.controller.manifests import Settings
from orgport.controller.metrics import Instruments
from orgport.controller.metrics_server import Reader, serving_metrics
from orgport.controller.reconcile import Reconciler
from orgport.controller.resource import Key
from orgport.controller.resync import Resync
from orgport.controller.schedule import Schedule
from orgport.controller.settings import ControllerSettings

CHANGE_SECONDS = 0.2
"""Between a change of a Job or pod and the look at it; a pod's end makes several."""
SPEC_SECONDS = 0.1
"""Between a change of the resource and the look at it: what kopf notes on it would refuse the look's own write."""
CHILDREN = (("batch", "v1", "jobs"), ("", "v1", "pods"), ("coordination.k8s.io", "v1", "leases"))


class Operator:
    """One operator: several may run in one process."""

    def __init__(self, settings: ControllerSettings) -> None:
        self.settings = settings
        self.news = LeaseNews()
        self.instruments = Instruments(time.monotonic)
        self._stack = AsyncExitStack()
        self._schedule: Schedule | None = None
        self._resync: Resync | None = None

    async def start(self) -> None:
        """Open the client and begin to resync."""
        configuration = await load_configuration(self.settings.kubeconfig)
        kube = await self._stack.enter_async_context(open_kube(configuration, self.instruments.observe_call))
        pods = Settings(self.settings.worker_image, self.settings.image_pull_policy)
        reconciler = Reconciler(kube, pods, lambda: datetime.now(UTC), time.monotonic)
        self._schedule = Schedule(self.instruments.timed(reconciler.reconcile), time.monotonic)
        self._resync = Resync(kube, self.settings.namespaces, self._schedule, time.monotonic)
        self._stack.push_async_callback(self._schedule.close)
        await self._resync.check_kinds()
        task = asyncio.create_task(self._resync.run(self.settings.resync_seconds), name="resync")
        self._stack.callback(task.cancel)
        if self.settings.metrics_port:
            reader = Reader(kube, self.settings.namespaces, time.monotonic)
            served = serving_metrics(self.settings.metrics_port, reader, self.instruments, lambda: datetime.now(UTC))
            await self._stack.enter_async_context(served)

    async def stop(self) -> None:
        """Drop what is under way, and close the client."""
        await self._stack.aclose()

    def ask(self, kind: str, namespace: str | None, name: str | None, delay: float) -> None:
        """Have a resource looked at."""
        if self._schedule is not None and kind in KINDS and namespace and name:
            self._schedule.ask(Key(kind, namespace, name), delay)

    def ask_for_owner(self, namespace: str | None, labels: Mapping[str, str], delay: float) -> None:
        """Have the resource looked at whose labels an object bears."""
        self.ask(labels.get(LABEL_KIND, ""), namespace, labels.get(LABEL_NAME), delay)

    def check_health(self) -> None:
        """Raise if the resync has not succeeded for long."""
        if self._resync is not None and self._resync.is_late():
            raise kopf.PermanentError("the resync has not succeeded for five minutes")


def configure(settings: kopf.OperatorSettings) -> None:
    """kopf's settings: nothing that would write to, or wait for, what is not ours."""
    settings.persistence.finalizer = f"{GROUP}/finalizer"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=GROUP, v1=False)
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix=GROUP, v1=False)
    settings.peering.standalone = True
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 5
    settings.watching.connect_timeout = 10
    settings.watching.chunk_size = 500
    settings.execution.default_backoff = 30
    settings.queueing.exit_timeout = 1.0
    for child in CHILDREN:
        settings.watching.label_selectors[child] = LABEL_KIND


def register(registry: kopf.OperatorRegistry, operator: Operator) -> None:
    """Make kopf call this operator."""
    _register_lifetime(registry, operator)
    for kind in KINDS:
        _register_kind(registry, operator, kind)
    _register_children(registry, operator)


def _register_lifetime(registry: kopf.OperatorRegistry, operator: Operator) -> None:
    @kopf.on.startup(id="start", registry=registry)
    async def start(settings: kopf.OperatorSettings, **_: Any) -> None:
        configure(settings)
        await operator.start()

    @kopf.on.cleanup(id="stop", registry=registry)
    async def stop(**_: Any) -> None:
        await operator.stop()

    @kopf.on.login(id="login", registry=registry)
    async def login(**_: Any) -> kopf.ConnectionInfo:
        return await connection(await load_configuration(operator.settings.kubeconfig))

    @kopf.on.probe(id="resync", registry=registry)
    async def resync(**_: Any) -> None:
        operator.check_health()


def _is_open(status: kopf.Status, meta: kopf.Meta, **_: Any) -> bool:
    """Whether there is anything to do: it has not ended, or its spec has changed since it was looked at."""
    return not status.get("completionTime") or status.get("observedGeneration") != meta.get("generation")


def _register_kind(registry: kopf.OperatorRegistry, operator: Operator, kind: str) -> None:
    place = (GROUP, VERSION, PLURALS[kind])

    @kopf.on.resume(*place, id="look", when=_is_open, registry=registry)
    @kopf.on.create(*place, id="look", registry=registry)
    @kopf.on.update(*place, id="look", field="spec", registry=registry)
    async def look(namespace: str | None, name: str | None, **_: Any) -> None:
        operator.ask(kind, namespace, name, SPEC_SECONDS)


def _register_children(registry: kopf.OperatorRegistry, operator: Operator) -> None:
    ours = {LABEL_KIND: kopf.PRESENT, LABEL_NAME: kopf.PRESENT}

    @kopf.on.event("batch", "v1", "jobs", labels=ours, registry=registry)
    @kopf.on.event("", "v1", "pods", labels=ours, registry=registry)
    async def changed(namespace: str | None, labels: Mapping[str, str], **_: Any) -> None:
        operator.ask_for_owner(namespace, labels, CHANGE_SECONDS)

    @kopf.on.event("coordination.k8s.io", "v1", "leases", labels=ours, registry=registry)
    async def renewed(
        event: kopf.RawEvent, namespace: str | None, labels: Mapping[str, str], body: kopf.Body, **_: Any
    ) -> None:
        is_gone = event["type"] == "DELETED"
        delay = operator.news.forget(body) if is_gone else operator.news.delay(body)
        if delay is not None:
            operator.ask_for_owner(namespace, labels, delay)
