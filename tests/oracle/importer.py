"""Would Browsertrix's POST /api/orgs/import/json take this? Rule by rule, without Browsertrix.

Its importer reads the JSON as a stream, once: what comes too early or too late is not found. It validates
record by record, after it has stored those before; so one bad record leaves half an organization.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from tests.oracle.checks import Check, matching
from tests.oracle.organizations import organization
from tests.oracle.records import collections, items, pages, profiles, revisions, workflows

ORDER = ("dbVersion", "org", "profiles", "workflows", "workflowRevisions", "items", "pages", "collections")
"""Members of `data` that the importer reads, in the only order in which it finds them."""


version = matching(r"\d{4}", "0058")


@dataclass(frozen=True)
class Violation:
    """A rule of the importer that is broken, and where."""

    where: str
    says: str

    def __str__(self) -> str:
        return f"{self.where}: {self.says}"


class _Members(dict[str, Any]):
    """A JSON object that remembers the members given twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.repeated = sorted({name for name in names if names.count(name) > 1}) if len(names) > len(self) else []


def accepts(text: bytes, *, max_browser_windows: int = 8, max_scale: int = 4) -> list[Violation]:
    """What the importer of an installation with these maxima would stumble over; [] if it would take all of it."""
    if text.startswith(codecs.BOM_UTF8):
        return [Violation("file", "begins with a byte order mark")]
    try:
        whole = json.loads(text.decode(), object_pairs_hook=_Members, parse_constant=_refuse)
    except ValueError as error:
        return [Violation("file", f"is no JSON: {error}")]
    if not isinstance(whole, _Members) or not isinstance(whole.get("data"), _Members):
        return [Violation("file", "has no object `data`")]
    return [*_order(whole["data"]), *_records(whole["data"], max_browser_windows, max_scale)]


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _order(data: _Members) -> Iterator[Violation]:
    for name in ORDER:
        if name not in data:
            yield Violation(f"data.{name}", "is missing")
        elif name in data.repeated:
            yield Violation(f"data.{name}", "is there twice")
    present = [name for name in data if name in ORDER]
    if present != sorted(present, key=ORDER.index):
        yield Violation("data", f"has its members in the order {', '.join(present)}")


def _records(data: _Members, max_browser_windows: int, max_scale: int) -> Iterator[Violation]:
    if "dbVersion" in data:
        yield from _apply(version, data["dbVersion"], "data.dbVersion")
    if "org" in data:
        yield from _apply(organization, data["org"], "data.org")
    for name, check in sections(max_browser_windows, max_scale).items():
        yield from _section(name, data.get(name, []), check)


def sections(max_browser_windows: int = 8, max_scale: int = 4) -> dict[str, Check]:
    """The rules for the records of each section."""
    return {
        "profiles": profiles(),
        "workflows": workflows(max_browser_windows, max_scale),
        "workflowRevisions": revisions(max_browser_windows, max_scale),
        "items": items(max_browser_windows),
        "pages": pages(),
        "collections": collections(),
    }


def _section(name: str, records: Any, check: Check) -> Iterator[Violation]:
    if not isinstance(records, list):
        yield Violation(f"data.{name}", "is no list")
        return
    for record in records:
        identifier = record.get("_id") if isinstance(record, dict) else "?"
        yield from _apply(check, record, f"{name} {identifier}")
        if isinstance(record, _Members) and record.repeated:
            yield Violation(f"{name} {identifier}", f"has {', '.join(record.repeated)} twice")


def _apply(check: Check, value: Any, where: str) -> Iterator[Violation]:
    for fault in check(value):
        path, says = fault.split(": ", 1)
        yield Violation(f"{where} {path.lstrip('.')}".rstrip(), says)
