"""How an import is meant to change the organization's own document."""

from __future__ import annotations

from uuid import UUID

from tests.organizations.counters import HOOKS, bytes_stored
from tests.organizations.differences import ABSENT, one_of
from tests.organizations.model import Document
from tests.organizations.move import Move

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
        **bytes_stored(move.arriving()),
    }
    if "Webhooks" in options.drop:
        made["webhookUrls"] = one_of(None, ABSENT, dict.fromkeys(HOOKS))
    dropped = {"Subscription": "subscription", "Note": "note"}
    return made | {name: one_of(None, ABSENT) for choice, name in dropped.items() if choice in options.drop}


def _members(document: Document, move: Move) -> dict[str, int]:
    members = {UUID(member): role for member, role in document["users"].items()}
    return {str(move.people[member]): role for member, role in members.items() if member in move.people}
