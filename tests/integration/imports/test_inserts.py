"""Inserts into a real database: by batches, stubbornly, and over nothing that is there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.inserts import BATCH_DOCUMENTS, RETRY_SECONDS, Inserter, Shelf
from orgport.stores.mongo import Database, open_database
from tests.servers import DocumentStore

pytestmark = pytest.mark.integration

OID = UUID(int=7)
OURS = Shelf("crawls", "oid", OID.__eq__)


@pytest.fixture
async def database(ferretdb: DocumentStore) -> AsyncIterator[Database]:
    async with open_database(ferretdb.uri, f"inserts-{uuid4().hex[:10]}") as database:
        yield database


@dataclass
class Trouble:
    """A fence that finds the database gone a few times."""

    times: int

    async def may_write(self) -> None:
        self.times -= 1
        if self.times >= 0:
            raise Failure(Reason.DATABASE_UNREACHABLE, "gone")


async def insert(
    database: Database, documents: list[dict[str, Any]], trouble: int = 0, pauses: list[float] | None = None
) -> Inserter:
    async def sleep(seconds: float) -> None:
        (pauses if pauses is not None else []).append(seconds)

    inserter = Inserter(database, Trouble(trouble).may_write, sleep=sleep)
    try:
        await inserter.begin(OURS)
        for document in documents:
            await inserter.add(document)
        await inserter.flush()
    finally:
        await inserter.close()
    return inserter


def crawls(count: int, **members: Any) -> list[dict[str, Any]]:
    return [{"_id": f"crawl-{number}", "oid": OID, **members} for number in range(count)]


async def test_documents_go_in_by_batches_and_what_is_there_is_left_alone(database: Database) -> None:
    first = await insert(database, crawls(BATCH_DOCUMENTS + 10, state="old"))
    second = await insert(database, crawls(2 * BATCH_DOCUMENTS + 5, state="new"))
    assert (first.inserted, first.present) == (BATCH_DOCUMENTS + 10, 0)
    assert (second.inserted, second.present) == (BATCH_DOCUMENTS - 5, BATCH_DOCUMENTS + 10)
    found = database.collection("crawls")
    assert await found.count_documents({"state": "old"}) == BATCH_DOCUMENTS + 10
    assert await found.count_documents({}) == 2 * BATCH_DOCUMENTS + 5


async def test_a_strangers_document_under_our_id_is_a_collision(database: Database) -> None:
    await database.collection("crawls").insert_one({"_id": "crawl-3", "oid": uuid4()})
    with pytest.raises(Failure) as caught:
        await insert(database, crawls(5))
    assert caught.value.reason is Reason.IDENTIFIER_COLLISION
    assert caught.value.keys == ("crawls/crawl-3",)


async def test_a_unique_value_that_is_taken_is_a_collision(database: Database) -> None:
    await database.collection("crawls").create_index("name", unique=True)
    await database.collection("crawls").insert_one({"_id": "x", "oid": OID, "name": "n"})
    with pytest.raises(Failure) as caught:
        await insert(database, crawls(1, name="n"))
    assert caught.value.reason is Reason.IDENTIFIER_COLLISION


async def test_a_database_that_is_away_for_a_while_is_waited_for(database: Database) -> None:
    pauses: list[float] = []
    inserter = await insert(database, crawls(3), trouble=4, pauses=pauses)
    assert inserter.inserted == 3
    assert pauses == [1.0, 2.0, 4.0, 8.0]


async def test_a_database_that_stays_away_is_given_up(database: Database) -> None:
    with pytest.raises(Failure) as caught:
        await insert(database, crawls(3), trouble=len(RETRY_SECONDS) + 1)
    assert caught.value.reason is Reason.DATABASE_UNREACHABLE


@pytest.mark.parametrize("value", [2**63, "\ud800", "x" * 2**24])
async def test_what_the_database_cannot_hold_is_refused(database: Database, value: Any) -> None:
    with pytest.raises(Failure) as caught:
        await insert(database, [{"_id": "a", "value": value}])
    assert caught.value.reason is Reason.EXPORT_CORRUPT
