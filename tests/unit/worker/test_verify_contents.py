"""What an archive's JSON is held against: the manifest, its own end, and the inventory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from orgport.archive.manifest import Manifest, ManifestDatabase, ManifestOrg, ManifestSource
from orgport.archive.reading import DATABASE_VERSION, ORGANIZATION, STATEMENT, Found
from orgport.worker.verify_contents import Contents, differing

OID = "7b1d2f7e-3a59-4c7a-9b58-0d5f0a6b1c2d"
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def manifest(documents: dict[str, int], **changes: Any) -> Manifest:
    facts: dict[str, Any] = {
        "orgport": "0.1.0",
        "spec_hash": "0" * 64,
        "org": ManifestOrg(id=OID, slug="acme", name="Acme"),
        "source": ManifestSource(db_version="0058", installation="0" * 64),
        "content": ["Files", "Database"],
        "start_time": NOW,
        "completion_time": NOW,
        "database": ManifestDatabase(size=1, sha256="0" * 64, documents=documents),
    }
    return Manifest(**facts | changes)


def item(filename: str, **members: Any) -> Found:
    file = {"filename": filename, "size": 3, "hash": "ab", "storage": {"name": "default"}}
    return Found("items", {"_id": "one", "files": [file], **members})


def head(**counts: int) -> list[Found]:
    return [
        Found(DATABASE_VERSION, "0058"),
        Found(ORGANIZATION, {"_id": OID}),
        Found(STATEMENT, {"formatVersion": 1, "counts": counts}),
    ]


@pytest.fixture
def contents() -> Iterator[Contents]:
    with closing(Contents(OID)) as made:
        yield made


def read(contents: Contents, *found: Found) -> Contents:
    for each in found:
        contents.add(each)
    return contents


def test_counts_that_agree_pass(contents: Contents) -> None:
    read(contents, *head(items=1), item(f"{OID}/a"), Found("pages", {"_id": "p"}, held=True))
    contents.statement["counts"]["held.pages"] = 1
    row = contents.documents(manifest({"items": 1, "held.pages": 1, "profiles": 0}))
    assert (row.state, row.numbers) == ("ok", {"items": 1, "held.pages": 1})


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        pytest.param(head(items=1), "items: 0 documents, not the 1 of the manifest", id="a document less"),
        pytest.param([*head(items=2), item(f"{OID}/a")], "not the 2 of its own end", id="its own count"),
        pytest.param([*head()[:2], item(f"{OID}/a")], "does not say at its end", id="no count of its own"),
        pytest.param([*head()[1:], item(f"{OID}/a")], "dbVersion is None", id="no version"),
        pytest.param([Found(ORGANIZATION, {"_id": "x"})], "it is of organization x", id="another organization"),
        pytest.param([Found("items", {"_id": "one", "files": [{"filename": 1, "replicas": 1}, 3]})], "1", id="odd"),
    ],
)
def test_what_disagrees_is_named(contents: Contents, found: list[Found], problem: str) -> None:
    row = read(contents, *found).documents(manifest({"items": 1}))
    assert row.state == "failed"
    assert problem in row.message


def test_a_section_that_only_one_side_knows_differs() -> None:
    assert differing({"pages": 1}, {"items": 2}, "x") == [
        "items: 0 documents, not the 2 of x",
        "pages: 1 documents, not the 0 of x",
    ]


@pytest.mark.parametrize(
    ("found", "changes", "state", "numbers"),
    [
        pytest.param(item(f"{OID}/a"), {}, "failed", (1, 0, 0), id="in no inventory"),
        pytest.param(item(f"{OID}/a"), {"missing": [f"{OID}/a"]}, "ok", (0, 1, 0), id="named missing"),
        pytest.param(item(f"{OID}/there"), {}, "ok", (0, 0, 0), id="in the inventory"),
        pytest.param(item(f"https://s3.example.org/b/{OID}/there"), {}, "ok", (0, 0, 0), id="a full URL"),
        pytest.param(item("https://s3.example.org/b/other/a"), {}, "failed", (0, 0, 1), id="another's URL"),
        pytest.param(item("other/a"), {}, "failed", (0, 0, 1), id="another's object"),
        pytest.param(item("other/a"), {"foreign": 1}, "ok", (0, 0, 1), id="another's object that is known"),
        pytest.param(item(f"{OID}/a", deleted=True), {}, "ok", (0, 0, 0), id="of an item that is being deleted"),
    ],
)
def test_every_reference_has_to_be_covered(
    contents: Contents, found: Found, changes: dict[str, Any], state: str, numbers: tuple[int, int, int]
) -> None:
    read(contents, found).needed.find(f"{OID}/there")
    row = contents.covered(manifest({}, **changes))
    uncovered, missing, foreign = numbers
    assert (row.state, row.numbers) == (state, {"uncovered": uncovered, "missing": missing, "foreign": foreign})
