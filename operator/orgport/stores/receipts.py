"""The receipt of an import, in the target's own database: who imports an organization, how far it is, what it made.

The epoch is the fence: it rises whenever the receipt is taken, and every later word of the former holder is refused.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pymongo import DESCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from orgport.api.failures import Failure
from orgport.stores.mongo import Database
from orgport.stores.receipt_model import (
    COLLECTION,
    COMPLETE,
    HISTORY_KEPT,
    UNFINISHED,
    Claim,
    Receipt,
    beginning,
    obstacle,
    occupied,
    parse,
    past,
)

BEAT_SECONDS = 10.0
"""Far below SILENT and STALE."""
LOOK_SECONDS = 1.0
TRIES = 5

logger = logging.getLogger(__name__)


class Receipts:
    """The receipts of a target."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._collection = database.collection(COLLECTION)

    async def of(self, organization: UUID) -> Receipt | None:
        """The organization's receipt."""
        return await self._one({"_id": organization})

    async def held_by(self, holder: str) -> Receipt | None:
        """The receipt of a run; the last one, where it has imported one organization after the other."""
        return await self._one({"holder": holder}, sort=[("startTime", DESCENDING)])

    async def lost_by(self, holder: str) -> Receipt | None:
        """The receipt that a run had, and which another one has now."""
        return await self._one({"history.holder": holder})

    async def completed_by(self, plan_sha256: str) -> Receipt | None:
        """The receipt of the import that followed this plan to its end."""
        return await self._one({"plan": plan_sha256, "state": COMPLETE})

    async def completed_from(self, origin: str) -> Receipt | None:
        """The receipt of a complete import of what lies there."""
        return await self._one({"origin": origin, "state": COMPLETE})

    async def release(self, receipt: Receipt) -> Receipt | None:
        """Let any run take the receipt at once, and stop its holder where it lives after all.

        None if it is not unfinished, or has another epoch by now.
        """
        with self._database.translated():
            document = await self._collection.find_one_and_update(
                {"_id": receipt.organization, "state": {"$in": list(UNFINISHED)}, "epoch": receipt.epoch},
                {"$set": {"heartbeat": None}, "$inc": {"epoch": 1}},
                return_document=ReturnDocument.AFTER,
            )
        return None if document is None else parse(document)

    async def is_relied_on(self, account: UUID, organization: UUID) -> bool:
        """Whether an unfinished import of another organization makes the account a member of it."""
        query = {"_id": {"$ne": organization}, "state": {"$in": list(UNFINISHED)}, "members": account}
        return await self._one(query) is not None

    async def settle(self, claim: Claim, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Wait until another process of the claim's run is known to be gone, or to live: its heartbeat goes on then."""
        first = await self.of(claim.organization)
        receipt = first
        while receipt is not None and first is not None and receipt.heartbeat == first.heartbeat:
            if not receipt.is_busy(claim, await self.server_time()):
                return
            await sleep(LOOK_SECONDS)
            receipt = await self.of(claim.organization)

    async def server_time(self) -> datetime:
        """The server's clock: those of clusters and nodes differ."""
        now: datetime = (await self._database.hello())["localTime"]
        return now if now.tzinfo else now.replace(tzinfo=UTC)

    async def take(self, claim: Claim, state: str | None = None) -> Held:
        """Make the claim's run the holder; ORGANIZATION_EXISTS if another one is at it.

        `state`: what the receipt has to be, because it was when it was looked at.
        """
        for _ in range(TRIES):
            receipt, now = await self.of(claim.organization), await self.server_time()
            problem = obstacle(receipt, claim, now)
            if state is not None and (receipt is None or receipt.state != state):
                problem = f"its receipt is {receipt.state if receipt is not None else 'gone'} by now"
            if problem:
                raise occupied(claim.organization, problem)
            taken = await (self._insert(claim, now) if receipt is None else self._take_over(receipt, claim, now))
            if taken is not None:
                return Held(self._database, taken)
        raise occupied(claim.organization, "another run takes its receipt again and again")

    async def _one(self, query: Mapping[str, Any], sort: list[tuple[str, int]] | None = None) -> Receipt | None:
        with self._database.translated():
            document = await self._collection.find_one(query, sort=sort)
        return None if document is None else parse(document)

    async def _insert(self, claim: Claim, now: datetime) -> Receipt | None:
        document = {"_id": claim.organization, "epoch": 1, "heartbeat": now, "history": [], **beginning(claim, now)}
        with self._database.translated():
            try:
                await self._collection.insert_one(document)
            except DuplicateKeyError:
                return None
        return parse(document)

    async def _take_over(self, receipt: Receipt, claim: Claim, now: datetime) -> Receipt | None:
        changes: dict[str, Any] = {"holder": claim.holder, "run": claim.run, "cluster": claim.cluster}
        if not receipt.explains(claim):
            changes.update(beginning(claim, now))
        if receipt.holder != claim.holder or not receipt.is_unfinished:
            changes["history"] = [*receipt.document.get("history", ()), past(receipt)][-HISTORY_KEPT:]
        with self._database.translated():
            document = await self._collection.find_one_and_update(
                {"_id": receipt.organization, "epoch": receipt.epoch, "state": receipt.state},
                {"$set": changes, "$inc": {"epoch": 1}, "$currentDate": {"heartbeat": True}},
                return_document=ReturnDocument.AFTER,
            )
        return None if document is None else parse(document)


class Held:
    """A receipt in one's hands, for as long as nobody takes it."""

    def __init__(self, database: Database, receipt: Receipt) -> None:
        self._database = database
        self._collection = database.collection(COLLECTION)
        self.receipt = receipt

    async def beat(self) -> None:
        """Say that the run is alive; ORGANIZATION_EXISTS if another one has the receipt now."""
        await self._update({"$currentDate": {"heartbeat": True}})

    async def may_write(self) -> None:
        """Return if the receipt is ours; ORGANIZATION_EXISTS if another one has it now. Asked before every write."""
        with self._database.translated():
            if await self._collection.find_one(self._mine, {"_id": 1}) is None:
                raise self._lost()

    async def record(self, **members: Any) -> None:
        """Write members of the receipt, such as `state` or `users`, and a heartbeat."""
        await self._update({"$set": members, "$currentDate": {"heartbeat": True}})

    async def end(self, state: str, **members: Any) -> None:
        """Close the receipt by the server's clock."""
        await self._update(
            {"$set": {"state": state, **members}, "$currentDate": {"heartbeat": True, "completionTime": True}}
        )

    async def let_go(self) -> None:
        """Nobody has to wait for this run any more; the receipt stays what it is."""
        await self._update({"$set": {"heartbeat": None}})

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Heartbeats while the block runs. A block that fails for good lets the receipt go."""
        task = asyncio.create_task(self._beat_for_ever())
        try:
            yield
        except Failure as failure:
            await _end(task)
            if failure.is_final:
                with suppress(Failure):
                    await self.let_go()
            raise
        finally:
            await _end(task)

    async def _beat_for_ever(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self.beat()
            except Failure as failure:
                logger.warning("the receipt's heartbeat failed: %s", failure.message)
                if failure.is_final:
                    return

    @property
    def _mine(self) -> dict[str, Any]:
        return {"_id": self.receipt.organization, "epoch": self.receipt.epoch, "holder": self.receipt.holder}

    def _lost(self) -> Failure:
        return occupied(self.receipt.organization, "another run has taken its receipt")

    async def _update(self, update: Mapping[str, Any]) -> None:
        with self._database.translated():
            document = await self._collection.find_one_and_update(
                self._mine, update, return_document=ReturnDocument.AFTER
            )
        if document is None:
            raise self._lost()
        self.receipt = parse(document)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
