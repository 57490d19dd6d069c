"""Objects that records name."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from bson.int64 import Int64
from hypothesis import given
from hypothesis import strategies as st

from orgport.browsertrix.paths import Document
from orgport.browsertrix.references import Reference, leave_out, object_key, references, rewrite_urls
from orgport.browsertrix.sections import COLLECTIONS, ITEMS, PAGES, PROFILES, SECTIONS, SEED_FILES, Section
from tests.unit.browsertrix.samples import OID, SHA256, file, filled, found

ORG = str(OID)
URL = "http://local-minio.ns:9000/btrix-data/"
REFERENCE = Reference("items", "crawl", "files[]", f"{ORG}/a.wacz", 1000, SHA256, "default", False, ())


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_every_file_object_is_found(section: Section) -> None:
    document = filled(section)
    expected = sum(len(found(document, path)) if path else 1 for path in section.files)
    made = list(references(section, document))
    assert len(made) == expected
    assert {reference.path for reference in made} == set(section.files)
    assert all(object_key(reference, ORG) == reference.filename for reference in made)


def test_a_reference_says_what_the_record_says() -> None:
    (made,) = references(PROFILES, {"_id": OID, "resource": file("profiles/p.tar.gz")})
    name = f"{ORG}/profiles/p.tar.gz"
    assert made == Reference("profiles", ORG, "resource", name, 1000, SHA256, "default", False, ("replica", "gone"))


@pytest.mark.parametrize(
    ("member", "value", "attribute", "expected"),
    [
        *[("size", "", "size", -1), ("size", -1, "size", -1), ("size", None, "size", -1), ("size", True, "size", -1)],
        ("size", Int64(10_000_000_000), "size", 10_000_000_000),
        *[("size", 0, "size", 0), ("hash", None, "sha256", ""), ("hash", "", "sha256", "")],
        *[("storage", None, "storage", ""), ("storage", {"name": "x", "custom": None}, "custom", False)],
        *[("storage", {"name": "x", "custom": True}, "custom", True), ("replicas", None, "replicas", ())],
        ("replicas", [{"name": "r"}, None, {"name": 7}], "replicas", ("r",)),
    ],
)
def test_what_a_record_does_not_know_is_said_so(member: str, value: Any, attribute: str, expected: Any) -> None:
    index = file("dedupe-index/x") | {member: value}
    (made,) = references(COLLECTIONS, {"_id": OID, "indexFile": index})
    assert getattr(made, attribute) == expected


@pytest.mark.parametrize("broken", [{}, {"filename": None}, {"filename": ""}, {"filename": 7}, "a.wacz", None, []])
def test_a_file_object_without_file_name_names_no_object(broken: Any) -> None:
    assert list(references(ITEMS, {"_id": "crawl", "files": [broken]})) == []


@pytest.mark.parametrize(
    "filename",
    [
        *(f"{ORG}", f"{ORG}/", f"{ORG}//a", f"{ORG}/a//b", f"{ORG}/../x/a", f"{ORG}/./a", f"{ORG}/a/..", f"/{ORG}/a"),
        *(f"{ORG}x/a", f"x/{ORG}/a", "a.wacz", "profiles/a.tar.gz", f"https://elsewhere.example.org/{ORG}/a"),
        *("11111111-2222-4333-8444-555555555555/a.wacz", f"{ORG.upper()}/a", f"{URL}other/{ORG}/a", f"{ORG}/a/"),
    ],
)
def test_what_is_not_below_the_organization_has_no_key(filename: str) -> None:
    assert object_key(replace(REFERENCE, filename=filename), ORG, [URL]) is None


@pytest.mark.parametrize(
    "name", ["a.wacz", "qa/a b.wacz", "images/-thumbnail-x.png", "…/図書館.wacz", "a..b/...", "%2e"]
)
def test_whatever_is_below_the_organization_has_the_key_that_it_says(name: str) -> None:
    assert object_key(replace(REFERENCE, filename=f"{ORG}/{name}"), ORG) == f"{ORG}/{name}"
    assert object_key(replace(REFERENCE, filename=f"{URL}{ORG}/{name}"), ORG, ["http://x/", URL]) == f"{ORG}/{name}"


def test_old_profiles_have_a_key_though_they_lack_the_organization() -> None:
    profile = replace(REFERENCE, section="profiles", filename="profiles/a.tar.gz")
    assert object_key(profile, ORG) == f"{ORG}/profiles/a.tar.gz"
    assert object_key(replace(profile, filename="profiles/../../b"), ORG) is None


@given(st.text(max_size=40))
def test_a_key_never_leaves_the_organization(name: str) -> None:
    for filename in (name, f"{ORG}/{name}", f"{URL}{name}"):
        key = object_key(replace(REFERENCE, filename=filename), ORG, [URL])
        assert key is None or (key.startswith(f"{ORG}/") and not {"", ".", ".."} & set(key.split("/")))


@pytest.mark.parametrize(
    ("section", "path"),
    [(section, path) for section in SECTIONS for path in section.files],
    ids=lambda value: getattr(value, "name", value),
)
def test_unwanted_references_are_left_out_wherever_they_are(section: Section, path: str) -> None:
    document = filled(section)
    unwanted = [made for made in references(section, document) if made.path == path][-1]
    kept = [made for made in references(section, document) if made != unwanted]
    assert leave_out(section, document, lambda made: made.filename == unwanted.filename) == [unwanted]
    assert list(references(section, document)) == (kept if path else [unwanted])
    assert None not in found(document, path) or not path.endswith("[]")


def test_what_is_left_out_takes_nothing_else_along() -> None:
    foreign = {"filename": "a.wacz"}
    item: Document = {"_id": "crawl", "files": [None, foreign, {"filename": "b.wacz"}, foreign, "c", None]}
    assert len(leave_out(ITEMS, item, lambda made: made.filename == "a.wacz")) == 2
    assert item["files"] == [None, {"filename": "b.wacz"}, "c", None]


@pytest.mark.parametrize("odd", [None, OID, datetime(2024, 7, 1, tzinfo=UTC), "text", 7, True, {"a": 1}, [[]], [7]])
@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_what_has_another_shape_is_left_as_it_is(section: Section, odd: Any) -> None:
    for name in filled(section).keys() - {"_id"}:
        document = filled(section) | {name: odd}
        before = deepcopy(document)
        rewrite_urls(section, document, ORG, [URL])
        assert leave_out(section, document, lambda made: made.filename.startswith("elsewhere")) == []
        assert document == before


def test_file_names_that_are_urls_of_the_endpoint_become_keys() -> None:
    names = [f"{URL}{ORG}/a.wacz", f"{URL}elsewhere/b.wacz", f"{ORG}/c.wacz", "https://x.example.org/d.wacz"]
    item: Document = {"_id": "crawl", "files": [{"filename": name} for name in names]}
    rewrite_urls(ITEMS, item, ORG, [URL])
    assert found(item, "files[].filename") == [f"{ORG}/a.wacz", *names[1:]]


def test_a_seed_file_is_its_own_file_object() -> None:
    (made,) = references(SEED_FILES, {"_id": OID, **file("seedFiles/s.txt")})
    assert (made.path, made.filename) == ("", f"{ORG}/seedFiles/s.txt")


def test_pages_name_no_objects() -> None:
    assert list(references(PAGES, filled(PAGES) | {"filename": "a.wacz"})) == []
