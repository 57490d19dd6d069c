"""The sections of an export: their collections and, by path, what in them is a UUID, a date, a user or a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from orgport.browsertrix.paths import ELEMENT, VALUE, steps
from orgport.browsertrix.scalars import to_date, to_map, to_number, to_text, to_uuid

Convert = Callable[[Any], Any]

FILE_TEXTS = ("filename", "hash", "storage.name", "replicas[].name")
"""Texts of a file object. Its size is a number where it is known, and "" in some that never were saved."""


@dataclass(frozen=True, eq=False)
class Section:
    """One member of an export's `data`, and the collection that holds its documents."""

    name: str
    collection: str
    link: str
    """The field that leads to the organization: "oid", "cid" (a workflow), "crawl_id", "crawlId" (an item), "_id"."""
    uuids: tuple[str, ...]
    dates: tuple[str, ...]
    users: tuple[str, ...] = ()
    """Those of `uuids` that name a user. The organization's own members are keys of a map: see users.py."""
    files: tuple[str, ...] = ()
    """Paths of file objects ({filename, hash, size, storage, replicas}); "": the document is one."""
    texts: tuple[str, ...] = ()
    """Texts that something is made of here, which would end in the middle of it if they were none."""
    numbers: tuple[str, ...] = ()
    """Whole numbers of that kind."""
    maps: tuple[str, ...] = ()
    string_id: bool = False
    """Whether `_id` is a string, not a UUID."""
    plain: tuple[tuple[str, Convert], ...] = field(init=False, repr=False)
    """Typed members of the document itself. Apart from the rest because millions of pages have little else."""
    deep: tuple[tuple[str, Any, str, Convert], ...] = field(init=False, repr=False)
    """Typed paths below a member: the member's name, what it is when nothing is below, the path, how to convert."""

    def __post_init__(self) -> None:
        typed: list[tuple[str, Convert]] = [(path, to_uuid) for path in self.uuids]
        typed += [(path, to_date) for path in self.dates]
        typed += [(path, to_map) for path in (*filter(None, self.files), *self.maps)]
        typed += [(path, to_text) for path in (*self.texts, *_each_file(self.files, FILE_TEXTS))]
        typed += [(path, to_number) for path in self.numbers]
        plain = tuple((path, convert) for path, convert in typed if len(steps(path)) == 1)
        deep = tuple((*_head(path), path, convert) for path, convert in typed if len(steps(path)) > 1)
        object.__setattr__(self, "plain", plain)
        object.__setattr__(self, "deep", deep)


def _head(path: str) -> tuple[str, Any]:
    """The first member of a path of several steps, and what it is when it is empty."""
    member, below, *_ = steps(path)
    return member, [] if below == ELEMENT else {}


