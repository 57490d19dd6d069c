"""Upgrades that need to know other documents, or make documents of their own."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson

from orgport.browsertrix.decoding import decode
from orgport.browsertrix.paths import Document
from orgport.browsertrix.sections import CRAWL_LOGS, ITEMS, PAGES, WORKFLOWS
from orgport.browsertrix.upgrades import needs_survey, survey
from tests.unit.browsertrix.samples import INSTANT, OID, OTHER, as_json, context, upgraded

CID = UUID("64000a3d-c39f-44f8-b494-2fdd1eddb06d")


def pages(crawl: str) -> list[Document]:
    urls = ["https://a/", "https://a/", "https://b/", "https://c/"]
    states = [(4, None), (0, None), (2, "image/png"), (2, "text/html")]
    return [
        {"_id": UUID(int=n), "crawl_id": crawl, "url": url, "loadState": state, "mime": mime, "title": "t"}
        for n, (url, (state, mime)) in enumerate(zip(urls, states, strict=True))
    ]


def test_page_counts_come_from_a_survey_of_the_pages() -> None:
    facts = context()
    for page in pages("crawl"):
        survey(PAGES, page, facts)
    crawl = upgraded(ITEMS, {"_id": "crawl", "type": "crawl"}, "0027", facts)
    counts = {"pageCount": 4, "uniquePageCount": 3, "filePageCount": 1, "errorPageCount": 1}
    assert {key: crawl[key] for key in counts} == counts
    upload = upgraded(ITEMS, {"_id": "upload", "type": "upload"}, "0027", facts)
    assert (upload["pageCount"], upload["uniquePageCount"]) == (0, 0)
    assert "filePageCount" not in upload


def test_counts_that_are_there_stay_and_without_a_survey_none_are_made_up() -> None:
    facts = context()
    assert upgraded(ITEMS, {"_id": "crawl", "type": "crawl"}, "0027", facts).get("pageCount") is None
    for page in pages("crawl"):
        survey(PAGES, page, facts)
    counted = {"_id": "crawl", "type": "crawl", "pageCount": 9, "filePageCount": 8, "errorPageCount": 7}
    crawl = upgraded(ITEMS, dict(counted), "0027", facts)
    assert {key: crawl[key] for key in counted} == counted
    assert needs_survey("0027")
    assert needs_survey("0039")
    assert not needs_survey("0040")


def test_crawls_have_their_workflows_seeds() -> None:
    facts = context()
    seeds = {"seeds": [{"url": "https://own/"}]}
    upgraded(
        WORKFLOWS, {"_id": CID, "config": {"seeds": [{"url": "https://a/"}, {"url": "https://b/"}]}}, "0047", facts
    )
    crawl = upgraded(ITEMS, {"_id": "1", "type": "crawl", "cid": CID, "config": seeds}, "0047", facts)
    assert (crawl["firstSeed"], crawl["seedCount"]) == ("https://a/", 2)
    orphan = upgraded(ITEMS, {"_id": "2", "type": "crawl", "cid": OTHER, "config": seeds}, "0047", facts)
    assert (orphan["firstSeed"], orphan["seedCount"]) == ("https://own/", 1)
    known = {"_id": "3", "type": "crawl", "cid": CID, "firstSeed": "x", "seedCount": 5}
    assert upgraded(ITEMS, dict(known), "0047", facts)["firstSeed"] == "x"
    assert "firstSeed" not in upgraded(ITEMS, {"_id": "4", "type": "upload"}, "0047", facts)
    lost = upgraded(ITEMS, {"_id": "5", "type": "crawl", "cid": None, "config": {"seeds": None}}, "0047", facts)
    assert (lost["firstSeed"], lost["seedCount"]) == ("", 0)


def line(**more: Any) -> str:
    entry = {"timestamp": "2024-07-01T17:26:10.123Z", "logLevel": "error", "context": "worker", "message": "m"}
    return orjson.dumps(entry | more).decode()


def test_log_lines_become_documents_with_ids_that_another_try_makes_again() -> None:
    item = {
        "_id": "crawl",
        "type": "crawl",
        "oid": OID,
        "finished": INSTANT + timedelta(hours=1),
        "errors": [line(details={"page": "https://a/"}), "no JSON", line(details=["x"], timestamp="?")],
        "behaviorLogs": [line(logLevel="info")],
        "qaFinished": {"run": {"errors": [line()], "behaviorLogs": None}, "broken": None},
    }
    facts = context()
    again = context()
    upgraded(ITEMS, deepcopy(item), "0049", again)
    upgraded(ITEMS, item, "0049", facts)
    assert not {"errors", "behaviorLogs"} & item.keys()
    assert item["qaFinished"] == {"run": {}, "broken": None}
    logs = facts.take_logs()
    assert [(log["logLevel"], log["message"], log["qaRunId"]) for log in logs] == [
        *[("error", "m", None), ("error", "no JSON", None), ("error", "m", None), ("info", "m", None)],
        ("error", "m", "run"),
    ]
    assert [log["details"] for log in logs[:3]] == [{"page": "https://a/"}, None, {"items": ["x"]}]
    assert [log["timestamp"] for log in logs[:3]] == [INSTANT, item["finished"], item["finished"]]
    assert all((log["crawlId"], log["oid"]) == ("crawl", OID) for log in logs)
    assert len({log["_id"] for log in logs}) == 5
    assert [log["_id"] for log in again.take_logs()] == [log["_id"] for log in logs]
    assert facts.take_logs() == []
    for log in logs:
        assert decode(CRAWL_LOGS, as_json(log)) == log


def test_lists_without_log_lines_go_without_a_trace() -> None:
    facts = context()
    assert "errors" not in upgraded(ITEMS, {"_id": "a", "errors": [], "behaviorLogs": None}, "0049", facts)
    assert facts.take_logs() == []
