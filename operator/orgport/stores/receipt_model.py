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
"""Without a sign of life for so long, a receipt may be taken from a holder that writes."""
SILENT = timedelta(seconds=30)
"""Without a sign of life for so long, a process of the same run is gone: it gives one every ten seconds."""
HISTORY_KEPT = 20
LET_IT_END = (
    "let that run end or roll back, then raise spec.attempt; if it is gone, `orgport receipt release` lets others in"
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
    patience: timedelta = STALE
    """How long the run may copy files: it has no access to the database then, and gives no sign of life."""
    alone: bool = True
    """No other process can be at this run: its lease sees to it."""
    cluster: str = ""
    """What tells the run's cluster from others; "": it is in none."""


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
    """None: nobody has to wait for the run."""
    claimed_until: datetime | None
    """How long files may be copied."""
    committing: bool
    """The organization's own document is about to be inserted, or is."""
    users: tuple[Mapping[str, Any], ...]
    """Accounts that the import makes: {source, id, email}."""
    result: Mapping[str, Any] | None
    document: Mapping[str, Any]
    cluster: str = ""

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def kept_until(self) -> datetime | None:
        """Until when no other run may take it, unless there are more signs of life; None if any may."""
        if not self.is_unfinished or self.heartbeat is None:
            return None
        stale = self.heartbeat + STALE
        return stale if self.state == WRITING or self.claimed_until is None else max(stale, self.claimed_until)

    def is_kept(self, now: datetime) -> bool:
        """Whether another run has to wait at this instant of the server's clock."""
        return self.kept_until is not None and now < self.kept_until

    def is_busy(self, claim: Claim, now: datetime) -> bool:
        """Whether another process of the claim's own run may be writing."""
        if claim.alone or self.holder != claim.holder or self.state != WRITING or self.heartbeat is None:
            return False
        return now - self.heartbeat < SILENT

    def is_of_the_deleted(self, claim: Claim) -> bool:
        """Whether its run was deleted, and the claim's applied in its place: a cluster has one of a name at a time."""
        return self.holder != claim.holder and self.run == claim.run and self.cluster == claim.cluster != ""

    def explains(self, claim: Claim) -> bool:
        """Whether documents of the organization may be what an earlier try of this import left."""
        return self.state == WRITING and self.source == claim.source


def obstacle(receipt: Receipt | None, claim: Claim, now: datetime) -> str | None:
    """Why the receipt cannot be taken at this instant of the server's clock; None if it can."""
    if receipt is None or not receipt.is_unfinished:
        return None
    if receipt.is_busy(claim, now):
        age = age_of(receipt, now)
        return f"another process of run {receipt.run} is importing it; its last sign of life is {age} s old"
    if receipt.holder != claim.holder and receipt.is_kept(now) and not receipt.is_of_the_deleted(claim):
        return _keeper(receipt, now)
    if receipt.state == WRITING and receipt.source != claim.source:
        return f"an unfinished import of another source, by run {receipt.run}, has left documents"
    return None


def _keeper(receipt: Receipt, now: datetime) -> str:
    text = f"run {receipt.run} is importing it"
    if receipt.state == WRITING:
        return f"{text}; its last sign of life is {age_of(receipt, now)} s old"
    return f"{text}; while it copies files, until {receipt.kept_until:%Y-%m-%d %H:%M} UTC, it gives no sign of life"


def age_of(receipt: Receipt, now: datetime) -> int | None:
    """Seconds since the last sign of life; None where nobody has to wait for one."""
    return None if receipt.heartbeat is None else max(int((now - receipt.heartbeat).total_seconds()), 0)


def parse(document: Mapping[str, Any]) -> Receipt:
    """The receipt in a document of the database."""
    return Receipt(
        organization=document["_id"],
        state=document["state"],
        epoch=document["epoch"],
        holder=document["holder"],
        run=document["run"],
        source=document["source"],
        origin=document.get("origin", ""),
        heartbeat=_aware(document.get("heartbeat")),
        claimed_until=_aware(document.get("claimedUntil")),
        committing=bool(document.get("committing")),
        users=tuple(document.get("users", ())),
        result=document.get("result"),
        document=document,
        cluster=document.get("cluster", ""),
    )


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


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
        "cluster": claim.cluster,
        "source": claim.source,
        "origin": claim.origin,
        "startTime": now,
        "claimedUntil": now + claim.patience,
        "completionTime": None,
        "committing": False,
        "users": empty,
        "members": empty,
        "schedules": empty,
        "result": None,
    }


def past(receipt: Receipt) -> dict[str, Any]:
    """What a receipt's history keeps of it."""
    members = ("state", "epoch", "holder", "run", "source", "origin", "startTime", "completionTime")
    return {member: receipt.document.get(member) for member in members}
