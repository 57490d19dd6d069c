"""Values that are true only where they come from, made right for the installation that receives them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from orgport.browsertrix.paths import Document
from orgport.browsertrix.sections import COLLECTIONS, ITEMS, PROFILES, REVISIONS, WORKFLOWS, Section
from orgport.browsertrix.settings import Settings
from orgport.browsertrix.states import IN_FLIGHT, PROCESSING_UPLOAD, ended

INDEX_FIELDS = ("indexState", "indexFile", "indexStats", "indexLastSavedAt", "indexDiskSpaceUsed")
DEFAULT_CHANNEL = "default"


@dataclass(frozen=True)
class Options:
    """What the import's spec says about values."""

    suspend_schedules: bool = True
    """Whether workflows lose their schedules; see `schedule` for what they were."""


def normalise(section: Section, document: Document, settings: Settings, options: Options) -> list[str]:
    """Adapt a decoded, upgraded document to the target, in place; returns a warning for each change worth one."""
    change = _CHANGES.get(section)
    return change(document, settings, options) if change else []


def schedule(workflow: Document) -> str:
    """A workflow's cron line; empty if it has none, or if it is inactive and so is never run."""
    return "" if workflow.get("inactive") else workflow.get("schedule") or ""


def is_left_behind(section: Section, document: Document) -> bool:
    """Whether the document is an item that was being deleted when it was exported; its pages are left with it."""
    return section is ITEMS and document.get("deleted") is True


def _workflow(workflow: Document, settings: Settings, options: Options) -> list[str]:
    if options.suspend_schedules and workflow.get("schedule"):
        workflow["schedule"] = ""
    if workflow.get("isCrawlRunning"):
        workflow["isCrawlRunning"] = False
    if state := workflow.get("lastCrawlState"):
        workflow["lastCrawlState"] = ended(state, has_files=bool(workflow.get("lastCrawlSize")))
    _fill_channel(workflow)
    if workflow.get("profileid") and workflow.get("proxyId"):
        workflow["proxyId"] = None
    return _limit(workflow, f"workflow {_label(workflow)}", settings)


def _revision(revision: Document, settings: Settings, _options: Options) -> list[str]:
    _limit(revision, "", settings)
    return []


def _item(item: Document, settings: Settings, _options: Options) -> list[str]:
    warnings = _end_upload(item) if item.get("type") == "upload" else _end_crawl(item)
    if item.get("isMigrating"):
        item["isMigrating"] = False
    if item.get("type") == "crawl":
        _fill_channel(item)
        _limit(item, "", settings)
    return warnings


def _end_crawl(item: Document) -> list[str]:
    warnings = []
    state = item.get("state")
    if state in IN_FLIGHT:
        item["state"] = ended(state, has_files=bool(item.get("files")))
        _finish(item)
        warnings.append(f"crawl {item['_id']} was {state}; it is {item['state']} now")
    if item.get("qa") is not None:
        item["qa"] = None
        warnings.append(f"the QA run of crawl {item['_id']} was under way; it is dropped")
    return warnings


def _end_upload(item: Document) -> list[str]:
    """An upload with its object there is finished by the target; one without never will be."""
    if item.get("state") != PROCESSING_UPLOAD or item.get("files"):
        return []
    item["state"] = "failed"
    _finish(item)
    return [f"upload {item['_id']} was being processed and has no file; it is failed now"]


def _finish(item: Document) -> None:
    if item.get("finished") is None:
        item["finished"] = item.get("_lut") or item.get("pausedAt") or item.get("started")


def _collection(collection: Document, _settings: Settings, _options: Options) -> list[str]:
    """A dedupe index that was in use when it was exported may be stale: without it Browsertrix makes a new one."""
    state = collection.get("indexState")
    if state is None or (state == "idle" and collection.get("indexFile")):
        return []
    for field in INDEX_FIELDS:
        if field in collection:
            collection[field] = None
    return [f"the dedupe index of collection {_label(collection)} was {state}; it will be made anew"]


def _profile(profile: Document, _settings: Settings, _options: Options) -> list[str]:
    if profile.get("inUse"):
        profile["inUse"] = False
    return []


def _fill_channel(document: Document) -> None:
    if not document.get("crawlerChannel"):
        document["crawlerChannel"] = DEFAULT_CHANNEL


def _limit(document: Document, title: str, settings: Settings) -> list[str]:
    """A number above the target's limit would break every reading of the document there."""
    warnings = []
    for field, limit in (("browserWindows", settings.max_browser_windows), ("scale", settings.max_crawl_scale)):
        value = document.get(field)
        if isinstance(value, int) and not 1 <= value <= limit:
            document[field] = min(max(value, 1), limit)
            warnings.append(f"{title}: {field} {value} is {document[field]} now, the target's limit")
    if "browserWindows" in document and document["browserWindows"] is None:
        windows = (document.get("scale") or 1) * settings.num_browsers
        document["browserWindows"] = min(windows, settings.max_browser_windows)
    return warnings


def _label(document: Document) -> str:
    name = document.get("name")
    return f"{document['_id']} ({name})" if name else str(document["_id"])


_CHANGES: dict[Section, Callable[[Document, Settings, Options], list[str]]] = {
    PROFILES: _profile,
    WORKFLOWS: _workflow,
    REVISIONS: _revision,
    ITEMS: _item,
    COLLECTIONS: _collection,
}
