"""What Browsertrix 1.24 asks of the organization of an export, and of its members."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.oracle.checks import (
    Record,
    email,
    flag,
    http_url,
    instant,
    integer,
    list_of,
    map_of,
    matching,
    maybe,
    record,
    strict_integer,
    text,
    text_of,
    uuid,
)
from tests.oracle.records import optional, storage

NUMBERS = (
    *("bytesStored", "bytesStoredCrawls", "bytesStoredUploads", "bytesStoredProfiles", "bytesStoredSeedFiles"),
    *("bytesStoredThumbnails", "bytesStoredDedupeIndexes", "extraExecSecondsAvailable", "giftedExecSecondsAvailable"),
)
SECONDS = ("usage", "crawlExecSeconds", "qaUsage", "qaCrawlExecSeconds", "monthlyExecSeconds", "extraExecSeconds")

quota_update = record({"modified": instant, "update": map_of(integer)}, {"subEventId": maybe(text)})
subscription = record(
    {"subId": text, "status": text, "planId": text},
    {"futureCancelDate": maybe(instant), "readOnlyOnCancel": flag},
)
member = record({"id": uuid, "role": integer, "name": text, "email": email})

crawling_defaults = record(
    {},
    {
        **optional(integer, "crawlTimeout", "maxCrawlSize", "pageLoadTimeout", "postLoadDelay", "behaviorTimeout"),
        **optional(integer, "pageExtraDelay"),
        **optional(uuid, "profileid", "dedupeCollId"),
        **optional(text, "crawlerChannel", "proxyId", "lang", "userAgent"),
        **optional(flag, "blockAds"),
        "exclude": maybe(list_of(text)),
        "customBehaviors": list_of(text),
    },
)

_organization = record(
    {"_id": uuid, "name": text_of(1, 50), "slug": matching(r"[\w-]+", "acme"), "storage": storage},
    {
        **optional(text, "readOnlyReason", "note", "publicDescription", "publicUrl"),
        **dict.fromkeys(("allowSharedProxies", "enablePublicProfile"), flag),
        "allowedProxies": list_of(text),
        "customStorages": map_of(record({})),
        **dict.fromkeys(NUMBERS, integer),
        **dict.fromkeys((*SECONDS, "giftedExecSeconds"), map_of(integer)),
        "users": map_of(strict_integer(0, 100)),
        "created": maybe(instant),
        "default": flag,
        "storageReplicas": list_of(storage),
        "quotas": map_of(integer),
        "quotaUpdates": maybe(list_of(quota_update)),
        "webhookUrls": maybe(map_of(maybe(http_url))),
        "origin": maybe(http_url),
        "readOnly": maybe(flag),
        "subscription": maybe(subscription),
        "crawlingDefaults": maybe(crawling_defaults),
        "lastCrawlFinished": maybe(instant),
        "featureFlags": map_of(flag),
        # It may be left out, and then nobody is a member; null ends the import.
        "userDetails": list_of(member),
    },
)


@dataclass(frozen=True)
class Organization:
    """The rules for the whole, and that nobody is a member twice."""

    rules: Record

    def __call__(self, value: Any) -> Iterator[str]:
        yield from self.rules(value)
        if isinstance(value, dict):
            yield from _members_twice(value)

    def example(self) -> Any:
        return self.rules.example()

    def faulty(self) -> Iterator[tuple[str, Any]]:
        yield from self.rules.faulty()
        whole = self.example()
        yield ".userDetails", {**whole, "users": {whole["userDetails"][0]["id"]: 40}}


organization = Organization(_organization)


def _members_twice(value: dict[str, Any]) -> Iterator[str]:
    """Whoever is in `users` under the id that the account has already cannot be added from `userDetails` again."""
    users, details = value.get("users"), value.get("userDetails")
    if isinstance(users, dict) and isinstance(details, list):
        for entry in details:
            if isinstance(entry, dict) and isinstance(entry.get("id"), str) and entry["id"] in users:
                yield f".userDetails: {entry['id']} is in `users` too"
