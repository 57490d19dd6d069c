"""The slow look at everything that has not ended: an event that was lost is made good within a minute."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import kopf
from kubernetes.aio.client.exceptions import ApiException

from orgport.api.names import KINDS, PLURALS
from orgport.controller.kube import Kube
from orgport.controller.resource import Key
from orgport.controller.schedule import Schedule

UNFINISHED = "status.phase!=Succeeded,status.phase!=Failed"
SPREAD_SECONDS = 0.05
LATE_SECONDS = 300.0

logger = logging.getLogger(__name__)


@dataclass
class Resync:
    """Asks for a look at every unfinished run, now and then."""

    kube: Kube
    namespaces: Sequence[str]
    schedule: Schedule
    monotonic: Callable[[], float]
    _succeeded: float | None = None

    def is_late(self) -> bool:
        """Whether it has not succeeded for too long: then the operator sees nothing, and is to be started anew."""
        return self._succeeded is not None and self.monotonic() - self._succeeded > LATE_SECONDS

    async def check_kinds(self) -> None:
        """Fail now, and visibly, if our kinds are not there: kopf would wait for them in silence for ever."""
        for kind in KINDS:
            try:
                await self.kube.list(kind, next(iter(self.namespaces), None), fields="metadata.name=none")
            except ApiException as error:
                if error.status == 404:
                    raise kopf.PermanentError(f"the CustomResourceDefinition of {PLURALS[kind]} is missing") from error
                raise kopf.TemporaryError(f"{PLURALS[kind]} cannot be listed: {error.status}", delay=5) from error
        self._succeeded = self.monotonic()

    async def run(self, seconds: float) -> None:
        """Do it for ever."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await self._once()
            except (ApiException, OSError, TimeoutError) as error:
                logger.warning("the resync failed: %s", type(error).__name__)
            except Exception:
                logger.exception("the resync failed")

    async def _once(self) -> None:
        keys: list[Key] = []
        for kind in KINDS:
            for namespace in self.namespaces or (None,):
                found = await self.kube.list(kind, namespace, fields=UNFINISHED)
                keys += [Key(kind, item["metadata"]["namespace"], item["metadata"]["name"]) for item in found]
        for number, key in enumerate(keys):
            self.schedule.ask(key, number * SPREAD_SECONDS)
        self._succeeded = self.monotonic()
