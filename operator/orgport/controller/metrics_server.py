"""/metrics: what the API server holds at the moment of the scrape, and what the operator has measured."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import ClientError, web
from kubernetes.aio.client.exceptions import ApiException
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.aiohttp import make_aiohttp_handler
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from orgport.api.names import KINDS, LABEL_KIND
from orgport.controller.kube import Kube
from orgport.controller.metrics import Instruments, Snapshot, families
from orgport.controller.raw import Raw

READ_SECONDS = 8.0
"""Prometheus waits ten by default."""
FRESH_SECONDS = 2.0
"""Anybody in the cluster may ask: what was read so long ago is told again."""

logger = logging.getLogger(__name__)


@dataclass
class Reader:
    """Reads what a scrape shows."""

    kube: Kube
    namespaces: Sequence[str]
    monotonic: Callable[[], float]
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _read: tuple[float, Snapshot | None] = (float("-inf"), None)

    async def snapshot(self) -> Snapshot | None:
        """All resources and leases; None when the API server does not give them."""
        async with self._turn:
            if self.monotonic() - self._read[0] > FRESH_SECONDS:
                self._read = (self.monotonic(), await self._try())
            return self._read[1]

    async def _try(self) -> Snapshot | None:
        try:
            async with asyncio.timeout(READ_SECONDS):
                return await self._once()
        except (ApiException, ClientError, OSError, TimeoutError) as error:
            logger.warning("the resources cannot be read for the metrics: %s", type(error).__name__)
            return None

    async def _once(self) -> Snapshot:
        resources: list[Raw] = []
        leases: list[Raw] = []
        for namespace in self.namespaces or (None,):
            for kind in KINDS:
                # The items of a list do not say their kind.
                resources += [{**item, "kind": kind} for item in await self.kube.list(kind, namespace)]
            leases += await self.kube.list("Lease", namespace, labels=LABEL_KIND)
        return Snapshot(resources, leases)


@dataclass(frozen=True, eq=False)
class Scraped(Collector):
    """The series of the runs, and whether they could be read. A registry tells collectors apart by identity."""

    snapshot: Snapshot | None
    now: datetime

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "orgport_resources_readable",
            "1 if the resources could be read for this scrape; 0 if not, and then there is no series of a run.",
            value=float(self.snapshot is not None),
        )
        if self.snapshot is not None:
            yield from families(self.snapshot, self.now)


def registry_of(scraped: Scraped, collectors: Sequence[Collector]) -> CollectorRegistry:
    """All that one scrape shows."""
    registry = CollectorRegistry()
    for collector in (scraped, *collectors):
        registry.register(collector)
    return registry


@asynccontextmanager
async def serving_metrics(
    port: int, reader: Reader, instruments: Instruments, now: Callable[[], datetime]
) -> AsyncIterator[None]:
    """Answer at /metrics of this port, on all addresses."""
    collectors = (*instruments.collectors, ProcessCollector(registry=None))

    async def metrics(request: web.Request) -> web.StreamResponse:
        scraped = Scraped(await reader.snapshot(), now())
        return await make_aiohttp_handler(registry_of(scraped, collectors))(request)

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, port=port).start()
        yield
    finally:
        await runner.cleanup()
