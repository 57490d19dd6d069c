"""What two exports of one organization have to have in common."""

from __future__ import annotations

from typing import Any

MEANT_TO_CHANGE = ("bytesStored", "origin", "default", "lastCrawlFinished", "readOnly")
"""Beginnings of the organization's members that an import sets itself."""


def sections(exported: Any) -> dict[str, dict[Any, Any]]:
    """The documents by section and id, without the members of the organization that an import means to change."""
    data = dict(exported["data"])
    org = {name: value for name, value in data.pop("org").items() if not name.startswith(MEANT_TO_CHANGE)}
    org["userDetails"] = sorted(org["userDetails"], key=lambda detail: str(detail["email"]))
    held = {f"held.{name}": [each["document"] for each in rows] for name, rows in data.pop("held", {}).items()}
    for profile in data["profiles"]:
        # Whether a profile is in use is for Browsertrix to find out.
        profile.pop("inUse", None)
    lists = {name: rows for name, rows in (data | held).items() if isinstance(rows, list)}
    return {"org": org, **{name: {each["_id"]: each for each in rows} for name, rows in lists.items()}}


def assert_equal(first: Any, second: Any) -> None:
    """Whether the second export has what the first one has."""
    before, after = sections(first), sections(second)
    assert before.keys() == after.keys()
    for name, documents in before.items():
        changed = [key for key in documents.keys() | after[name].keys() if after[name].get(key) != documents.get(key)]
        assert not changed, f"{name} {changed[0]}: {documents.get(changed[0])} is {after[name].get(changed[0])}"
