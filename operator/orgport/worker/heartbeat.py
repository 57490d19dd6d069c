"""The lease of a worker: heartbeat, fence and report in one object.

A worker that finds its lease held waits until it has not been renewed for a minute of its own clock, for the clocks of
nodes differ. One that could not renew for 40 s starts no write until it can. One that has lost its lease stops.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from orgport.api.failures import Interrupted
from orgport.api.names import ANNOTATION_REPORT
from orgport.api.reasons import Reason
from orgport.api.report import LEASE_BYTES, Counters, Report, fitting
from orgport.stores.lease import LeaseClient, LeaseConflict, LeaseRefused, LeaseUnavailable
from orgport.worker.context import Progress
from orgport.worker.reporting import Reporter

RENEW_SECONDS = 10.0
MOVED_SECONDS = 3.0
"""How soon a renewal follows when there is something new to say."""
FENCE_SECONDS = 40.0
EXPIRY_SECONDS = 60.0
TICK_SECONDS = 0.5

logger = logging.getLogger(__name__)


@dataclass
class Heartbeat:
    """Takes the lease, renews it with reports, and tells the step whether it may write."""

    lease: LeaseClient
    holder: str
    monotonic: Callable[[], float]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _version: str = ""
    _renewed: float = float("-inf")
    _attempted: float = float("-inf")
    _said: tuple[Reason, str, Counters] | None = None
    _lost: bool = False
    _fresh: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, progress: Progress) -> None:
        """Become the holder; Interrupted if the lease is gone."""
        stage = progress.stage
        seen: tuple[str, float] | None = None
        while True:
            lease = await self._read()
            if lease is not None:
                spec = lease.get("spec") or {}
                renewal = str(spec.get("renewTime"))
                if seen is None or seen[0] != renewal:
                    seen = (renewal, self.monotonic())
                free = spec.get("holderIdentity") in ("", None, self.holder)
                if (free or self.monotonic() - seen[1] >= EXPIRY_SECONDS) and await self._claim(lease):
                    progress.stage, progress.message = stage, ""
                    return
                progress.stage, progress.message = Reason.WAITING_FOR_LEASE, "another pod of this step holds the lease"
            await asyncio.sleep(TICK_SECONDS * 2)

    async def _read(self) -> dict[str, Any] | None:
        try:
            return await self.lease.read()
        except LeaseUnavailable as error:
            logger.warning("the lease cannot be read: %s", error)
            return None
        except LeaseRefused as error:
            raise Interrupted("the lease is gone") from error

    async def _claim(self, lease: dict[str, Any]) -> bool:
        now = _timestamp(self.now())
        transitions = int((lease.get("spec") or {}).get("leaseTransitions") or 0) + 1
        spec = {"holderIdentity": self.holder, "acquireTime": now, "renewTime": now, "leaseTransitions": transitions}
        self._version = lease["metadata"]["resourceVersion"]
        return await self._write({"spec": spec})

    async def beat(self, reporter: Reporter) -> None:
        """Renew until the lease is lost; then return. The caller cancels it at the step's end."""
        while not self._lost:
            report = reporter.running()
            if self._is_due(report):
                await self.say(report)
            await asyncio.sleep(TICK_SECONDS)

    def _is_due(self, report: Report) -> bool:
        since = self.monotonic() - self._attempted
        if self._said is not None and (report.stage, report.message) != self._said[:2]:
            return since >= TICK_SECONDS
        if self._said is None or report.counters != self._said[2]:
            return since >= MOVED_SECONDS
        return since >= RENEW_SECONDS

    async def say(self, report: Report, *, release: bool = False) -> None:
        """Write a report with a renewal; `release` gives the lease up with it."""
        spec = {"renewTime": _timestamp(self.now()), "holderIdentity": "" if release else self.holder}
        annotations = {ANNOTATION_REPORT: fitting(report, LEASE_BYTES)}
        self._attempted = self.monotonic()
        if await self._write({"metadata": {"annotations": annotations}, "spec": spec}):
            self._said = (report.stage, report.message, report.counters)

    async def _write(self, change: dict[str, Any]) -> bool:
        metadata = {**change.get("metadata", {}), "resourceVersion": self._version}
        try:
            lease = await self.lease.patch({**change, "metadata": metadata})
        except LeaseUnavailable as error:
            logger.warning("the lease cannot be renewed: %s", error)
            return False
        except LeaseRefused:
            self._lose("it is gone")
            return False
        except LeaseConflict:
            await self._after_conflict()
            return False
        self._version = lease["metadata"]["resourceVersion"]
        self._renewed = self.monotonic()
        self._fresh.set()
        return True

    async def _after_conflict(self) -> None:
        """Somebody wrote the lease: go on if we still hold it (an answer was lost), else stop."""
        lease = await self._read()
        if lease is None:
            return
        self._version = lease["metadata"]["resourceVersion"]
        holder = (lease.get("spec") or {}).get("holderIdentity")
        if self._renewed > float("-inf") and holder != self.holder:
            self._lose(f"another pod holds it: {holder}")

    def _lose(self, why: str) -> None:
        logger.error("the lease is lost: %s", why)
        self._lost = True
        self._fresh.set()

    async def may_write(self) -> None:
        """Wait while the last renewal is too old; Interrupted once the lease is lost."""
        while not self._lost and self.monotonic() - self._renewed > FENCE_SECONDS:
            self._fresh.clear()
            await self._fresh.wait()
        if self._lost:
            raise Interrupted("the lease is lost")


def _timestamp(moment: datetime) -> str:
    # A MicroTime needs all six decimals; the API server refuses fewer.
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
