"""What a receipt of an import says, and who may have it.

claimed      somebody prepares the import; nothing is written yet
writing      documents are going in; the organization's own comes last
complete     all of it is in
rolledBack   what was in has been deleted again
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from orgport.api.failures import Failure
from orgport.api.reasons import Reason

COLLECTION = "orgport_imports"
CLAIMED, WRITING, COMPLETE, ROLLED_BACK = "claimed", "writing", "complete", "rolledBack"
UNFINISHED = (CLAIMED, WRITING)
STALE = timedelta(minutes=5)
"""Without a sign of life for so long, a receipt may be taken from its holder."""
HISTORY_KEPT = 20
LET_IT_END = (
    "let that run end or roll back, or wait for 5 minutes after its last sign of life and raise spec.attempt; "
    "`orgport receipt` shows and releases receipts"
)
"""What to do when another run is at it."""


@dataclass(frozen=True)
class Claim:
    """Who wants to import what."""

    organization: UUID
    holder: str
    """The run's uid."""
    run: str
    """Its namespace and name."""
    source: str
    """The SHA-256 of the JSON."""
    origin: str = ""
    """Where the archive or JSON lies."""


@dataclass(frozen=True)
class Receipt:
    """What the database says."""

    organization: UUID
    state: str
    epoch: int
    holder: str
    run: str
    source: str
    origin: str
    heartbeat: datetime | None
    committing: bool
    """The organization's own document is about to be inserted, or is."""
    users: tuple[Mapping[str, Any], ...]
    """Accounts that the import makes: {source, id, email}."""
    result: Mapping[str, Any] | None
    document: Mapping[str, Any]

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    def explains(self, claim: Claim) -> bool:
        """Whether documents of the organization may be what an earlier try of this import left."""
        return self.state == WRITING and self.source == claim.source


def obstacle(receipt: Receipt | None, claim: Claim, now: datetime) -> str | None:
    """Why the receipt cannot be taken at this instant of the server's clock; None if it can."""
    if receipt is None or not receipt.is_unfinished:
        return None
    if receipt.holder != claim.holder and receipt.heartbeat is not None and now - receipt.heartbeat < STALE:
        age = int((now - receipt.heartbeat).total_seconds())
        return f"run {receipt.run} is importing it; its last sign of life is {age} s old"
    if receipt.state == WRITING and receipt.source != claim.source:
        return f"an unfinished import of another source, by run {receipt.run}, has left documents"
    return None


def parse(document: Mapping[str, Any]) -> Receipt:
    """The receipt in a document of the database."""
    heartbeat: datetime | None = document.get("heartbeat")
    return Receipt(
        organization=document["_id"],
        state=document["state"],
        epoch=document["epoch"],
        holder=document["holder"],
        run=document["run"],
        source=document["source"],
        origin=document.get("origin", ""),
        heartbeat=heartbeat.replace(tzinfo=UTC) if heartbeat is not None and heartbeat.tzinfo is None else heartbeat,
        committing=bool(document.get("committing")),
        users=tuple(document.get("users", ())),
        result=document.get("result"),
        document=document,
    )


def occupied(organization: UUID, problem: str) -> Failure:
    """The failure of a run whose organization is another's business."""
    return Failure(
        Reason.ORGANIZATION_EXISTS,
        f"organization {organization}: {problem}",
        suggestion=LET_IT_END,
        keys=[str(organization)],
    )


def beginning(claim: Claim, now: datetime) -> dict[str, Any]:
    """The members of a receipt that begins anew."""
    empty: Sequence[Any] = []
    return {
        "state": CLAIMED,
        "holder": claim.holder,
        "run": claim.run,
        "source": claim.source,
        "origin": claim.origin,
        "startTime": now,
        "completionTime": None,
        "committing": False,
        "users": empty,
        "schedules": empty,
        "result": None,
    }


def past(receipt: Receipt) -> dict[str, Any]:
    """What a receipt's history keeps of it."""
    members = ("state", "epoch", "holder", "run", "source", "origin", "startTime", "completionTime")
    return {member: receipt.document.get(member) for member in members}
