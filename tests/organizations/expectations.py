"""How an import is meant to change each kind of document: people, storages, and what cannot go on elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from tests.organizations.differences import ABSENT, ANYTHING, Room, one_of
from tests.organizations.model import Document
from tests.organizations.move import Move
from tests.organizations.organization_expectation import organization

UNDER_WAY = frozenset(
    {
        "running",
        "pending-wait",
        "generate-wacz",
        "uploading-wacz",
        "rate-limited",
        "starting",
        "waiting_capacity",
        "waiting_org_limit",
        "waiting_dedupe_index",
        "paused",
        "paused_storage_quota_reached",
        "paused_time_quota_reached",
        "paused_org_readonly",
        "paused_rate_limit_time_reached",
    }
)
ENDED = frozenset(
    {
        "canceled",
        "failed",
        "failed_not_logged_in",
        "skipped_storage_quota_reached",
        "skipped_time_quota_reached",
        "complete",
        "stopped_by_user",
        "stopped_pause_expired",
        "stopped_storage_quota_reached",
        "stopped_time_quota_reached",
        "stopped_org_readonly",
    }
)
INDEX_FIELDS = ("indexFile", "indexLastSavedAt", "indexStats", "indexDiskSpaceUsed")


def profile(document: Document, move: Move) -> Document:
    move.map_person(document, "userid", "createdBy", "modifiedBy")
    move.map_files("profiles", document)
    if document.get("inUse"):
        document["inUse"] = one_of(False, ABSENT)
    return document


def workflow(document: Document, move: Move) -> Document:
    move.map_person(document, "createdBy", "modifiedBy", "lastStartedBy")
    move.clamp(document)
    if document.get("scale") is None:
        document["scale"] = one_of(ABSENT, None)
    if document.get("isCrawlRunning"):
        document |= {"isCrawlRunning": False, "lastCrawlState": ANYTHING}
    if move.options.schedules == "Suspend" and document.get("schedule"):
        document["schedule"] = ""
    return document


def revision(document: Document, move: Move) -> Document:
    move.map_person(document, "modifiedBy")
    move.clamp(document)
    return document


def item(document: Document, move: Move) -> Document | None:
    if document.get("deleted"):
        return None
    move.map_person(document, "userid")
    move.clamp(document)
    for run in (document.get("qaFinished") or {}).values():
        move.map_person(run, "userid")
    move.map_files("crawls", document)
    if document.get("qa"):
        document["qa"] = one_of(None, ABSENT)
    if document.get("isMigrating") is not None:
        document["isMigrating"] = one_of(False, None, ABSENT)
    return document | _ended(document["state"])


def _ended(state: str) -> Document:
    if state == "processing-upload":
        return {"state": one_of("processing-upload", "failed"), "finished": ANYTHING}
    if state not in UNDER_WAY:
        return {}
    over = Room(lambda found: found in ENDED, "a state that has ended")
    loose = ("finished", "_lut", "pausedAt", "stopping", "shouldPause", "pendingSize", "rateLimitedAt")
    return {"state": over, **dict.fromkeys(loose, ANYTHING)}


def page(document: Document, move: Move) -> Document | None:
    move.map_person(document, "userid")
    for note in document.get("notes") or []:
        move.map_person(note, "userid")
    for match in (document.get("qa") or {}).values():
        for name, value in match.items():
            if isinstance(value, float) and not math.isfinite(value):
                match[name] = None
    return document


def collection(document: Document, move: Move) -> Document:
    if document.get("thumbnail"):
        move.map_person(document["thumbnail"], "userid")
    move.map_files("collections", document)
    if document.get("indexState") not in (None, "idle"):
        document |= {"indexState": one_of(None, ABSENT), **dict.fromkeys(INDEX_FIELDS, ANYTHING)}
    return document


def seed_file(document: Document, move: Move) -> Document | None:
    if not move.options.seed_files:
        return None
    move.map_person(document, "userid")
    move.map_files("file_uploads", document)
    return document


def crawl_log(document: Document, move: Move) -> Document | None:
    return document if move.options.crawl_logs else None


def stays_behind(document: Document, move: Move) -> None:
    """The fate of documents that an export does not have."""


EXPECTED: Mapping[str, Callable[[Document, Move], Document | None]] = {
    "organizations": organization,
    "profiles": profile,
    "crawl_configs": workflow,
    "configs_revs": revision,
    "crawls": item,
    "pages": page,
    "collections": collection,
    "file_uploads": seed_file,
    "crawl_logs": crawl_log,
}
"""What becomes of a document; None: it does not arrive, as those of collections that are not listed."""
