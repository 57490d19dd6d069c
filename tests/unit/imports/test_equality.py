"""An export of an import of an export is the first export, but for what an import is meant to change."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings

from orgport.browsertrix.sections import by_name
from tests.oracle import accepts
from tests.unit.imports.odd_organizations import RESTLESS, odd_organizations
from tests.unit.imports.round_trip import Stored, exported, imported

OF_THE_TARGET = ("bytesStored", "default", "lastCrawlFinished", "origin", "readOnly")
"""Beginnings of the organization's members that are the target's own."""


def again(text: bytes, stored: Stored) -> bytes:
    return exported(imported(text, stored.accounts))


def sections(text: bytes) -> dict[str, list[dict[str, Any]]]:
    data = json.loads(text)["data"]
    held = {f"held.{name}": [each["document"] for each in rows] for name, rows in data.pop("held", {}).items()}
    org = {name: value for name, value in data.pop("org").items() if not name.startswith(OF_THE_TARGET)}
    return {"org": [org], **{name: rows for name, rows in (data | held).items() if isinstance(rows, list)}}


@settings(max_examples=100)
@given(odd_organizations(at_rest=True))
def test_an_organization_at_rest_is_exported_again_as_it_was(stored: Stored) -> None:
    first = exported(stored)
    assert accepts(first) == accepts_of_names(first)
    assert sections(again(first, stored)) == sections(first)


def accepts_of_names(text: bytes) -> list[Any]:
    """What is wrong with the organization itself, which cannot be held: odd names and texts."""
    return [each for each in accepts(text) if each.where.startswith("data.org")]


@settings(max_examples=100)
@given(odd_organizations(at_rest=False))
def test_of_what_is_not_at_rest_nothing_but_that_changes_and_once(stored: Stored) -> None:
    first = exported(stored)
    second = again(first, stored)
    before, after = by_id(first), by_id(second)
    for key, document in after.items():
        was = before[key]
        changed = {name for name in was.keys() | document.keys() if was.get(name) != document.get(name)}
        assert changed <= RESTLESS.get(by_name[key[0]], frozenset())
    assert before.keys() == after.keys()
    assert again(second, stored) == second


def by_id(text: bytes) -> dict[tuple[str, str], dict[str, Any]]:
    """Every document by section and id, whether it is held or not: what was not at rest may be held no more."""
    return {(name.removeprefix("held."), row["_id"]): row for name, rows in sections(text).items() for row in rows}
