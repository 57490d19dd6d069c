"""What Browsertrix 1.24 asks of the records of an export when it imports them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.checks import (
    Check,
    Record,
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

SCOPES = ("page", "page-spa", "prefix", "host", "domain", "any", "custom")
INDEX_STATES = ("initing", "importing", "ready", "purging", "idle", "saving", "saved", "crawling")
MAX_NOTE = 5000

Members = Mapping[str, Check]


def optional(check: Check, *names: str) -> Members:
    """Members that may be null."""
    return dict.fromkeys(names, maybe(check))


storage = record({"name": text}, {"custom": maybe(flag)})
file_members: Members = {"filename": text, "hash": text, "size": integer, "storage": storage}
replicas: Members = {"replicas": maybe(list_of(storage))}
file = record(file_members, replicas)

patterns: Members = optional(either(text, list_of(text)), "include", "exclude")
seed = record(
    {"url": http_url},
    {
        **patterns,
        **optional(integer, "depth", "extraHops"),
        **optional(flag, "allowHash"),
        "scopeType": maybe(among(*SCOPES)),
        "sitemap": maybe(either(flag, http_url)),
    },
)
crawler_config = record(
    {},
    {
        **patterns,
        **optional(integer, "depth", "limit", "extraHops", "behaviorTimeout", "pageLoadTimeout", "pageExtraDelay"),
        **optional(integer, "postLoadDelay", "workers"),
        **optional(flag, "blockAds", "headless", "generateWACZ", "combineWARC", "useSitemap", "useRobots"),
        **optional(flag, "failOnFailedSeed", "failOnContentCheck", "alwaysAddBehaviorLinks", "saveStorage"),
        **optional(text, "lang", "logging", "behaviors", "userAgent"),
        "seeds": maybe(list_of(seed)),
        "seedFileId": maybe(uuid),
        "scopeType": maybe(among(*SCOPES)),
        "customBehaviors": list_of(text),
        "selectLinks": list_of(text),
        "clickSelector": text,
    },
)


def profiles() -> Record:
    return record(
        {"_id": uuid, "oid": uuid, "userid": uuid, "name": text, "origins": list_of(text)},
        {
            **optional(uuid, "createdBy", "modifiedBy", "baseid", "modifiedCrawlCid"),
            **optional(instant, "created", "modified", "modifiedCrawlDate"),
            **optional(text, "description", "createdByName", "modifiedByName", "modifiedCrawlId", "crawlerChannel"),
            **optional(text, "proxyId"),
            "resource": maybe(file),
            "tags": maybe(list_of(text)),
            "inUse": flag,
        },
    )


_core: Members = {
    **optional(text, "schedule", "crawlerChannel", "proxyId"),
    **optional(integer, "crawlTimeout", "maxCrawlSize"),
    **optional(uuid, "profileid"),
}
_core_of_both: Members = {
    **_core,
    **optional(uuid, "dedupeCollId"),
    "jobType": maybe(among("url-list", "seed-crawl", "custom")),
    "tags": maybe(list_of(text)),
    "firstSeed": text,
    "seedCount": integer,
}
"""What workflows and crawls have in common."""


def workflows(max_browser_windows: int, max_scale: int) -> Record:
    return record(
        {"_id": uuid, "oid": uuid, "config": crawler_config, "created": instant},
        {
            **_core_of_both,
            **optional(uuid, "createdBy", "modifiedBy", "lastStartedBy"),
            **optional(instant, "modified", "lastCrawlStartTime", "lastCrawlTime", "lastRun"),
            **optional(text, "name", "description", "lastCrawlId", "lastCrawlState", "crawlFilenameTemplate"),
            **optional(text, "createdByName", "modifiedByName", "lastStartedByName"),
            **optional(integer, "crawlAttemptCount", "crawlCount", "crawlSuccessfulCount", "totalSize"),
            **optional(integer, "lastCrawlSize"),
            **optional(flag, "inactive", "isCrawlRunning", "shareable"),
            # A null is compared with the maximum and ends the import; a member that is not there is not.
            "scale": at_most(max_scale),
            "browserWindows": maybe(strict_integer(1, max_browser_windows)),
            "autoAddCollections": maybe(list_of(uuid)),
            "rev": integer,
        },
    )


def revisions(max_browser_windows: int, max_scale: int) -> Record:
    return record(
        {"_id": either(uuid, text), "cid": uuid, "config": crawler_config, "modified": instant},
        {
            **_core,
            **optional(uuid, "modifiedBy"),
            "scale": maybe(at_most(max_scale)),
            "browserWindows": maybe(strict_integer(1, max_browser_windows)),
            "rev": integer,
        },
    )


stats = record(
    {}, {"found": integer, "done": integer, "size": integer, "req_crawls": list_of(text)}
)  # fmt: skip
_run_required: Members = {"userid": uuid, "started": instant, "state": text}
_run: Members = {
    **optional(instant, "finished"),
    **optional(text, "userName", "image"),
    "stats": maybe(stats),
    "files": list_of(file),
    "fileSize": integer,
    "fileCount": integer,
    "crawlExecSeconds": integer,
}
qa_run = record({**_run_required, "id": text}, _run)

_item_required: Members = {**_run_required, "_id": text, "oid": uuid}
_item: Members = {
    **_run,
    **optional(text, "name", "description"),
    **optional(integer, "pageCount", "uniquePageCount", "filePageCount", "errorPageCount", "version"),
    **optional(flag, "isMigrating"),
    **optional(instant, "_lut"),
    **optional(list_of(text), "tags", "requiresCrawls", "requiredByCrawls"),
    "collectionIds": maybe(list_of(uuid)),
    "reviewStatus": maybe(strict_integer(1, 5)),
}


def upload() -> Record:
    members = {name: check for name, check in _item.items() if name != "name"}
    return record({**_item_required, "name": text_of(1)}, {**members, "image": null})


def crawl(max_browser_windows: int) -> Record:
    return record(
        {**_item_required, "cid": uuid, "config": crawler_config},
        {
            **_item,
            **_core_of_both,
            **optional(instant, "pausedAt", "rateLimitedAt"),
            **optional(flag, "stopping", "shouldPause"),
            "browserWindows": strict_integer(1, max_browser_windows),
            "qa": maybe(qa_run),
            "qaFinished": maybe(map_of(qa_run)),
            "dedupeStats": maybe(
                record({}, dict.fromkeys(("uniqueHashes", "totalUrls", "dupeUrls", "conservedSize"), integer))
            ),
            **dict.fromkeys(("cid_rev", "qaCrawlExecSeconds", "pendingSize"), integer),
            **dict.fromkeys(("manual", "autoPausedEmailsSent"), flag),
        },
    )


@dataclass(frozen=True)
class Items:
    """Crawls and uploads, each by rules of its own."""

    kinds: Mapping[str, Record]

    def __call__(self, value: Any) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind in self.kinds:
            yield from self.kinds[kind](value)
        else:
            yield f".type: {kind!r} is neither crawl nor upload"

    def example(self) -> Any:
        return {**self.kinds["crawl"].example(), "type": "crawl"}

    def faulty(self) -> Iterator[tuple[str, Any]]:
        strange: tuple[Any, ...] = (None, "", "manual", 7, [])
        yield from ((".type", {**self.example(), "type": kind}) for kind in strange)
        for kind, rules in self.kinds.items():
            yield from ((path, {**bad, "type": kind}) for path, bad in rules.faulty() if isinstance(bad, dict))


def items(max_browser_windows: int) -> Items:
    return Items({"crawl": crawl(max_browser_windows), "upload": upload()})


def pages() -> Record:
    match = record(
        {}, {"screenshotMatch": maybe(number), "textMatch": maybe(number), "resourceCounts": maybe(map_of(integer))}
    )
    note = record({"id": uuid, "text": text_of(0, MAX_NOTE), "created": instant, "userid": uuid, "userName": text})
    return record(
        {"_id": uuid, "oid": uuid, "crawl_id": text, "url": http_url},
        {
            **optional(text, "title", "mime", "filename", "favIconUrl"),
            **optional(instant, "ts", "modified"),
            **optional(integer, "loadState", "status", "depth"),
            **optional(flag, "approved", "isSeed", "isFile", "isError"),
            "userid": maybe(uuid),
            "notes": list_of(note),
            "qa": maybe(map_of(match)),
        },
    )


def collections() -> Record:
    thumbnail = record(
        {**file_members, "originalFilename": text, "mime": text, "userid": uuid, "userName": text, "created": instant},
        replicas,
    )
    source = record({"url": http_url, "urlTs": instant, "urlPageId": uuid})
    counts = ("totalUrls", "dupeUrls", "conservedSize", "totalCrawls", "totalCrawlSize", "removedCrawls")
    more = ("removedCrawlSize", "uniqueHashes", "estimatedRedundantSize")
    return record(
        {"_id": uuid, "oid": uuid, "name": text_of(1, 80)},
        {
            **optional(instant, "created", "modified", "dateEarliest", "dateLatest", "homeUrlTs", "indexLastSavedAt"),
            **optional(instant, "lastStatsUpdateStarted"),
            **optional(text, "description", "caption", "defaultThumbnailName"),
            **optional(integer, "crawlCount", "pageCount", "uniquePageCount", "totalSize", "indexDiskSpaceUsed"),
            **optional(flag, "allowPublicDownload"),
            "homeUrl": maybe(http_url),
            "homeUrlPageId": maybe(uuid),
            "slug": text,
            "access": among("private", "unlisted", "public"),
            "tags": maybe(list_of(text)),
            "previousSlugs": list_of(text),
            "thumbnail": maybe(thumbnail),
            "thumbnailSource": maybe(source),
            "indexFile": maybe(record(file_members, {**replicas, "type": among("kvrocks", "redis")})),
            "indexState": maybe(among(*INDEX_STATES)),
            "indexStats": maybe(record({}, {"updateProgress": number, **dict.fromkeys((*counts, *more), integer)})),
        },
    )
