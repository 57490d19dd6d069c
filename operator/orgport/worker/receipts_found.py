"""The receipt of an OrgImport's organization, and whether an administrator may give it up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.mongo import Database
from orgport.stores.receipt_model import CLAIMED, WRITING, Receipt, age_of
from orgport.stores.receipts import Receipts
from orgport.worker.context import Context
from orgport.worker.import_scan import read_heading
from orgport.worker.import_source import find_source
from orgport.worker.places import open_location

FRESH = timedelta(minutes=2)
"""A run that writes gives a sign of life every ten seconds."""
GONE = "--force, if you know that it is gone"


async def find_receipt(context: Context, database: Database) -> Receipt:
    """The receipt that the run has or had, or else of the organization that its source holds.

    ORGANIZATION_NOT_FOUND if there is none.
    """
    receipts, uid = Receipts(database), context.task.uid
    found = await receipts.held_by(uid) or await receipts.lost_by(uid)
    if found is not None:
        return found
    async with open_location(context) as places:
        source = await find_source(context, places)
        organization = UUID(source.org_id) if source.org_id else (await read_heading(places, source)).id
    found = await receipts.of(organization)
    if found is None:
        raise Failure(
            Reason.ORGANIZATION_NOT_FOUND,
            f"database {database.name} of {database.where} has no receipt of an import of organization {organization}",
            suggestion="nothing of it was begun there; check spec.target",
        )
    return found


def check_release(receipt: Receipt, now: datetime, *, force: bool) -> None:
    """ORGANIZATION_EXISTS where giving the receipt up would do harm, or nothing; `now` is the server's."""
    if not receipt.is_unfinished:
        raise _refusal(receipt, f"it is {receipt.state}", "nothing; it is in nobody's way")
    if force or receipt.heartbeat is None or not receipt.is_kept(now):
        return
    if receipt.state == CLAIMED:
        raise _refusal(
            receipt,
            f"run {receipt.run} may be copying files, and gives no sign of life while it does",
            f"look for its OrgImport, and let it end; {GONE}",
        )
    if now - receipt.heartbeat < FRESH:
        raise _refusal(
            receipt,
            f"run {receipt.run} gave a sign of life {age_of(receipt, now)} s ago",
            f"let that run end, or stop it and wait for {int(FRESH.total_seconds())} s; {GONE}",
        )


def released(receipt: Receipt) -> str:
    """What has happened, for people."""
    text = f"Run {receipt.run} has given up organization {receipt.organization}: another run may take over at once."
    if receipt.state == WRITING:
        text += (
            " Documents are in already: an import of the same source goes on with them, one of another source is"
            " refused until they are gone. `orgport receipt release --roll-back` deletes them."
        )
    return text


def rolled_back(receipt: Receipt, counts: Mapping[str, int]) -> str:
    """The same, where what was inserted has been deleted."""
    return (
        f"Run {receipt.run} has given up organization {receipt.organization}, and the {sum(counts.values())} documents "
        "that it had inserted are deleted. Objects that it had copied stay."
    )


def described(receipt: Receipt, now: datetime) -> dict[str, Any]:
    """What the receipt says, under the names that it has in the database."""
    document: Mapping[str, Any] = receipt.document
    return {
        "organization": str(receipt.organization),
        "state": receipt.state,
        "run": receipt.run,
        "holder": receipt.holder,
        "epoch": receipt.epoch,
        "heartbeat": _time(receipt.heartbeat),
        "heartbeatAgeSeconds": age_of(receipt, now),
        "keptUntil": _time(receipt.kept_until),
        "mayBeTaken": not receipt.is_kept(now),
        "source": receipt.source,
        "origin": receipt.origin,
        "startTime": _time(document.get("startTime")),
        "completionTime": _time(document.get("completionTime")),
        "usersMade": [{"id": str(each["id"]), "email": each["email"]} for each in receipt.users],
        "schedulesSuspended": len(document.get("schedules") or ()),
        "formerRuns": [f"{each.get('run')} ({each.get('state')})" for each in document.get("history") or ()],
    }


def _time(value: Any) -> str | None:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else None


def _refusal(receipt: Receipt, problem: str, suggestion: str) -> Failure:
    return Failure(
        Reason.ORGANIZATION_EXISTS,
        f"the receipt of organization {receipt.organization} is not released: {problem}",
        suggestion=suggestion,
        keys=[str(receipt.organization)],
    )
