"""A made-up export as Browsertrix 1.10.1 (dbVersion 0027) wrote it: the oldest habits that an import has to know."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.organizations.exported import as_export
from tests.organizations.generator import generate
from tests.organizations.model import Document, Object

VERSION = "0027"

SINCE_THEN = {
    "org": (
        *("created", "readOnly", "readOnlyReason", "subscription", "note", "allowSharedProxies", "allowedProxies"),
        *("crawlingDefaults", "lastCrawlFinished", "enablePublicProfile", "publicDescription", "publicUrl"),
        *("featureFlags", "bytesStoredSeedFiles", "bytesStoredThumbnails", "bytesStoredDedupeIndexes"),
    ),
    "profiles": ("proxyId", "tags", "inUse", "modifiedCrawlId", "modifiedCrawlCid", "modifiedCrawlDate"),
    "workflows": ("browserWindows", "firstSeed", "seedCount", "proxyId", "shareable", "dedupeCollId"),
    "workflowRevisions": ("browserWindows", "proxyId"),
    "items": (
        *("pageCount", "uniquePageCount", "filePageCount", "errorPageCount", "version", "isMigrating", "pendingSize"),
        *("browserWindows", "proxyId", "firstSeed", "seedCount", "requiresCrawls", "requiredByCrawls", "pausedAt"),
    ),
    "pages": ("filename", "depth", "isSeed", "favIconUrl", "isFile", "isError"),
    "collections": (
        *("slug", "created", "caption", "access", "allowPublicDownload", "previousSlugs", "defaultThumbnailName"),
        *("homeUrl", "homeUrlTs", "homeUrlPageId", "thumbnail", "thumbnailSource", "dateEarliest", "dateLatest"),
        *("indexFile", "indexState", "indexLastSavedAt", "indexDiskSpaceUsed", "indexStats", "uniquePageCount"),
    ),
}
"""What later versions added."""

DATE = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
CONFIG_SINCE_THEN = ("seedFileId", "useRobots", "failOnContentCheck", "customBehaviors", "selectLinks", "clickSelector")


@dataclass(frozen=True)
class LegacyExport:
    """The JSON, and the objects that belong to it."""

    organization_id: UUID
    text: bytes
    objects: Mapping[str, Object]

    @property
    def data(self) -> Document:
        data: Document = json.loads(self.text)["data"]
        return data


def legacy_export() -> LegacyExport:
    """3 members, 2 profiles, 2 workflows, 4 items, 67 pages and 2 collections, the first of them public."""
    made = generate(items=4, pages=67, objects=10, collections=2, workflows=2, profiles=2, members=3, neighbour=False)
    data = as_export(made)["data"]
    for section, drop in SINCE_THEN.items():
        documents = [data["org"]] if section == "org" else data[section]
        for index, document in enumerate(documents):
            for name in drop:
                document.pop(name, None)
            _CHANGES[section](document, index)
    text = json.dumps(_naive({"data": data | {"dbVersion": VERSION}}))
    recorded = set(_filenames(data, made.id))
    objects = {key: each for key, each in made.objects.items() if key in recorded}
    return LegacyExport(made.id, text.encode(), objects)


def _naive(value: Any) -> Any:
    """Dates without a zone. Words that only look like dates are the title's own."""
    if isinstance(value, dict):
        return {name: _naive(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_naive(inner) for inner in value]
    return value[:-1] if isinstance(value, str) and DATE.fullmatch(value) else value


def _organization(org: Document, _index: int) -> None:
    org["default"] = True
    org["storage"]["custom"] = None
    org["users"] = {detail["id"]: detail["role"] for detail in org["userDetails"]}
    for detail in org["userDetails"]:
        detail["role"] = str(detail["role"])


def _profile(profile: Document, _index: int) -> None:
    # The objects always were below the organization's id, their records were not.
    profile["resource"]["filename"] = profile["resource"]["filename"].split("/", 1)[1]
    profile["resource"]["storage"]["custom"] = None


def _workflow(workflow: Document, index: int) -> None:
    workflow |= {"scale": 1 + index, "runNow": index == 1, "lastCrawlStopping": False}
    _configuration(workflow)


def _revision(revision: Document, _index: int) -> None:
    revision["scale"] = 1
    _configuration(revision)


def _configuration(holder: Document) -> None:
    config = holder["config"]
    if not config["seeds"]:
        config["seeds"] = [{"url": "https://legacy.example.org/"}]
    for name in CONFIG_SINCE_THEN:
        config.pop(name, None)


def _item(item: Document, index: int) -> None:
    item["errors"] = ['{"timestamp": "2024-07-01T17:40:00.000Z", "logLevel": "error"}'] if index == 0 else []
    item["stats"].pop("req_crawls")
    for file in item["files"]:
        file |= {"presignedUrl": f"/data/{file['filename']}?X-Amz-Signature=0", "crc32": 0}
        file["expireAt"] = "2024-07-06T23:50:04"
    if item["type"] == "crawl":
        item["scale"] = 1
        _configuration(item)


def _page(page: Document, index: int) -> None:
    page.pop("qa", None)
    page["loadState"] = page["loadState"] if index % 2 else 3


def _collection(collection: Document, index: int) -> None:
    collection["isPublic"] = index == 0


def _filenames(data: Document, organization: UUID) -> list[str]:
    profiles = [f"{organization}/{profile['resource']['filename']}" for profile in data["profiles"]]
    runs = [run for item in data["items"] for run in (item, *(item.get("qaFinished") or {}).values())]
    return profiles + [file["filename"] for run in runs for file in run["files"]]


_CHANGES: Mapping[str, Callable[[Document, int], None]] = {
    "org": _organization,
    "profiles": _profile,
    "workflows": _workflow,
    "workflowRevisions": _revision,
    "items": _item,
    "pages": _page,
    "collections": _collection,
}
