"""A source that changes meanwhile: the JSON is valid, agrees with itself, and names what did not hold still."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest

from orgport.browsertrix.sections import COLLECTIONS, CRAWL_LOGS, ITEMS, PAGES, Section
from orgport.worker.export_records import Keys, Records
from tests.integration.conftest import Installations
from tests.integration.export.running import Exports, succeeded
from tests.oracle import accepts
from tests.organizations import Object, Organization, generate

pytestmark = pytest.mark.integration


@pytest.fixture
def while_reading(monkeypatch: pytest.MonkeyPatch) -> Callable[[Section, Callable[[], None], int], None]:
    """Lets the source change while a section is read, so many times."""
    original = Records.read

    def arrange(at: Section, change: Callable[[], None], times: int) -> None:
        left = iter(range(times))

        async def read(self: Records, section: Section, keys: Keys) -> AsyncIterator[bytes]:
            async for batch in original(self, section, keys):
                if section is at and next(left, None) is not None:
                    change()
                yield batch

        monkeypatch.setattr(Records, "read", read)

    return arrange


def rename(exports: Exports, org: Organization) -> Callable[[], None]:
    workflow = org.documents["crawl_configs"][0]["_id"]

    def change() -> None:
        with exports.installation.mongo.open() as database:
            database["crawl_configs"].update_one({"_id": workflow}, {"$set": {"name": f"renamed {uuid4()}"}})

    return change


def insert_and_delete(exports: Exports, org: Organization) -> Callable[[], None]:
    crawls = [each for each in org.documents["crawls"] if each["type"] == "upload"]

    def change() -> None:
        gone = crawls.pop()
        page: dict[str, Any] = org.documents["pages"][0]
        with exports.installation.mongo.open() as database:
            database["crawls"].insert_one({**gone, "_id": f"upload-{uuid4()}", "files": []})
            database["crawls"].delete_one({"_id": gone["_id"]})
            database["pages"].delete_many({"crawl_id": gone["_id"]})
            database["pages"].insert_one({**page, "_id": uuid4()})

    return change


async def test_a_record_that_changes_once_is_written_as_it_is_at_the_end(
    installation: Installations, while_reading: Callable[[Section, Callable[[], None], int], None]
) -> None:
    org, exports = generate(seed=71, objects=5, items=8, pages=20), Exports(installation())
    exports.installation.seed(org)
    while_reading(PAGES, rename(exports, org), 1)
    succeeded(await exports.run(org))
    workflows = exports.database()["data"]["workflows"]
    assert [each for each in workflows if each["name"].startswith("renamed")]
    assert exports.read_json("manifest.json")["unsettled"] == []


async def test_a_record_that_keeps_changing_is_named_and_the_export_is_complete(
    installation: Installations, while_reading: Callable[[Section, Callable[[], None], int], None]
) -> None:
    org, exports = generate(seed=72, objects=5, items=8, pages=20), Exports(installation())
    exports.installation.seed(org)
    while_reading(PAGES, rename(exports, org), 1000)
    result = succeeded(await exports.run(org))
    workflow = org.documents["crawl_configs"][0]["_id"]
    assert result["unsettled"] == 1
    assert exports.read_json("manifest.json")["unsettled"] == [
        {"section": "workflows", "id": str(workflow), "cause": "changed"}
    ]


def note_on_a_page(exports: Exports, org: Organization) -> Callable[[], None]:
    page = org.documents["pages"][0]["_id"]

    def change() -> None:
        with exports.installation.mongo.open() as database:
            database["pages"].update_one({"_id": page}, {"$set": {"title": f"changed {uuid4()}"}})

    return change


def another_revision(exports: Exports, org: Organization) -> Callable[[], None]:
    revision = org.documents["configs_revs"][0]

    def change() -> None:
        with exports.installation.mongo.open() as database:
            database["configs_revs"].insert_one({**revision, "_id": uuid4()})

    return change


def line_in_a_log(exports: Exports, org: Organization) -> Callable[[], None]:
    line = org.documents["crawl_logs"][0]["_id"]

    def change() -> None:
        with exports.installation.mongo.open() as database:
            database["crawl_logs"].update_one({"_id": line}, {"$set": {"message": f"changed {uuid4()}"}})

    return change


OF_OTHERS = [
    (note_on_a_page, COLLECTIONS, "pages", "pages", "crawl_id"),
    (another_revision, PAGES, "workflowRevisions", "configs_revs", "cid"),
    (line_in_a_log, CRAWL_LOGS, "crawlLogs", "crawl_logs", "crawlId"),
]


@pytest.mark.parametrize(("change", "at", "section", "collection", "link"), OF_OTHERS, ids=lambda value: str(value)[:9])
async def test_what_changes_without_its_item_or_workflow_is_noticed_and_named_by_it(
    installation: Installations,
    while_reading: Callable[[Section, Callable[[], None], int], None],
    change: Callable[[Exports, Organization], Callable[[], None]],
    at: Section,
    section: str,
    collection: str,
    link: str,
) -> None:
    org, exports = generate(seed=74, objects=5, items=8, pages=20, neighbour=False), Exports(installation())
    exports.installation.seed(org)
    while_reading(at, change(exports, org), 1000)
    succeeded(await exports.run(org))
    owner = org.documents[collection][0][link]
    assert exports.read_json("manifest.json")["unsettled"] == [
        {"section": section, "id": str(owner), "cause": "changed"}
    ]


async def test_an_account_that_changes_meanwhile_is_written_as_it_is_at_the_end(
    installation: Installations, while_reading: Callable[[Section, Callable[[], None], int], None]
) -> None:
    org, exports = generate(seed=75, objects=5, items=8, pages=20, neighbour=False), Exports(installation())
    exports.installation.seed(org)
    member = next(each for each in org.documents["users"] if str(each["id"]) in org.document["users"])

    def change() -> None:
        with exports.installation.mongo.open() as database:
            database["users"].update_one({"id": member["id"]}, {"$set": {"name": "Renamed"}})

    while_reading(PAGES, change, 1)
    succeeded(await exports.run(org))
    names = {each["id"]: each["name"] for each in exports.database()["data"]["org"]["userDetails"]}
    assert names[str(member["id"])] == "Renamed"
    assert exports.read_json("manifest.json")["unsettled"] == []


def overwrite(exports: Exports, org: Organization) -> Callable[[], None]:
    """A profile that is saved again: object and record."""
    profile = next(each for each in org.documents["profiles"] if each["resource"])
    file, sizes = profile["resource"], iter(range(2000, 9000))

    def change() -> None:
        body = Object(b"x" * next(sizes))
        exports.installation.put({file["filename"]: body})
        saved = {**file, "size": body.size, "hash": body.sha256}
        with exports.installation.mongo.open() as database:
            database["profiles"].update_one({"_id": profile["_id"]}, {"$set": {"resource": saved}})

    return change


async def test_an_object_that_was_saved_again_meanwhile_is_in_the_archive_as_its_record_says(
    installation: Installations, while_reading: Callable[[Section, Callable[[], None], int], None]
) -> None:
    org, exports = generate(seed=76, objects=8, items=4, pages=20, neighbour=False), Exports(installation())
    exports.installation.seed(org)
    while_reading(PAGES, overwrite(exports, org), 1)
    succeeded(await exports.run(org))
    profile = next(each for each in exports.database()["data"]["profiles"] if each["resource"])
    line = next(line for line in exports.inventory() if line["key"] == profile["resource"]["filename"])
    copied = exports.installation.read_exported(exports.prefix + line["at"])
    assert (len(copied), hashlib.sha256(copied).hexdigest()) == (
        profile["resource"]["size"],
        profile["resource"]["hash"],
    )
    assert exports.read_json("manifest.json")["missing"] == []


async def test_inserts_and_deletes_meanwhile_leave_valid_json_that_agrees_with_itself(
    installation: Installations, while_reading: Callable[[Section, Callable[[], None], int], None]
) -> None:
    org, exports = generate(seed=73, items=24), Exports(installation())
    exports.installation.seed(org)
    while_reading(ITEMS, insert_and_delete(exports, org), 4)
    succeeded(await exports.run(org, files={"missing": "Report"}))
    text = exports.read("org-export.json")
    assert accepts(text) == []
    data = exports.database()["data"]
    items = {each["_id"] for each in data["items"]}
    assert {page["crawl_id"] for page in data["pages"]} <= items
    assert exports.database()["orgport"]["counts"]["pages"] == len(data["pages"])
