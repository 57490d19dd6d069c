"""The organization's fields in Browsertrix's order, each with its default, and the shapes of its parts."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from orgport.browsertrix.paths import Document

_QUOTAS = dict.fromkeys(
    (
        *("storageQuota", "maxExecMinutesPerMonth", "maxConcurrentCrawls", "maxPagesPerCrawl"),
        *("extraExecMinutes", "giftedExecMinutes"),
    ),
    0,
)
_WEBHOOKS = dict.fromkeys(
    (
        *("crawlStarted", "crawlFinished", "crawlDeleted", "qaAnalysisStarted", "qaAnalysisFinished", "crawlReviewed"),
        *("uploadFinished", "uploadDeleted", "addedToCollection", "removedFromCollection", "collectionDeleted"),
    )
)
_CRAWLING_DEFAULTS: Document = {
    **dict.fromkeys(("crawlTimeout", "maxCrawlSize", "pageLoadTimeout", "postLoadDelay", "behaviorTimeout")),
    **dict.fromkeys(("pageExtraDelay", "blockAds", "profileid", "crawlerChannel", "proxyId", "lang", "userAgent")),
    **{"exclude": None, "customBehaviors": [], "dedupeCollId": None},
}
_SUBSCRIPTION: Document = {
    **{"subId": "", "status": "", "planId": "", "futureCancelDate": None, "readOnlyOnCancel": False},
}
_QUOTA_UPDATE: Document = {"modified": None, "update": _QUOTAS, "subEventId": None}
_STORAGE: Document = {"name": "", "custom": False}

DEFAULTS: Document = {
    **{"name": "", "slug": "", "users": {}, "created": None, "default": False},
    **{"storage": _STORAGE, "storageReplicas": [], "customStorages": {}},
    **{"bytesStored": 0, "bytesStoredCrawls": 0, "bytesStoredUploads": 0, "bytesStoredProfiles": 0},
    **{"bytesStoredSeedFiles": 0, "bytesStoredThumbnails": 0, "bytesStoredDedupeIndexes": 0},
    **{"usage": {}, "crawlExecSeconds": {}, "qaUsage": {}, "qaCrawlExecSeconds": {}},
    **{"monthlyExecSeconds": {}, "extraExecSeconds": {}, "giftedExecSeconds": {}},
    **{"extraExecSecondsAvailable": 0, "giftedExecSecondsAvailable": 0},
    **{"quotas": _QUOTAS, "quotaUpdates": [], "webhookUrls": _WEBHOOKS, "origin": None},
    **{"readOnly": False, "readOnlyReason": None, "subscription": None, "note": None},
    **{"allowSharedProxies": False, "allowedProxies": [], "crawlingDefaults": None, "lastCrawlFinished": None},
    **{"enablePublicProfile": False, "publicDescription": None, "publicUrl": None},
    **{"featureFlags": {"dedupeEnabled": False}},
}
"""All fields but `_id` and the export's own `userDetails`."""

_NULLABLE = frozenset(
    {
        *("created", "quotaUpdates", "webhookUrls", "origin", "readOnly", "readOnlyReason", "subscription", "note"),
        *("crawlingDefaults", "lastCrawlFinished", "publicDescription", "publicUrl"),
    }
)
_PARTS: Mapping[str, Document] = {
    **{"storage": _STORAGE, "quotas": _QUOTAS, "webhookUrls": _WEBHOOKS, "subscription": _SUBSCRIPTION},
    **{"crawlingDefaults": _CRAWLING_DEFAULTS, "featureFlags": {"dedupeEnabled": False}},
}
_LISTS: Mapping[str, Document] = {"storageReplicas": _STORAGE, "quotaUpdates": _QUOTA_UPDATE}


def shaped(document: Document) -> Document:
    """The document's known fields in order, with defaults for those that are absent; nothing is shared with it."""
    return {field: _value(field, document.get(field), field in document) for field in DEFAULTS}


def _value(field: str, value: Any, present: bool) -> Any:
    if value is None:
        return None if present and field in _NULLABLE else deepcopy(DEFAULTS[field])
    if field in _PARTS:
        return _part(value, _PARTS[field])
    if field in _LISTS:
        return [_part(entry, _LISTS[field]) for entry in value]
    return deepcopy(value)


def _part(value: Any, defaults: Document) -> Any:
    if not isinstance(value, dict):
        return deepcopy(value)
    return {
        key: _part(value[key], default)
        if isinstance(default, dict) and key in value
        else deepcopy(value.get(key, default))
        for key, default in defaults.items()
    }
