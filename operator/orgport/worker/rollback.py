"""The rollback step: deletes what a failed import inserted, by what its receipt says, and nothing else."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.archive.layout import LINES_TYPE
from orgport.browsertrix.sections import REVISIONS, Section, by_name
from orgport.stores.mongo import Database
from orgport.stores.receipt_model import COMPLETE, ROLLED_BACK, WRITING, Claim, Receipt
from orgport.stores.receipts import Held, Receipts
from orgport.transfer.work_file import lines
from orgport.transfer.worklists import decode_line
from orgport.worker.context import Context, StepOutcome
from orgport.worker.databases import open_installation_database
from orgport.worker.import_details import LEFT
from orgport.worker.import_membership import OWNERS
from orgport.worker.import_order import ORDER
from orgport.worker.import_reports import remove_plan, write_report
from orgport.worker.import_target import ORGANIZATIONS, organization_is_there
from orgport.worker.import_users import USERS
from orgport.worker.places import Places, open_places
from orgport.worker.plans import WORK

BATCH = 500
LANDING_SECONDS = 5.0
"""After so long the database has done what a process that was killed had sent to it: it does not see that one end."""


async def roll_back(context: Context) -> StepOutcome:
    """Delete what this run's receipt says that it inserted. Objects stay, and are listed in the report.

    ROLLBACK_FAILED where the import is complete, or another run has the receipt. Doing it again does nothing.
    """
    opening = open_places(context, with_location=False)
    async with opening as places, open_installation_database(context) as database:
        receipt = await _own_receipt(context, Receipts(database))
        if receipt is not None and receipt.state == COMPLETE:
            raise _refusal(receipt, "its import is complete")
        message = "there is nothing to roll back"
        if receipt is not None and receipt.is_unfinished:
            message = await _roll_back(context, places, database, receipt)
        await remove_plan(places)
        return StepOutcome(Reason.ROLLING_BACK, message)


async def _own_receipt(context: Context, receipts: Receipts) -> Receipt | None:
    uid = context.task.uid
    receipt = await receipts.held_by(uid)
    if receipt is None:
        taken = await receipts.lost_by(uid)
        if taken is not None and taken.is_unfinished:
            raise _refusal(taken, f"run {taken.run} has its receipt now, and goes on with what is there")
    return receipt


async def _roll_back(context: Context, places: Places, database: Database, receipt: Receipt) -> str:
    context.progress.message = "deleting what was inserted"
    async with undoing(context, database, receipt) as counts:
        left = await _report(context, places, counts)
    return f"{sum(counts.values())} documents deleted; {left}"


@asynccontextmanager
async def undoing(context: Context, database: Database, receipt: Receipt) -> AsyncIterator[Mapping[str, int]]:
    """Take the receipt and delete what its import inserted: how many documents of each collection, users too.

    The receipt is closed once the block is done. ROLLBACK_FAILED where the organization is there to be used.
    """
    task, receipts = context.task, Receipts(database)
    claim = Claim(
        receipt.organization,
        task.uid,
        f"{task.namespace}/{task.name}",
        receipt.source,
        receipt.origin,
        alone=context.alone,
        cluster=context.cluster,
    )
    await receipts.settle(claim)
    await context.fence.may_write()
    held = await receipts.take(claim, receipt.state)
    async with held.beating():
        if receipt.state == WRITING:
            await asyncio.sleep(LANDING_SECONDS)
        if await organization_is_there(database, receipt.organization):
            raise _refusal(receipt, "it is in the target, where somebody may use it")
        yield await _delete(context, database, held) if receipt.state == WRITING else {}
        await held.end(ROLLED_BACK)


async def undo_earlier(context: Context, database: Database) -> str:
    """Delete what an earlier attempt of this run has left; what to say of it, if there was anything."""
    receipt = await Receipts(database).held_by(context.task.uid)
    if receipt is None or receipt.state != WRITING:
        return ""
    async with undoing(context, database, receipt) as counts:
        return f"{sum(counts.values())} documents of an earlier attempt were deleted"


def _refusal(receipt: Receipt, problem: str) -> Failure:
    return Failure(
        Reason.ROLLBACK_FAILED,
        f"organization {receipt.organization} is not rolled back: {problem}",
        suggestion="raise spec.attempt to finish the import",
        keys=[str(receipt.organization)],
    )


async def _delete(context: Context, database: Database, held: Held) -> Mapping[str, int]:
    """Delete until nothing is found: something may have landed meanwhile. How many documents of each collection."""

    async def may_write() -> None:
        await context.fence.may_write()
        await held.may_write()

    counts: Counter[str] = Counter()
    while any((deleted := await _delete_once(database, held.receipt, may_write)).values()):
        counts.update(deleted)
    return counts


async def _delete_once(
    database: Database, receipt: Receipt, may_write: Callable[[], Awaitable[None]]
) -> dict[str, int]:
    """What an unfinished import inserted, in reverse order: owners go after what only they lead to."""
    counts = {}
    for section in reversed(ORDER):
        deleted = 0
        async for query in _queries(database, section, receipt.organization):
            await may_write()
            with database.translated():
                deleted += (await database.collection(section.collection).delete_many(query)).deleted_count
        counts[section.collection] = deleted
    counts[USERS] = await _delete_users(database, receipt, may_write)
    return counts


async def _queries(database: Database, section: Section, organization: UUID) -> AsyncIterator[dict[str, Any]]:
    """What finds the organization's documents by an index."""
    if section.name not in OWNERS:
        yield {"oid": organization}
        return
    owners = by_name[OWNERS[section.name]]
    more = {} if section is REVISIONS else {"oid": organization}
    async for batch in _ids(database, owners, organization):
        yield {section.link: {"$in": batch}, **more}


