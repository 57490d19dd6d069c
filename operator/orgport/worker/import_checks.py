"""What a preflight says of versions, storages, channels and proxies, without asking anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from orgport.api.org_import import OrgImportSpec
from orgport.api.reasons import Reason
from orgport.browsertrix.normalise import DEFAULT_CHANNEL
from orgport.browsertrix.upgrades import LATEST, OLDEST
from orgport.worker.import_conflicts import Conflict
from orgport.worker.import_objects import Comparison

_VERSION = re.compile(r"[0-9]{4}")


def version_conflict(spec: OrgImportSpec, source: str, target: str) -> Conflict | None:
    """Why an export of that version cannot go into a database of that version."""
    found = f"the export has database version {source}, the target {target}"
    if not _VERSION.fullmatch(source):
        return Conflict(Reason.EXPORT_CORRUPT, f"dbVersion {source!r} is none of Browsertrix's")
    if source == target:
        return None
    if spec.version_policy == "Equal":
        return Conflict(Reason.VERSION_MISMATCH, f"{found}, and spec.versionPolicy is Equal")
    if source > target:
        return Conflict(Reason.VERSION_MISMATCH, f"{found}: newer exports are refused")
    if source < OLDEST:
        return Conflict(
            Reason.VERSION_MISMATCH,
            f"{found}; exports older than {OLDEST} are not read",
            suggestion=f"upgrade the source's Browsertrix to database version {OLDEST} or later, and export again",
        )
    if target > LATEST:
        return Conflict(
            Reason.VERSION_MISMATCH,
            f"{found}; upgrades are known up to {LATEST}",
            suggestion="upgrade the source's Browsertrix to the target's version, or use a newer orgport",
        )
    return None


def channel_warnings(channels: set[str], configured: str | None) -> Iterator[str]:
    """Crawler channels that workflows name and the target's crawler_channels.json lacks."""
    try:
        known = {str(entry.get("id")) for entry in orjson.loads(configured or "")}
    except (orjson.JSONDecodeError, AttributeError, TypeError):
        # Without a list that can be read there is nothing to compare with.
        return
    for channel in sorted(channels - known - {DEFAULT_CHANNEL}):
        yield f"workflows use the crawler channel {channel!r}, which the target lacks"


def proxy_warnings(proxies: set[str]) -> Iterator[str]:
    """Proxies that workflows name: the target's list of them is not read."""
    if proxies:
        yield f"workflows use the proxies {', '.join(sorted(proxies))}: the target needs them"


def object_warnings(comparison: Comparison, lost: Sequence[str], missing: Sequence[str]) -> Iterator[str]:
    """What a comparison of the objects found that is no conflict."""
    if comparison.shared:
        yield (
            f"{comparison.shared} objects of the target are the very objects of the source: "
            "deleting the organization at the source deletes them"
        )
    if missing:
        yield f"{len(missing)} objects that records name are missing; the report lists them"
    if lost:
        yield f"{len(lost)} objects of the archive's inventory are gone or have another size, such as {lost[0]}"


def names_in(workflow: dict[str, Any], member: str) -> set[str]:
    """The channel or proxy that a workflow names, as a set."""
    value = workflow.get(member)
    return {value} if isinstance(value, str) and value else set()
