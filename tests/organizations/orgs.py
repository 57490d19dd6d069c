"""The organization's own document, with counters that are right."""

from __future__ import annotations

from typing import Any

from tests.organizations.counters import HOOKS, bytes_stored
from tests.organizations.model import Document
from tests.organizations.world import World, reference


def add_organization(world: World) -> Document:
    draw = world.draw
    billing = world.documents["subscriptions"][0]
    replica = world.storages.replica
    return world.add(
        "organizations",
        {
            "_id": world.oid,
            "name": world.name,
            "slug": world.slug,
            "users": {str(person.id): person.role for person in world.people},
            "created": draw.instant(0),
            "default": False,
            "storage": reference(world.storages.primary),
            "storageReplicas": [reference(replica)] if replica else [],
            "customStorages": {},
            **bytes_stored(world.documents),
            "usage": {"2024-09": 18_000, "2024-10": 3_000_000_000},
            "crawlExecSeconds": {"2024-09": 17_000, "2024-10": 900},
            "qaUsage": {"2024-10": 300},
            "qaCrawlExecSeconds": {"2024-10": 300},
            "monthlyExecSeconds": {"2024-10": 900},
            "extraExecSeconds": {},
            "giftedExecSeconds": {"2024-10": 60},
            "extraExecSecondsAvailable": 0,
            "giftedExecSecondsAvailable": 3540,
            "quotas": _quotas(),
            "quotaUpdates": [
                {"modified": draw.instant(1), "update": _quotas(), "subEventId": str(billing["_id"])},
            ],
            "webhookUrls": dict.fromkeys(HOOKS) | {"crawlFinished": "https://hooks.example.org/a?token=secret"},
            "origin": "https://archive.example.org",
            "readOnly": False,
            "readOnlyReason": "",
            "subscription": _subscription(world),
            "note": draw.text(4),
            "allowSharedProxies": True,
            "allowedProxies": ["proxy-1"],
            "crawlingDefaults": _crawling_defaults(world),
            "lastCrawlFinished": _last_finished(world),
            "enablePublicProfile": True,
            "publicDescription": draw.text(6),
            "publicUrl": "https://example.org/über-uns",
            "featureFlags": {"dedupeEnabled": True},
        },
    )


def _quotas() -> Document:
    return {
        "storageQuota": 1_000_000_000_000,
        "maxExecMinutesPerMonth": 600,
        "maxConcurrentCrawls": 3,
        "maxPagesPerCrawl": 50_000,
        "extraExecMinutes": 0,
        "giftedExecMinutes": 60,
    }


def _subscription(world: World) -> Document:
    return {
        "subId": f"sub-{world.slug}",
        "status": "active",
        "planId": "basic",
        "futureCancelDate": world.draw.instant(900),
        "readOnlyOnCancel": False,
    }


def _crawling_defaults(world: World) -> Document:
    profiles, collections = world.documents["profiles"], world.documents["collections"]
    return {
        "crawlTimeout": 7200,
        "maxCrawlSize": None,
        "pageLoadTimeout": 60,
        "postLoadDelay": None,
        "behaviorTimeout": None,
        "pageExtraDelay": None,
        "blockAds": True,
        "profileid": profiles[0]["_id"] if profiles else None,
        "crawlerChannel": "default",
        "proxyId": None,
        "lang": "de",
        "userAgent": None,
        "exclude": ["/logout"],
        "customBehaviors": [],
        "dedupeCollId": collections[0]["_id"] if collections else None,
    }


def _last_finished(world: World) -> Any:
    finished = [item["finished"] for item in world.documents["crawls"] if item["type"] == "crawl"]
    return max(finished, default=None)
