"""Upgrades of items."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from orgport.browsertrix import upgrade_workflows
from orgport.browsertrix.paths import Document
from orgport.browsertrix.scalars import to_date
from orgport.browsertrix.sections import LOG_LISTS
from orgport.browsertrix.states import modern
from orgport.browsertrix.upgrade_context import UpgradeContext

REVIEW_STATUS = {"good": 5, "acceptable": 3, "failure": 1}


def number_review_status(item: Document, _context: UpgradeContext) -> None:
    """Words became numbers from 1 to 5."""
    status = item.get("reviewStatus")
    if isinstance(status, str):
        item["reviewStatus"] = REVIEW_STATUS.get(status)


def count_files_and_errors(item: Document, context: UpgradeContext) -> None:
    """Numbers of pages that are files and that could not be loaded, of crawls."""
    counts = context.counts.get(item["_id"])
    if counts and item.get("type") == "crawl" and item.get("filePageCount") is None:
        item["filePageCount"], item["errorPageCount"] = counts.files, counts.errors


def rename_state(item: Document, _context: UpgradeContext) -> None:
    """The state by its name of today."""
    if item.get("state"):
        item["state"] = modern(item["state"], stopping=item.get("stopping") is True)


def count_pages(item: Document, context: UpgradeContext) -> None:
    """Numbers of pages and of different URLs."""
    if not context.surveyed or item.get("pageCount") is not None:
        return
    counts = context.counts.get(item["_id"])
    item["pageCount"] = counts.pages if counts else 0
    item["uniquePageCount"] = len(counts.urls) if counts else 0


def count_windows(item: Document, context: UpgradeContext) -> None:
    """Like those of workflows; uploads have none."""
    if item.get("type") == "crawl":
        upgrade_workflows.count_windows(item, context)


def copy_seeds(item: Document, context: UpgradeContext) -> None:
    """From the crawl's workflow; from its own configuration where the workflow is gone."""
    if item.get("type") != "crawl" or (item.get("firstSeed") and item.get("seedCount")):
        return
    seeds = (item.get("config") or {}).get("seeds") or []
    first, count = context.seeds.get(item["cid"], (None, None)) if item.get("cid") else (None, None)
    item["firstSeed"] = first or (seeds[0].get("url") if seeds else "")
    item["seedCount"] = count or len(seeds)


def move_logs(item: Document, context: UpgradeContext) -> None:
    """Log lines in a crawl and in its QA runs become documents of `crawl_logs`."""
    for run, holder in (("", item), *_runs(item)):
        for name in LOG_LISTS:
            lines = holder.pop(name, None) or []
            context.logs += [
                _log(item, run, line, context, f"items/{item['_id']}/{run}/{name}/{index}")
                for index, line in enumerate(lines)
            ]


def _runs(item: Document) -> Iterator[tuple[str, Document]]:
    for identifier, run in (item.get("qaFinished") or {}).items():
        if isinstance(run, dict):
            yield identifier, run


def _log(item: Document, run: str, line: Any, context: UpgradeContext, path: str) -> Document:
    entry = _parsed(line)
    details = entry.get("details")
    return {
        "_id": context.new_id(path),
        "crawlId": item["_id"],
        "oid": context.org_id,
        "qaRunId": run or None,
        "timestamp": _timestamp(entry, item),
        "logLevel": str(entry.get("logLevel") or "error"),
        "context": str(entry.get("context") or "general"),
        # a line that is no JSON is its own message
        "message": str(entry.get("message") or ("" if entry else line)),
        "details": details if isinstance(details, dict) or not details else {"items": details},
    }


def _parsed(line: Any) -> Document:
    try:
        entry = orjson.loads(line) if isinstance(line, str) else line
    except orjson.JSONDecodeError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _timestamp(entry: Document, item: Document) -> datetime | None:
    try:
        return to_date(entry.get("timestamp"))
    except ValueError:
        return item.get("finished") or item.get("started")
