"""What Browsertrix 1.24 asks of the records of an export when it imports them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.oracle.checks import (
    Check,
    among,
    at_most,
    either,
    flag,
    http_url,
    instant,
    integer,
    list_of,
    map_of,
    maybe,
    null,
    number,
    record,
    strict_integer,
    text,
    text_of,
    uuid,
)

STATES = (
    *("running", "pending-wait", "generate-wacz", "uploading-wacz", "rate-limited"),
    *("starting", "waiting_capacity", "waiting_org_limit", "waiting_dedupe_index"),
    *("paused", "paused_storage_quota_reached", "paused_time_quota_reached", "paused_org_readonly"),
    *("paused_rate_limit_time_reached", "processing-upload"),
    *("canceled", "failed", "failed_not_logged_in", "skipped_storage_quota_reached", "skipped_time_quota_reached"),
    *("complete", "stopped_by_user", "stopped_pause_expired", "stopped_storage_quota_reached"),
    *("stopped_time_quota_reached", "stopped_org_readonly"),
)
SCOPES = ("page", "page-spa", "prefix", "host", "domain", "any", "custom")
INDEX_STATES = ("initing", "importing", "ready", "purging", "idle", "saving", "saved", "crawling")

storage = record({"name": text}, {"custom": maybe(flag)})
file_members: Mapping[str, Check] = {"filename": text, "hash": text, "size": integer, "storage": storage}
replicas: Mapping[str, Check] = {"replicas": maybe(list_of(storage))}
file = record(file_members, replicas)

patterns = maybe(either(text, list_of(text)))
seed = record(
    {"url": http_url},
    {
        "scopeType": maybe(among(*SCOPES)),
        "include": patterns,
        "exclude": patterns,
        "sitemap": maybe(either(flag, http_url)),
        "allowHash": maybe(flag),
        "depth": maybe(integer),
        "extraHops": maybe(integer),
    },
)
crawler_config = record(
    {},
    {
        "seeds": maybe(list_of(seed)),
        "seedFileId": maybe(uuid),
        "scopeType": maybe(among(*SCOPES)),
        "include": patterns,
        "exclude": patterns,
        "depth": maybe(integer),
        "limit": maybe(integer),
        "extraHops": maybe(integer),
        "lang": maybe(text),
        "customBehaviors": maybe(list_of(text)),
        "selectLinks": maybe(list_of(text)),
    },
)


def profiles() -> Check:
    return record(
        {"_id": uuid, "oid": uuid, "userid": uuid, "name": text, "origins": list_of(text)},
        {
            **dict.fromkeys(("createdBy", "modifiedBy", "baseid", "modifiedCrawlCid"), maybe(uuid)),
            **dict.fromkeys(("created", "modified", "modifiedCrawlDate"), maybe(instant)),
            "resource": maybe(file),
            "tags": maybe(list_of(text)),
        },
    )


def workflows(max_browser_windows: int, max_scale: int) -> Check:
    return record(
        {"_id": uuid, "oid": uuid, "config": crawler_config, "created": instant},
        {
            **dict.fromkeys(("createdBy", "modifiedBy", "lastStartedBy", "profileid", "dedupeCollId"), maybe(uuid)),
            **dict.fromkeys(("modified", "lastCrawlStartTime", "lastCrawlTime", "lastRun"), maybe(instant)),
            # A null is compared with the maximum and ends the import; a member that is not there is not.
            "scale": at_most(max_scale),
            "browserWindows": maybe(strict_integer(1, max_browser_windows)),
            "jobType": maybe(among("url-list", "seed-crawl", "custom")),
            "autoAddCollections": maybe(list_of(uuid)),
            "tags": maybe(list_of(text)),
            "lastCrawlState": maybe(among(*STATES)),
            "schedule": maybe(text),
        },
    )


def revisions(max_browser_windows: int, max_scale: int) -> Check:
    return record(
        {"_id": either(uuid, text), "cid": uuid, "config": crawler_config, "modified": instant},
        {
            "modifiedBy": maybe(uuid),
            "profileid": maybe(uuid),
            "scale": maybe(at_most(max_scale)),
            "browserWindows": maybe(strict_integer(1, max_browser_windows)),
            "rev": integer,
        },
    )


def _run(required: Mapping[str, Check]) -> Check:
    return record(
        {**required, "started": instant, "state": among(*STATES)},
        {
            "userid": maybe(uuid),
            "finished": maybe(instant),
            "files": maybe(list_of(file)),
            "fileSize": integer,
            "fileCount": integer,
        },
    )


_item: Mapping[str, Check] = {
    "finished": maybe(instant),
    "files": maybe(list_of(file)),
    "fileSize": integer,
    "fileCount": integer,
    "tags": maybe(list_of(text)),
    "collectionIds": maybe(list_of(uuid)),
    "reviewStatus": maybe(strict_integer(1, 5)),
    "_lut": maybe(instant),
    "requiresCrawls": maybe(list_of(text)),
    "requiredByCrawls": maybe(list_of(text)),
}
_item_required: Mapping[str, Check] = {
    "_id": text,
    "oid": uuid,
    "userid": uuid,
    "started": instant,
    "state": among(*STATES),
}


def items(max_browser_windows: int) -> Check:
    upload = record({**_item_required, "name": text_of(1, 1 << 20)}, {**_item, "image": null})
    crawl = record(
        {**_item_required, "cid": uuid, "config": crawler_config},
        {
            **_item,
            "profileid": maybe(uuid),
            "dedupeCollId": maybe(uuid),
            "pausedAt": maybe(instant),
            "browserWindows": maybe(strict_integer(1, max_browser_windows)),
            "qa": maybe(_run({})),
            "qaFinished": maybe(map_of(_run({"id": text}))),
        },
    )

    def check(value: Any) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in ("crawl", "upload"):
            yield f".type: {kind!r} is neither crawl nor upload"
        else:
            yield from (upload if kind == "upload" else crawl)(value)

    return check


def pages() -> Check:
    match = record(
        {}, {"screenshotMatch": maybe(number), "textMatch": maybe(number), "resourceCounts": maybe(map_of(integer))}
    )
    note = record({"id": uuid, "text": text, "created": instant, "userid": uuid, "userName": text})
    return record(
        {"_id": uuid, "oid": uuid, "crawl_id": text, "url": http_url},
        {
            "title": maybe(text),
            "ts": maybe(instant),
            "loadState": maybe(integer),
            "status": maybe(integer),
            "depth": maybe(integer),
            "userid": maybe(uuid),
            "modified": maybe(instant),
            "approved": maybe(flag),
            "notes": maybe(list_of(note)),
            "qa": maybe(map_of(match)),
        },
    )


def collections() -> Check:
    thumbnail = record(
        file_members,
        {**replicas, "originalFilename": text, "mime": text, "userid": uuid, "userName": text, "created": instant},
    )
    source = record({"url": http_url, "urlTs": instant, "urlPageId": uuid})
    return record(
        {"_id": uuid, "oid": uuid, "name": text_of(1, 80)},
        {
            **dict.fromkeys(("created", "modified", "dateEarliest", "dateLatest"), maybe(instant)),
            **dict.fromkeys(("homeUrlTs", "indexLastSavedAt", "lastStatsUpdateStarted"), maybe(instant)),
            "homeUrl": maybe(http_url),
            "homeUrlPageId": maybe(uuid),
            "slug": text,
            "access": among("private", "unlisted", "public"),
            "tags": maybe(list_of(text)),
            "previousSlugs": list_of(text),
            "thumbnail": maybe(thumbnail),
            "thumbnailSource": maybe(source),
            "indexFile": maybe(record({**file_members, "type": among("kvrocks", "redis")}, replicas)),
            "indexState": maybe(among(*INDEX_STATES)),
            "indexStats": maybe(record({}, {"updateProgress": number, "totalUrls": integer})),
        },
    )
