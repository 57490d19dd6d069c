"""Values that an import adapts."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from orgport.browsertrix.normalise import INDEX_FIELDS, Options, is_left_behind, normalise, schedule
from orgport.browsertrix.paths import Document
from orgport.browsertrix.sections import COLLECTIONS, ITEMS, PAGES, PROFILES, REVISIONS, SECTIONS, WORKFLOWS, Section
from orgport.browsertrix.settings import Settings
from orgport.browsertrix.states import IN_FLIGHT, ended
from tests.organizations import generate
from tests.unit.browsertrix.samples import INSTANT, OTHER, file

SETTINGS = Settings(max_browser_windows=4, num_browsers=2)
KEEP = Options(suspend_schedules=False)
LATER = INSTANT + timedelta(hours=1)


def normalised(section: Section, document: Document, options: Options = KEEP) -> tuple[Document, list[str]]:
    warnings = normalise(section, document, SETTINGS, options)
    return document, warnings


def workflow(**more: Any) -> Document:
    return {"_id": OTHER, "name": "W", "crawlerChannel": "default", **more}


def crawl(**more: Any) -> Document:
    return {"_id": "crawl", "type": "crawl", "crawlerChannel": "default", "started": INSTANT, **more}


@pytest.mark.parametrize("state", sorted(IN_FLIGHT))
def test_a_crawl_in_flight_ends_by_what_it_has_archived(state: str) -> None:
    empty, warnings = normalised(ITEMS, crawl(state=state, files=[]))
    assert empty["state"] == "canceled"
    assert warnings == [f"crawl crawl was {state}; it is canceled now"]
    partial, _ = normalised(ITEMS, crawl(state=state, files=[file("a.wacz")]))
    assert partial["state"] == "stopped_by_user"


@pytest.mark.parametrize(
    ("times", "finished"),
    [
        ({"finished": LATER, "_lut": INSTANT}, LATER),
        ({"finished": None, "_lut": LATER, "pausedAt": INSTANT}, LATER),
        ({"pausedAt": LATER}, LATER),
        ({}, INSTANT),
    ],
)
def test_a_crawl_that_ends_has_the_last_known_time_for_its_end(times: Document, finished: Any) -> None:
    item, _ = normalised(ITEMS, crawl(state="running", **times))
    assert item["finished"] == finished


@pytest.mark.parametrize("state", ["complete", "failed", "stopped_by_user", "stopped_org_readonly"])
def test_a_crawl_that_has_ended_stays_as_it_is(state: str) -> None:
    item = crawl(state=state, qa=None, finished=None)
    assert normalised(ITEMS, deepcopy(item)) == (item, [])
    assert ended(state, has_files=False) == state


def test_a_qa_run_under_way_is_dropped_and_said() -> None:
    item, warnings = normalised(ITEMS, crawl(state="complete", qa={"state": "running"}))
    assert item["qa"] is None
    assert warnings == ["the QA run of crawl crawl was under way; it is dropped"]


def test_an_upload_in_processing_stays_if_it_has_a_file_and_fails_if_not() -> None:
    upload = {"_id": "upload", "type": "upload", "state": "processing-upload", "started": INSTANT}
    kept = upload | {"files": [file("a.wacz")]}
    assert normalised(ITEMS, deepcopy(kept)) == (kept, [])
    failed, warnings = normalised(ITEMS, upload | {"files": []})
    assert (failed["state"], failed["finished"]) == ("failed", INSTANT)
    assert len(warnings) == 1


def test_a_migration_under_way_is_over() -> None:
    assert normalised(ITEMS, crawl(state="complete", isMigrating=True))[0]["isMigrating"] is False
    assert "isMigrating" not in normalised(ITEMS, crawl(state="complete"))[0]


def test_items_being_deleted_are_left_behind() -> None:
    assert is_left_behind(ITEMS, {"_id": "upload", "deleted": True})
    assert not is_left_behind(ITEMS, {"_id": "upload", "deleted": False})
    assert not is_left_behind(ITEMS, {"_id": "upload"})
    assert not is_left_behind(PAGES, {"_id": OTHER, "deleted": True})


def test_a_workflow_is_not_running_any_more() -> None:
    document, warnings = normalised(WORKFLOWS, workflow(isCrawlRunning=True, lastCrawlState="running"))
    assert document == workflow(isCrawlRunning=False, lastCrawlState="canceled")
    assert warnings == []
    with_files, _ = normalised(WORKFLOWS, workflow(lastCrawlState="paused", lastCrawlSize=5))
    assert with_files["lastCrawlState"] == "stopped_by_user"


def test_schedules_are_suspended_or_kept() -> None:
    scheduled = workflow(schedule="0 3 * * 1")
    assert normalised(WORKFLOWS, deepcopy(scheduled), KEEP)[0] == scheduled
    assert normalised(WORKFLOWS, deepcopy(scheduled), Options())[0]["schedule"] == ""
    assert "schedule" not in normalised(WORKFLOWS, workflow(), Options())[0]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        *[({"schedule": "0 3 * * 1"}, "0 3 * * 1"), ({"schedule": ""}, ""), ({"schedule": None}, ""), ({}, "")],
        ({"schedule": "0 3 * * 1", "inactive": True}, ""),
    ],
)
def test_only_active_workflows_have_a_schedule_to_lose(more: Document, expected: str) -> None:
    assert schedule(workflow(**more)) == expected


@pytest.mark.parametrize(
    ("section", "before", "after", "warned"),
    [
        (WORKFLOWS, {"browserWindows": 8}, {"browserWindows": 4}, 1),
        (WORKFLOWS, {"browserWindows": 0}, {"browserWindows": 1}, 1),
        (WORKFLOWS, {"browserWindows": 4}, {"browserWindows": 4}, 0),
        (WORKFLOWS, {"scale": 3}, {"scale": 2}, 1),
        (WORKFLOWS, {"scale": None}, {"scale": None}, 0),
        (WORKFLOWS, {"browserWindows": None, "scale": 3}, {"browserWindows": 4, "scale": 2}, 1),
        (REVISIONS, {"browserWindows": 8, "scale": 9}, {"browserWindows": 4, "scale": 2}, 0),
        (ITEMS, {"type": "crawl", "browserWindows": 8}, {"browserWindows": 4}, 0),
        (ITEMS, {"type": "upload", "browserWindows": 8}, {"browserWindows": 8}, 0),
    ],
)
def test_numbers_are_held_within_the_targets_limits(
    section: Section, before: Document, after: Document, warned: int
) -> None:
    document, warnings = normalised(section, {"_id": OTHER, **before})
    assert {key: document[key] for key in after} == after
    assert len(warnings) == warned
    assert all(str(OTHER) in warning for warning in warnings)


@pytest.mark.parametrize("channel", [None, "", "beta"])
def test_a_crawler_channel_is_always_named(channel: str | None) -> None:
    for section, document in ((WORKFLOWS, workflow(crawlerChannel=channel)), (ITEMS, crawl(crawlerChannel=channel))):
        assert normalised(section, document)[0]["crawlerChannel"] == (channel or "default")


def test_the_profile_decides_the_proxy() -> None:
    assert normalised(WORKFLOWS, workflow(profileid=OTHER, proxyId="p"))[0]["proxyId"] is None
    assert normalised(WORKFLOWS, workflow(profileid=None, proxyId="p"))[0]["proxyId"] == "p"


INDEX: Document = {
    "_id": OTHER,
    "name": "C",
    "indexFile": file("dedupe-index/x"),
    "indexStats": {},
    "indexLastSavedAt": INSTANT,
    "indexDiskSpaceUsed": 5,
}


@pytest.mark.parametrize("state", ["initing", "importing", "ready", "purging", "saving", "saved", "crawling"])
def test_an_index_in_use_is_made_anew(state: str) -> None:
    collection, warnings = normalised(COLLECTIONS, deepcopy(INDEX) | {"indexState": state})
    assert all(collection[field] is None for field in INDEX_FIELDS)
    assert warnings == [f"the dedupe index of collection {OTHER} (C) was {state}; it will be made anew"]


def test_an_idle_index_is_kept_and_one_without_file_is_not() -> None:
    idle = deepcopy(INDEX) | {"indexState": "idle"}
    assert normalised(COLLECTIONS, deepcopy(idle)) == (idle, [])
    assert normalised(COLLECTIONS, {"_id": OTHER, "indexState": "idle"})[0]["indexState"] is None
    assert normalised(COLLECTIONS, {"_id": OTHER, "indexState": None}) == ({"_id": OTHER, "indexState": None}, [])


def test_a_profile_is_not_in_use() -> None:
    assert normalised(PROFILES, {"_id": OTHER, "inUse": True}) == ({"_id": OTHER, "inUse": False}, [])
    assert normalised(PROFILES, {"_id": OTHER}) == ({"_id": OTHER}, [])


def test_normalising_again_changes_and_says_nothing_more() -> None:
    organization = generate(items=9, pages=20, objects=20, in_flight=True)
    for section in SECTIONS:
        for document in organization.documents[section.collection]:
            once, _ = normalised(section, deepcopy(document), Options())
            assert normalised(section, deepcopy(once), Options()) == (once, [])