async def _ids(database: Database, section: Section, organization: UUID) -> AsyncIterator[list[Any]]:
    batch: list[Any] = []
    with database.translated():
        async for document in database.collection(section.collection).find({"oid": organization}, {"_id": 1}):
            batch.append(document["_id"])
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


async def _delete_users(database: Database, receipt: Receipt, may_write: Callable[[], Awaitable[None]]) -> int:
    """Accounts that the import made, but those that have been verified since, or are members elsewhere."""
    deleted = 0
    for entry in receipt.users:
        if await _is_used(database, receipt.organization, entry["id"]):
            continue
        await may_write()
        account = {"id": entry["id"], "email": entry["email"], "is_superuser": False, "is_verified": False}
        with database.translated():
            deleted += (await database.collection(USERS).delete_one(account)).deleted_count
    return deleted


async def _is_used(database: Database, organization: UUID, account: UUID) -> bool:
    """Whether an organization has the account as a member, or is going to."""
    with database.translated():
        member = {f"users.{account}": {"$exists": True}}
        if await database.collection(ORGANIZATIONS).find_one(member, {"_id": 1}) is not None:
            return True
    return await Receipts(database).is_relied_on(account, organization)


async def _report(context: Context, places: Places, counts: Mapping[str, int]) -> str:
    """Write what was deleted and which objects may be left; in a few words.

    The receipt of documents that are gone is closed even where the storage cannot be written to: that may be what the
    import failed of.
    """
    try:
        left = await _list_objects(places)
        content = {"stage": Reason.ROLLING_BACK, "deleted": counts, "objectsLeft": left, "objects": LEFT}
        await write_report(context, places, content)
    except Failure as failure:
        if not failure.is_final:
            raise
        return f"the objects that may be left cannot be listed: {failure.message}"
    return f"{left} objects may be left"


async def _list_objects(places: Places) -> int:
    """Name, beside the report, every object that the import meant to copy; how many there are."""
    bucket, count = await places.run(), 0
    async with bucket.writer(places.run_prefix + LEFT, content_type=LINES_TYPE) as writer:
        async for listed in bucket.list(places.run_prefix + WORK):
            async for line in lines(bucket.stream(listed.key)):
                await writer.write(orjson.dumps({"key": decode_line(line).destination}) + b"\n")
                count += 1
    return count