def _each_file(files: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{path}.{name}" if path else name for path in files for name in names)


def _each(prefix: str, *names: str) -> tuple[str, ...]:
    return tuple(prefix + name for name in names)


QA_RUNS = f"qaFinished.{VALUE}."
CONFIG_TEXTS = ("config.lang", "config.seeds[].url")
LOG_LISTS = ("errors", "behaviorLogs")
"""Log lines that items and QA runs held before they became documents of their own."""

ORGANIZATION = Section(
    name="org",
    collection="organizations",
    link="_id",
    uuids=("_id", "crawlingDefaults.profileid", "crawlingDefaults.dedupeCollId"),
    dates=("created", "lastCrawlFinished", "quotaUpdates[].modified", "subscription.futureCancelDate"),
    texts=("name", "slug", "storage.name", "storageReplicas[].name", "subscription.subId"),
    maps=("users", "userDetails[]"),
)
PROFILES = Section(
    name="profiles",
    collection="profiles",
    link="oid",
    uuids=("_id", "oid", "userid", "createdBy", "modifiedBy", "baseid", "modifiedCrawlCid"),
    dates=("created", "modified", "modifiedCrawlDate"),
    users=("userid", "createdBy", "modifiedBy"),
    files=("resource",),
)
WORKFLOWS = Section(
    name="workflows",
    collection="crawl_configs",
    link="oid",
    uuids=(
        *("_id", "oid", "createdBy", "modifiedBy", "lastStartedBy", "profileid", "dedupeCollId"),
        *("autoAddCollections[]", "config.seedFileId"),
    ),
    dates=("created", "modified", "lastCrawlStartTime", "lastCrawlTime", "lastRun"),
    users=("createdBy", "modifiedBy", "lastStartedBy"),
    texts=("schedule", "lastCrawlState", "crawlerChannel", "proxyId", *CONFIG_TEXTS),
    numbers=("browserWindows", "scale"),
)
REVISIONS = Section(
    name="workflowRevisions",
    collection="configs_revs",
    link="cid",
    # Browsertrix's own importer stores this _id as a string; it is a UUID everywhere else.
    uuids=("_id", "cid", "modifiedBy", "profileid", "config.seedFileId"),
    dates=("modified",),
    users=("modifiedBy",),
    numbers=("browserWindows", "scale"),
)
ITEMS = Section(
    name="items",
    collection="crawls",
    link="oid",
    uuids=(
        *("oid", "cid", "userid", "profileid", "dedupeCollId", "collectionIds[]", "config.seedFileId"),
        *("qa.userid", QA_RUNS + "userid"),
    ),
    dates=(
        *("started", "finished", "pausedAt", "rateLimitedAt", "_lut"),
        *_each("qa.", "started", "finished", "_lut"),
        *_each(QA_RUNS, "started", "finished", "_lut"),
    ),
    users=("userid", "qa.userid", QA_RUNS + "userid"),
    files=("files[]", "qa.files[]", QA_RUNS + "files[]"),
    texts=(
        *("type", "state", "crawlerChannel", *CONFIG_TEXTS),
        *(f"{holder}{name}[]" for holder in ("", QA_RUNS) for name in LOG_LISTS),
    ),
    numbers=("browserWindows", "scale"),
    string_id=True,
)
PAGES = Section(
    name="pages",
    collection="pages",
    link="crawl_id",
    uuids=("_id", "oid", "userid", "notes[].id", "notes[].userid"),
    dates=("ts", "modified", "notes[].created"),
    users=("userid", "notes[].userid"),
    texts=("crawl_id", "url", "mime"),
)
COLLECTIONS = Section(
    name="collections",
    collection="collections",
    link="oid",
    uuids=("_id", "oid", "homeUrlPageId", "thumbnail.userid", "thumbnailSource.urlPageId"),
    dates=(
        *("created", "modified", "lastStatsUpdateStarted", "dateEarliest", "dateLatest", "homeUrlTs"),
        *("indexLastSavedAt", "thumbnail.created", "thumbnailSource.urlTs"),
    ),
    users=("thumbnail.userid",),
    files=("thumbnail", "indexFile"),
    texts=("name", "slug", "indexState"),
)
SEED_FILES = Section(
    name="fileUploads",
    collection="file_uploads",
    link="oid",
    uuids=("_id", "oid", "userid"),
    dates=("created",),
    users=("userid",),
    files=("",),
)
CRAWL_LOGS = Section(
    name="crawlLogs",
    collection="crawl_logs",
    link="crawlId",
    uuids=("_id", "oid"),
    dates=("timestamp",),
    texts=("crawlId",),
)

UPSTREAM_SECTIONS = (PROFILES, WORKFLOWS, REVISIONS, ITEMS, PAGES, COLLECTIONS)
"""The lists of an export, in the order that Browsertrix's importer needs."""
EXTRA_SECTIONS = (SEED_FILES, CRAWL_LOGS)
"""Lists that Browsertrix's importer skips."""
SECTIONS = (ORGANIZATION, *UPSTREAM_SECTIONS, *EXTRA_SECTIONS)
by_name = {section.name: section for section in SECTIONS}
