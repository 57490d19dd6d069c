"""The sections of an export: their collections and, by path, what in them is a UUID, a date, a user or a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.browsertrix.paths import ELEMENT, VALUE, Document, slots, steps
from orgport.browsertrix.scalars import to_date, to_map, to_uuid

Convert = Callable[[Any], Any]


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
    string_id: bool = False
    """Whether `_id` is a string, not a UUID."""
    plain: tuple[tuple[str, Convert], ...] = field(init=False, repr=False)
    """Typed members of the document itself. Apart from the rest because millions of pages have little else."""
    deep: tuple[tuple[str, Any, str, Convert], ...] = field(init=False, repr=False)
    """Typed paths below a member: the member's name, what it is when nothing is below, the path, how to convert."""

    def __post_init__(self) -> None:
        typed: list[tuple[str, Convert]] = [(path, to_uuid) for path in self.uuids]
        typed += [(path, to_date) for path in self.dates] + [(path, to_map) for path in self.files if path]
        plain = tuple((path, convert) for path, convert in typed if len(steps(path)) == 1)
        deep = tuple((*_head(path), path, convert) for path, convert in typed if len(steps(path)) > 1)
        object.__setattr__(self, "plain", plain)
        object.__setattr__(self, "deep", deep)


def _head(path: str) -> tuple[str, Any]:
    """The first member of a path of several steps, and what it is when it is empty."""
    member, below, *_ = steps(path)
    return member, [] if below == ELEMENT else {}


def _each(prefix: str, *names: str) -> tuple[str, ...]:
    return tuple(prefix + name for name in names)


QA_RUNS = f"qaFinished.{VALUE}."

ORGANIZATION = Section(
    name="org",
    collection="organizations",
    link="_id",
    uuids=("_id", "crawlingDefaults.profileid", "crawlingDefaults.dedupeCollId"),
    dates=("created", "lastCrawlFinished", "quotaUpdates[].modified", "subscription.futureCancelDate"),
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
)
REVISIONS = Section(
    name="workflowRevisions",
    collection="configs_revs",
    link="cid",
    # Browsertrix's own importer stores this _id as a string; it is a UUID everywhere else.
    uuids=("_id", "cid", "modifiedBy", "profileid", "config.seedFileId"),
    dates=("modified",),
    users=("modifiedBy",),
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
    string_id=True,
)
PAGES = Section(
    name="pages",
    collection="pages",
    link="crawl_id",
    uuids=("_id", "oid", "userid", "notes[].id", "notes[].userid"),
    dates=("ts", "modified", "notes[].created"),
    users=("userid", "notes[].userid"),
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
)

UPSTREAM_SECTIONS = (PROFILES, WORKFLOWS, REVISIONS, ITEMS, PAGES, COLLECTIONS)
"""The lists of an export, in the order that Browsertrix's importer needs."""
EXTRA_SECTIONS = (SEED_FILES, CRAWL_LOGS)
"""Lists that Browsertrix's importer skips."""
SECTIONS = (ORGANIZATION, *UPSTREAM_SECTIONS, *EXTRA_SECTIONS)
by_name = {section.name: section for section in SECTIONS}


def decode(section: Section, document: Document) -> Document:
    """Turn JSON's texts into UUIDs and aware dates, in place, wherever a path says that there is one.

    EXPORT_CORRUPT names the section, the document and the path that holds something else. Null and absent are fine.
    """
    _check_id(section, document)
    for path, convert in section.plain:
        value = document.get(path)
        if value is not None:
            try:
                document[path] = convert(value)
            except ValueError as error:
                raise _corrupt(section, document, path, error) from None
    for member, empty, path, convert in section.deep:
        value = document.get(member)
        if value is not None and value != empty:
            _decode_below(section, document, path, convert)
    return document


def decode_held(section: Section, document: Document) -> Document:
    """Like `decode`, for a document that Browsertrix's rules refuse: what is no UUID or date stays as it is."""
    _check_id(section, document)
    for path, convert in typed(section):
        for container, key in slots(document, path):
            _convert_if_possible(container, key, convert)
    return document


def misfit(section: Section, document: Document) -> str | None:
    """What is wrong with the types of the document, path first; None if `decode` takes it. Changes nothing."""
    for path, convert in section.plain:
        value = document.get(path)
        if value is not None and (problem := _problem(value, convert)):
            return f"{path} {problem}"
    for member, empty, path, convert in section.deep:
        value = document.get(member)
        if value is not None and value != empty and (problem := _problem_below(document, path, convert)):
            return f"{path} {problem}"
    return None


def typed(section: Section) -> tuple[tuple[str, Convert], ...]:
    """All typed paths of a section, each with its conversion; those of files must be maps."""
    return section.plain + tuple((path, convert) for _, _, path, convert in section.deep)


def _check_id(section: Section, document: Document) -> None:
    identifier = document.get("_id")
    if identifier is None or (section.string_id and (not isinstance(identifier, str) or not identifier)):
        raise Failure(Reason.EXPORT_CORRUPT, f"{section.name}: a document has no _id, or one of the wrong type")


def _decode_below(section: Section, document: Document, path: str, convert: Convert) -> None:
    try:
        for container, key in slots(document, path, strict=True):
            if container[key] is not None:
                container[key] = convert(container[key])
    except ValueError as error:
        raise _corrupt(section, document, path, error) from None


def _convert_if_possible(container: Any, key: Any, convert: Convert) -> None:
    if container[key] is not None and not _problem(container[key], convert):
        container[key] = convert(container[key])


def _problem(value: Any, convert: Convert) -> str | None:
    try:
        convert(value)
    except ValueError as error:
        return str(error)
    return None


def _problem_below(document: Document, path: str, convert: Convert) -> str | None:
    try:
        for container, key in slots(document, path, strict=True):
            # a member may be null; an element of a list may not
            if container[key] is not None or isinstance(container, list):
                convert(container[key])
    except ValueError as error:
        return str(error)
    return None


def _corrupt(section: Section, document: Document, path: str, error: ValueError) -> Failure:
    identifier = str(document["_id"])
    where = path.replace(ELEMENT, "")
    return Failure(Reason.EXPORT_CORRUPT, f"{section.name} {identifier}: {where} {error}", keys=[identifier])
