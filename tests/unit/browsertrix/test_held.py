"""Documents that Browsertrix's importer refuses."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import orjson
import pytest
from bson.int64 import Int64

from orgport.browsertrix.held import presentable, refusal
from orgport.browsertrix.paths import Document
from orgport.browsertrix.sections import (
    COLLECTIONS,
    CRAWL_LOGS,
    EXTRA_SECTIONS,
    ITEMS,
    PAGES,
    PROFILES,
    REVISIONS,
    SECTIONS,
    SEED_FILES,
    WORKFLOWS,
    Section,
)
from orgport.browsertrix.settings import Settings
from tests.organizations import generate
from tests.unit.browsertrix.samples import INSTANT, OID, OTHER, file, filled

SETTINGS = Settings(max_browser_windows=8, num_browsers=2)
PAGE: Document = {"_id": OTHER, "oid": OID, "crawl_id": "crawl", "url": "https://example.org/"}
PROFILE: Document = {"_id": OTHER, "oid": OID, "userid": OTHER, "name": "P", "origins": ["https://example.org"]}
WORKFLOW: Document = {"_id": OTHER, "oid": OID, "config": {"seeds": [{"url": "https://a/"}]}, "created": INSTANT}
REVISION: Document = {"_id": OTHER, "cid": OTHER, "config": {}, "modified": INSTANT}
UPLOAD: Document = {
    **{"_id": "upload", "type": "upload", "oid": OID, "userid": OTHER, "started": INSTANT, "state": "complete"},
    **{"name": "U", "files": [file("a.wacz")]},
}
CRAWL: Document = UPLOAD | {"_id": "crawl", "type": "crawl", "cid": OTHER, "config": {}, "image": "crawler:1"}
COLLECTION: Document = {"_id": OTHER, "oid": OID, "name": "C"}
THUMBNAIL = file("t.png") | {
    **{"originalFilename": "t.png", "mime": "image/png", "userid": OTHER, "userName": "A", "created": INSTANT}
}
QA = {"id": "run", "userid": OTHER, "started": INSTANT, "state": "complete", "files": []}
NOTE = {"id": OTHER, "text": "t", "created": INSTANT, "userid": OTHER, "userName": "A"}

NOT_JSON = (float("nan"), float("inf"), float("-inf"))

TAKEN = [
    *[(PAGES, PAGE, {}), (PAGES, PAGE, {"url": "http://a_b.example.org:81/ü?q=%20"}), (PAGES, PAGE, {"title": None})],
    (PAGES, PAGE, {"browserWindows": "of no meaning"}),
    *[(PAGES, PAGE, {"notes": [NOTE]}), (PAGES, PAGE, {"qa": {"run": {"textMatch": float("nan")}}})],
    *[(PROFILES, PROFILE, {"baseid": number}) for number in NOT_JSON],  # written as null, which it may be
    *[(PROFILES, PROFILE, {}), (PROFILES, PROFILE, {"resource": None}), (PROFILES, PROFILE, {"resource": file("p")})],
    *[(WORKFLOWS, WORKFLOW, {}), (WORKFLOWS, WORKFLOW, {"scale": None}), (WORKFLOWS, WORKFLOW, {"scale": 4})],
    *[(WORKFLOWS, WORKFLOW, {"browserWindows": 8}), (WORKFLOWS, WORKFLOW, {"browserWindows": None})],
    *[(WORKFLOWS, WORKFLOW, {"config": {"seeds": None}}), (WORKFLOWS, WORKFLOW, {"name": None})],
    *[(REVISIONS, REVISION, {}), (REVISIONS, REVISION, {"scale": None}), (REVISIONS, REVISION, {"_id": str(OTHER)})],
    *[(ITEMS, UPLOAD, {}), (ITEMS, CRAWL, {}), (ITEMS, CRAWL, {"reviewStatus": 5}), (ITEMS, CRAWL, {"qa": None})],
    *[(ITEMS, CRAWL, {"qa": QA}), (ITEMS, CRAWL, {"qaFinished": {"run": QA}}), (ITEMS, CRAWL, {"name": None})],
    *[(COLLECTIONS, COLLECTION, {}), (COLLECTIONS, COLLECTION, {"thumbnail": THUMBNAIL})],
    *[(COLLECTIONS, COLLECTION, {"indexFile": file("i") | {"type": "redis"}, "indexState": "idle"})],
    *[(WORKFLOWS, WORKFLOW, {"browserWindows": Int64(2), "scale": Int64(1), "maxCrawlSize": Int64(10_000_000_000)})],
    *[(ITEMS, CRAWL, {"reviewStatus": Int64(3), "version": Int64(2)})],
    *[(SEED_FILES, {"_id": OTHER}, {}), (CRAWL_LOGS, {"_id": OTHER}, {"timestamp": None})],
]

REFUSED = [
    *[(PAGES, PAGE, {"url": url}, "url") for url in ("about:blank", "ftp://x/", "", None, "http://", "chrome://x")],
    *[(PAGES, PAGE, {"url": url}, "url") for url in ("http://a b/", "https://[::1", "/relative", "data:text/html,x")],
    *[(PAGES, PAGE, {"crawl_id": None}, "crawl_id"), (PAGES, PAGE, {"notes": None}, "notes")],
    *[(PAGES, PAGE, {"notes": [NOTE | {"text": "x" * 5001}]}, "notes.0.text"), (PAGES, PAGE, {"oid": None}, "oid")],
    *[(PAGES, PAGE, {"userid": "somebody"}, "userid"), (PAGES, PAGE, {"ts": 5}, "ts")],
    *[(PROFILES, PROFILE, {"userid": None}, "userid"), (PROFILES, PROFILE, {"origins": None}, "origins")],
    *[(PROFILES, PROFILE, {"resource": {"filename": "p"}}, "resource.hash"), (PROFILES, PROFILE, {"name": 5}, "name")],
    *[(WORKFLOWS, WORKFLOW, {"scale": scale}, "scale") for scale in (0, 5, "1", 1.0, True)],
    *[(WORKFLOWS, WORKFLOW, {"browserWindows": count}, "browserWindows") for count in (0, 9, "2", 2.0)],
    *[(WORKFLOWS, WORKFLOW, {"config": None}, "config"), (WORKFLOWS, WORKFLOW, {"created": None}, "created")],
    *[(WORKFLOWS, WORKFLOW, {"config": {"seeds": [{"url": "example.org"}]}}, "config.seeds.0.url")],
    *[(WORKFLOWS, WORKFLOW, {"profileid": ""}, "profileid")],
    *[(WORKFLOWS, WORKFLOW, {"autoAddCollections": [None]}, "autoAddCollections")],
    *[(REVISIONS, REVISION, {"scale": 5}, "scale"), (REVISIONS, REVISION, {"modified": None}, "modified")],
    *[(ITEMS, CRAWL, {"type": kind}, "type") for kind in (None, "session", 5)],
    *[(ITEMS, CRAWL, {"reviewStatus": status}, "reviewStatus") for status in (0, 6, "good", "5", 5.0, True)],
    *[(ITEMS, CRAWL, {"browserWindows": count}, "browserWindows") for count in (0, 9, None)],
    *[(ITEMS, CRAWL, {"cid": None}, "cid"), (ITEMS, CRAWL, {"config": None}, "config")],
    *[(ITEMS, CRAWL, {"userid": None}, "userid"), (ITEMS, CRAWL, {"started": None}, "started")],
    *[(ITEMS, CRAWL, {"qaFinished": {"run": QA | {"userid": None}}}, "qaFinished.run.userid")],
    *[(ITEMS, UPLOAD, {"name": name}, "name") for name in (None, "")],
    *[(ITEMS, UPLOAD, {"image": "crawler:1"}, "image"), (ITEMS, UPLOAD, {"state": None}, "state")],
    *[
        (ITEMS, UPLOAD, {"files": [file("a") | {"size": ""}]}, "files.0.size"),
        (ITEMS, UPLOAD, {"files": None}, "files"),
    ],
    *[(COLLECTIONS, COLLECTION, {"access": "secret"}, "access"), (COLLECTIONS, COLLECTION, {"name": ""}, "name")],
    *[(COLLECTIONS, COLLECTION, {"indexState": "broken"}, "indexState")],
    *[
        (COLLECTIONS, COLLECTION, {"indexStats": {"updateProgress": number}}, "indexStats.updateProgress")
        for number in NOT_JSON
    ],
    *[(COLLECTIONS, COLLECTION, {"indexFile": file("i") | {"size": ""}}, "indexFile.size")],
    *[(COLLECTIONS, COLLECTION, {"thumbnail": file("t")}, "thumbnail.originalFilename")],
    *[(COLLECTIONS, COLLECTION, {"homeUrl": "about:blank"}, "homeUrl")],
]


@pytest.mark.parametrize(("section", "document", "more"), TAKEN)
def test_what_the_importer_takes_is_not_refused(section: Section, document: Document, more: Document) -> None:
    made = document | more
    before = deepcopy(made)
    assert refusal(section, made, SETTINGS) is None
    assert repr(made) == repr(before)


@pytest.mark.parametrize(("section", "document", "more", "field"), REFUSED)
def test_the_rule_that_is_broken_is_said_with_its_field(
    section: Section, document: Document, more: Document, field: str
) -> None:
    rule = refusal(section, document | more, SETTINGS)
    assert rule is not None
    assert rule.startswith(field)


MANDATORY = [
    *[(PAGES, PAGE, field) for field in ("oid", "crawl_id", "url")],
    *[(PROFILES, PROFILE, field) for field in ("oid", "userid", "name", "origins")],
    *[(WORKFLOWS, WORKFLOW, field) for field in ("oid", "config", "created")],
    *[(REVISIONS, REVISION, field) for field in ("cid", "config", "modified")],
    *[(ITEMS, CRAWL, field) for field in ("type", "oid", "userid", "cid", "config", "started", "state")],
    *[(ITEMS, UPLOAD, field) for field in ("type", "oid", "userid", "name", "started", "state")],
    *[(COLLECTIONS, COLLECTION, field) for field in ("oid", "name")],
]


@pytest.mark.parametrize(("section", "document", "field"), MANDATORY)
def test_what_the_importer_cannot_do_without_must_be_there(section: Section, document: Document, field: str) -> None:
    lacking = {key: value for key, value in document.items() if key != field}
    assert str(refusal(section, lacking, SETTINGS)).startswith(field)


@pytest.mark.parametrize("section", EXTRA_SECTIONS, ids=lambda section: section.name)
def test_of_what_the_importer_does_not_read_the_types_have_to_be_right(section: Section) -> None:
    assert refusal(section, filled(section), SETTINGS) is None
    assert str(refusal(section, filled(section) | {"oid": "somebody's"}, SETTINGS)).startswith("oid")


def test_a_rule_shows_no_value() -> None:
    rule = refusal(PAGES, PAGE | {"url": "ftp://hunter2@example.org/"}, SETTINGS)
    assert rule is not None
    assert "hunter2" not in rule


def test_generated_organizations_are_taken_but_for_what_is_made_unpresentable() -> None:
    organization = generate(items=9, pages=30, objects=30, in_flight=True, unpresentable=True)
    refused = {
        section.name: [rule for each in documents if (rule := refusal(section, each, SETTINGS))]
        for section in SECTIONS
        if (documents := organization.documents[section.collection])
    }
    assert {name: len(rules) for name, rules in refused.items() if rules} == {"pages": 1, "profiles": 1, "items": 2}


def test_a_null_scale_is_not_shown_and_the_document_stays_as_it_was() -> None:
    document = WORKFLOW | {"scale": None, "browserWindows": 2}
    shown = presentable(WORKFLOWS, document)
    assert "scale" not in shown
    assert shown == {key: value for key, value in document.items() if key != "scale"}
    assert "scale" in document
    for section, other in (
        (WORKFLOWS, WORKFLOW | {"scale": 2}),
        (REVISIONS, REVISION | {"scale": None}),
        (PAGES, PAGE),
    ):
        assert presentable(section, other) is other


def test_numbers_that_json_lacks_are_written_as_null() -> None:
    page: dict[str, Any] = {"qa": {"run": {"textMatch": float("nan"), "screenshotMatch": float("inf")}}}
    assert orjson.dumps(page) == b'{"qa":{"run":{"textMatch":null,"screenshotMatch":null}}}'
