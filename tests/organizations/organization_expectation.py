"""How an import is meant to change the organization's own document."""

from __future__ import annotations

from uuid import UUID

from tests.organizations.differences import ABSENT, one_of
from tests.organizations.model import Document, Documents
from tests.organizations.move import Move

HOOKS = (
    "crawlStarted", "crawlFinished", "crawlDeleted", "qaAnalysisStarted", "qaAnalysisFinished", "crawlReviewed",
    "uploadFinished", "uploadDeleted", "addedToCollection", "removedFromCollection", "collectionDeleted",
)  # fmt: skip

NUMBERS = (
    "bytesStored", "bytesStoredCrawls", "bytesStoredUploads", "bytesStoredProfiles", "bytesStoredSeedFiles",
    "bytesStoredThumbnails", "bytesStoredDedupeIndexes", "extraExecSecondsAvailable", "giftedExecSecondsAvailable",
)  # fmt: skip
MAPS = (
    "usage", "crawlExecSeconds", "qaUsage", "qaCrawlExecSeconds", "monthlyExecSeconds", "extraExecSeconds",
    "giftedExecSeconds", "customStorages",
)  # fmt: skip
NULLS = (
    "created", "origin", "readOnlyReason", "subscription", "note", "crawlingDefaults", "lastCrawlFinished",
    "publicDescription", "publicUrl",
)  # fmt: skip
LISTS = ("storageReplicas", "quotaUpdates", "allowedProxies")

NO_QUOTAS = dict.fromkeys(
    ("storageQuota", "maxExecMinutesPerMonth", "maxConcurrentCrawls", "maxPagesPerCrawl", "extraExecMinutes",
     "giftedExecMinutes"), 0
)  # fmt: skip

DEFAULTS: Document = {
    **dict.fromkeys(NUMBERS, 0),
    **{name: {} for name in MAPS},
    **dict.fromkeys(NULLS),
    **{name: [] for name in LISTS},
    "allowSharedProxies": False,
    "enablePublicProfile": False,
    "featureFlags": {"dedupeEnabled": False},
    "quotas": NO_QUOTAS,
    "webhookUrls": dict.fromkeys(HOOKS),
}
"""What Browsertrix takes for granted where the document says nothing; an export spells it out."""


def organization(document: Document, move: Move) -> Document:
    options = move.options
    made: Document = {name: one_of(ABSENT, None, value) for name, value in DEFAULTS.items()} | document
    made |= {
        "name": options.name or document["name"],
        "slug": options.slug or document["slug"],
        "users": _members(document, move),
        "default": False,
        "origin": one_of(None, ABSENT),
        "readOnly": options.read_only,
        "readOnlyReason": one_of(None, "", ABSENT, document.get("readOnlyReason")),
        "storage": {**document["storage"], "name": move.storage(document["storage"]["name"])},
        "storageReplicas": move.replicas(document.get("storageReplicas") or []),
        **bytes_stored(move.source),
    }
    if "Webhooks" in options.drop:
        made["webhookUrls"] = one_of(None, ABSENT, dict.fromkeys(HOOKS))
    dropped = {"Subscription": "subscription", "Note": "note"}
    return made | {name: one_of(None, ABSENT) for choice, name in dropped.items() if choice in options.drop}


def _members(document: Document, move: Move) -> dict[str, int]:
    members = {UUID(member): role for member, role in document["users"].items()}
    return {str(move.people[member]): role for member, role in members.items() if member in move.people}


def bytes_stored(documents: Documents) -> Document:
    """The counters as the records say: QA files count as crawls, and every kind counts in the sum."""
    items = [item for item in documents["crawls"] if not item.get("deleted")]
    qa = [run for item in items for run in (item.get("qaFinished") or {}).values()]
    parts = {
        "bytesStoredCrawls": _files(items, "crawl") + sum(run["fileSize"] for run in qa),
        "bytesStoredUploads": _files(items, "upload"),
        "bytesStoredProfiles": _sizes(documents["profiles"], "resource"),
        "bytesStoredSeedFiles": sum(file["size"] for file in documents["file_uploads"]),
        "bytesStoredThumbnails": _sizes(documents["collections"], "thumbnail"),
        "bytesStoredDedupeIndexes": _sizes(documents["collections"], "indexFile"),
    }
    return {"bytesStored": sum(parts.values()), **parts}


def _files(items: list[Document], kind: str) -> int:
    return sum(item["fileSize"] for item in items if item.get("type") == kind)


def _sizes(documents: list[Document], part: str) -> int:
    return sum(document[part]["size"] for document in documents if document.get(part))
