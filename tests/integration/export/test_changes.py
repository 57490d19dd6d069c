"""A source that changes meanwhile: the JSON is valid, agrees with itself, and names what did not hold still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest

from orgport.browsertrix.sections import ITEMS, PAGES, Section
from orgport.worker.export_records import Batch, Records
from tests.integration.conftest import Installations
from tests.integration.export.running import Exports, succeeded
from tests.oracle import accepts
from tests.organizations import Organization, generate

pytestmark = pytest.mark.integration


@pytest.fixture
def while_reading(monkeypatch: pytest.MonkeyPatch) -> Callable[[Section, Callable[[], None], int], None]:
    """Lets the source change while a section is read, so many times."""
    original = Records.batches

    def arrange(at: Section, change: Callable[[], None], times: int) -> None:
        left = iter(range(times))

        async def batches(self: Records, section: Section) -> AsyncIterator[Batch]:
            async for batch in original(self, section):
                if section is at and next(left, None) is not None:
                    change()
                yield batch

        monkeypatch.setattr(Records, "batches", batches)

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
    org, exports = generate(seed=71, objects=5, items=8), Exports(installation())
    exports.installation.seed(org)
    while_reading(PAGES, rename(exports, org), 1)
    succeeded(await exports.run(org))
    workflows = exports.database()["data"]["workflows"]
    assert [each for each in workflows if each["name"].startswith("renamed")]
    assert exports.read_json("manifest.json")["unsettled"] == []


async def test_a_record_that_keeps_changing_is_named_and_the_export_is_complete(
    installation: Installations, while_reading: Callable[[Section, Callable[[], None], int], None]
) -> None:
    org, exports = generate(seed=72, objects=5, items=8), Exports(installation())
    exports.installation.seed(org)
    while_reading(PAGES, rename(exports, org), 1000)
    result = succeeded(await exports.run(org))
    workflow = org.documents["crawl_configs"][0]["_id"]
    assert result["unsettled"] == 1
    assert exports.read_json("manifest.json")["unsettled"] == [
        {"section": "workflows", "id": str(workflow), "cause": "changed"}
    ]


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
