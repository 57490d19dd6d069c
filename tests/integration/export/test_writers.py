"""An export while somebody writes all along, at least twenty times a second."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.conftest import Installations
from tests.integration.export.running import Exports, succeeded
from tests.oracle import accepts
from tests.organizations import Organization, generate

pytestmark = pytest.mark.integration

PAUSE_SECONDS = 0.02
ROUNDS = [1, 2, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 23))]


def writes(database: Any, org: Organization, chance: random.Random) -> list[Callable[[], object]]:
    """What a crawler and a person do: items and pages come and go, names change."""
    item = next(each for each in org.documents["crawls"] if each["type"] == "upload")
    page: dict[str, Any] = org.documents["pages"][0]
    made: list[str] = []

    def insert() -> None:
        made.append(f"upload-{uuid4()}")
        database["crawls"].insert_one({**item, "_id": made[-1], "files": []})
        database["pages"].insert_one({**page, "_id": uuid4(), "crawl_id": made[-1]})

    def delete() -> None:
        if made:
            gone = made.pop(chance.randrange(len(made)))
            database["pages"].delete_many({"crawl_id": gone})
            database["crawls"].delete_one({"_id": gone})

    def rename(collection: str) -> None:
        one = chance.choice(org.documents[collection])["_id"]
        database[collection].update_one({"_id": one}, {"$set": {"description": f"changed {uuid4()}"}})

    return [insert, delete, lambda: rename("crawls"), lambda: rename("collections")]


@contextmanager
def writing(exports: Exports, org: Organization, seed: int) -> Iterator[list[int]]:
    """Somebody who writes until the end of the block; how often is in the list then."""
    stop, count, chance = threading.Event(), [0], random.Random(seed)

    def work() -> None:
        with exports.installation.mongo.open() as database:
            choices = writes(database, org, chance)
            while not stop.wait(PAUSE_SECONDS):
                chance.choice(choices)()
                count[0] += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield count
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("seed", ROUNDS)
async def test_an_export_agrees_with_itself_while_somebody_writes(installation: Installations, seed: int) -> None:
    org, exports = generate(seed=seed, items=30, pages=600), Exports(installation())
    exports.installation.seed(org)
    with writing(exports, org, seed) as count:
        succeeded(await exports.run(org))
    assert count[0] > 0
    text, manifest = exports.read("org-export.json"), exports.read_json("manifest.json")
    assert accepts(text) == []
    data = exports.database()["data"]
    items = {each["_id"] for each in data["items"]}
    assert {page["crawl_id"] for page in data["pages"]} <= items
    assert exports.database()["orgport"]["counts"]["items"] == len(data["items"])
    there = {line["key"] for line in exports.inventory()} | set(manifest["missing"])
    assert {file["filename"] for item in data["items"] for file in item["files"]} <= there
