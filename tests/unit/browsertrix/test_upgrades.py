"""Upgrades of documents, version by version."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from uuid import UUID

import pytest

from orgport.browsertrix.paths import Document
from orgport.browsertrix.sections import (
    COLLECTIONS,
    ITEMS,
    ORGANIZATION,
    PAGES,
    PROFILES,
    REVISIONS,
    SECTIONS,
    WORKFLOWS,
    Section,
)
from orgport.browsertrix.upgrades import ALWAYS, LATEST, OLDEST, RULES
from tests.organizations import generate
from tests.unit.browsertrix.samples import INSTANT, OID, OTHER, context, upgraded

LINKS = {"crc32": 1, "presignedUrl": "/data/x?X-Amz-Signature=1", "expireAt": "2024-07-06T23:50:04"}


ROWS: list[tuple[str, Section, Document, Document]] = [
    ("0026", ITEMS, {"reviewStatus": "good"}, {"reviewStatus": 5}),
    ("0026", ITEMS, {"reviewStatus": "acceptable"}, {"reviewStatus": 3}),
    ("0026", ITEMS, {"reviewStatus": "failure"}, {"reviewStatus": 1}),
    ("0026", ITEMS, {"reviewStatus": 4}, {"reviewStatus": 4}),
    ("0026", ITEMS, {"reviewStatus": None}, {"reviewStatus": None}),
    ("0028", PAGES, {"loadState": 2, "mime": "application/pdf"}, {"isFile": True, "isError": False}),
    ("0028", PAGES, {"loadState": 2, "mime": "text/html", "title": "x"}, {"isFile": False, "isError": False}),
    ("0028", PAGES, {"loadState": 2, "mime": "text/html", "status": 200}, {"isFile": True, "isError": False}),
    ("0028", PAGES, {"loadState": 2, "title": "x", "status": 200}, {"isFile": False, "isError": False}),
    ("0028", PAGES, {"loadState": 2, "status": 404}, {"isFile": False, "isError": False}),
    ("0028", PAGES, {"loadState": 4, "mime": "image/png"}, {"isFile": False, "isError": False}),
    ("0028", PAGES, {"loadState": 0}, {"isFile": False, "isError": True}),
    ("0028", PAGES, {}, {"isFile": False, "isError": False}),
    ("0033", ITEMS, {"state": "partial_complete", "stopping": True}, {"state": "stopped_by_user"}),
    ("0033", ITEMS, {"state": "partial_complete", "stopping": False}, {"state": "complete"}),
    ("0033", ITEMS, {"state": "skipped_quota_reached"}, {"state": "skipped_storage_quota_reached"}),
    ("0033", ITEMS, {"state": "stopped_quota_reached"}, {"state": "stopped_time_quota_reached"}),
    ("0033", ITEMS, {"state": "failed"}, {"state": "failed"}),
    ("0033", WORKFLOWS, {"lastCrawlState": "partial_complete"}, {"lastCrawlState": "complete"}),
    (
        "0033",
        WORKFLOWS,
        {"lastCrawlState": "skipped_quota_reached"},
        {"lastCrawlState": "skipped_storage_quota_reached"},
    ),
    ("0033", WORKFLOWS, {"lastCrawlState": None}, {"lastCrawlState": None}),
    ("0036", COLLECTIONS, {"isPublic": True}, {"access": "unlisted"}),
    ("0036", COLLECTIONS, {"isPublic": False}, {"access": "private"}),
    ("0036", COLLECTIONS, {}, {"access": "private"}),
    ("0036", COLLECTIONS, {"isPublic": True, "access": "public"}, {"access": "public"}),
    ("0039", COLLECTIONS, {"name": "Public Collection"}, {"slug": "public-collection"}),
    ("0039", COLLECTIONS, {"name": "x", "slug": "mine"}, {"slug": "mine"}),
    ("0039", COLLECTIONS, {"name": "図書館"}, {"slug": "collection-11111111"}),
    ("0046", WORKFLOWS, {"config": {"lang": "xx"}}, {"config": {"lang": "en"}}),
    ("0046", WORKFLOWS, {"config": {"lang": "de"}}, {"config": {"lang": "de"}}),
    ("0046", WORKFLOWS, {"config": {"lang": None}}, {"config": {"lang": None}}),
    ("0046", ITEMS, {"config": {"lang": "english"}}, {"config": {"lang": "en"}}),
    ("0046", ITEMS, {"config": None}, {"config": None}),
    ("0046", ORGANIZATION, {"crawlingDefaults": {"lang": "xx"}}, {"crawlingDefaults": {"lang": "en"}}),
    ("0046", ORGANIZATION, {"crawlingDefaults": None}, {"crawlingDefaults": None}),
    ("0047", WORKFLOWS, {"scale": 3}, {"browserWindows": 6}),
    ("0047", WORKFLOWS, {"scale": None, "browserWindows": None}, {"browserWindows": 2}),
    ("0047", WORKFLOWS, {"scale": 3, "browserWindows": 1}, {"browserWindows": 1}),
    ("0047", REVISIONS, {"scale": 1}, {"browserWindows": 2}),
    ("0047", ITEMS, {"type": "crawl", "scale": 2}, {"browserWindows": 4}),
    (
        "0048",
        WORKFLOWS,
        {"config": {"seeds": [{"url": "https://a/"}, {}]}},
        {"firstSeed": "https://a/", "seedCount": 2},
    ),
    ("0048", WORKFLOWS, {"firstSeed": "x", "seedCount": 9}, {"firstSeed": "x", "seedCount": 9}),
    ("0051", WORKFLOWS, {"config": {"failOnContentCheck": True}}, {"config": {"failOnContentCheck": False}}),
    (
        *("0051", WORKFLOWS, {"config": {"failOnContentCheck": True}, "profileid": OTHER}),
        {"config": {"failOnContentCheck": True}},
    ),
    (
        *("0052", PROFILES, {"resource": {"filename": "profiles/p.tar.gz", "replicas": [{"name": "r"}]}}),
        {"resource": {"filename": f"{OID}/profiles/p.tar.gz", "replicas": []}},
    ),
    (
        *("0052", PROFILES, {"resource": {"filename": f"{OID}/profiles/p.tar.gz", "replicas": [{"name": "r"}]}}),
        {"resource": {"filename": f"{OID}/profiles/p.tar.gz", "replicas": [{"name": "r"}]}},
    ),
    ("0052", PROFILES, {"resource": None}, {"resource": None}),
    ("0054", WORKFLOWS, {"profileid": OTHER, "proxyId": "p"}, {"proxyId": None}),
    ("0054", WORKFLOWS, {"profileid": None, "proxyId": "p"}, {"proxyId": "p"}),
]


@pytest.mark.parametrize(("version", "section", "before", "after"), ROWS)
def test_a_document_from_before_a_version_is_changed_as_that_version_does(
    version: str, section: Section, before: Document, after: Document
) -> None:
    document = {"_id": OTHER, **deepcopy(before)}
    upgraded(section, document, f"{int(version) - 1:04}", context(target_version=version))
    assert {key: document.get(key) for key in after} == after


@pytest.mark.parametrize(("version", "section", "before", "after"), ROWS)
def test_a_document_of_a_version_is_not_changed_by_it(
    version: str, section: Section, before: Document, after: Document
) -> None:
    document = {"_id": OTHER, "slug": "it-has-one", **deepcopy(before)}
    assert upgraded(section, document, version, context(target_version=version)) == {
        "_id": OTHER,
        "slug": "it-has-one",
        **before,
    }


@pytest.mark.parametrize(("version", "section", "before", "after"), ROWS)
def test_nothing_is_upgraded_beyond_the_target(
    version: str, section: Section, before: Document, after: Document
) -> None:
    document = {"_id": OTHER, "slug": "it-has-one", **deepcopy(before)}
    target = f"{int(version) - 1:04}"
    assert upgraded(section, deepcopy(document), target, context(target_version=target)) == document


def test_every_rule_is_at_work_in_some_row_or_test() -> None:
    tested = {(version, section.name) for version, section, _, _ in ROWS} | {
        *[("0028", "items"), ("0031", "org"), ("0040", "items"), ("0043", "items"), ("0043", "profiles")],
        *[("0048", "items"), ("0050", "items"), (ALWAYS, "collections")],
    }
    assert {(rule.version, rule.section.name) for rule in RULES} <= tested
    assert min(rule.version for rule in RULES) > OLDEST
    assert all(rule.version <= LATEST or rule.version == ALWAYS for rule in RULES)


def test_uploads_have_no_browser_windows() -> None:
    assert "browserWindows" not in upgraded(ITEMS, {"_id": "upload", "type": "upload"}, "0027")


def test_links_and_checksums_leave_every_file_object() -> None:
    item = {
        "_id": "crawl",
        "files": [{"filename": "a", **LINKS}],
        "qaFinished": {"run": {"files": [{"filename": "b", **LINKS}]}},
    }
    upgraded(ITEMS, item, "0042")
    assert item["files"] == [{"filename": "a"}]
    assert item["qaFinished"] == {"run": {"files": [{"filename": "b"}]}}
    assert upgraded(PROFILES, {"_id": OTHER, "resource": {**LINKS}}, "0042")["resource"] == {}
    assert upgraded(ITEMS, {"_id": "crawl", "files": [{**LINKS}]}, "0043")["files"] == [LINKS]


def test_slugs_are_unique_without_case_and_accents_and_short_enough() -> None:
    facts = context()
    names = ["Café", "cafe", "CAFE!", "x" * 90, "x" * 85, "Taken"]
    upgraded(COLLECTIONS, {"_id": OTHER, "slug": "TÁKEN"}, "0038", facts)
    made = [
        upgraded(COLLECTIONS, {"_id": UUID(int=number), "name": name}, "0038", facts)["slug"]
        for number, name in enumerate(names)
    ]
    assert made == ["cafe", "cafe-2", "cafe-3", "x" * 80, "x" * 78 + "-2", "taken-2"]


def test_a_collection_without_slug_gets_one_whatever_the_version() -> None:
    assert upgraded(COLLECTIONS, {"_id": OTHER, "name": "A B"}, LATEST)["slug"] == "a-b"


def test_the_organization_is_as_old_as_its_first_workflow() -> None:
    facts = context()
    for days in (3, 1, 2):
        upgraded(WORKFLOWS, {"_id": UUID(int=days), "created": INSTANT + timedelta(days=days)}, "0030", facts)
    assert upgraded(ORGANIZATION, {"_id": OID}, "0030", facts)["created"] == INSTANT + timedelta(days=1)
    assert upgraded(ORGANIZATION, {"_id": OID, "created": INSTANT}, "0030", facts)["created"] == INSTANT
    assert "created" not in upgraded(ORGANIZATION, {"_id": OID}, "0031", facts)


def test_documents_of_the_latest_version_are_left_alone() -> None:
    organization = generate(items=6, pages=20, objects=20)
    facts = context()
    for section in SECTIONS:
        for document in organization.documents[section.collection]:
            assert upgraded(section, deepcopy(document), LATEST, facts) == document


def test_upgrading_twice_changes_nothing_more() -> None:
    organization = generate(items=6, pages=20, objects=20)
    facts, again = context(), context()
    for section in SECTIONS:
        for document in organization.documents[section.collection]:
            once = upgraded(section, deepcopy(document), OLDEST, facts)
            assert upgraded(section, deepcopy(once), OLDEST, again) == once
