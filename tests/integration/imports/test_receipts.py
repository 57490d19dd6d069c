"""The receipt and the inserts in a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from orgport.api.failures import Failure, Interrupted
from orgport.api.reasons import Reason
from orgport.stores.inserts import BATCH_DOCUMENTS, RETRY_SECONDS, Inserter, Shelf
from orgport.stores.mongo import Database, open_database
from orgport.stores.receipt_model import COLLECTION, COMPLETE, WRITING, Claim
from orgport.stores.receipts import Held, Receipts
from tests.servers import DocumentStore

pytestmark = pytest.mark.integration

OID = UUID(int=7)
OURS = Shelf("crawls", "oid", OID.__eq__)


def claim(holder: str, source: str = "s") -> Claim:
    return Claim(OID, holder, f"ns/{holder}", source, "here")


@pytest.fixture
async def database(ferretdb: DocumentStore) -> AsyncIterator[Database]:
    async with open_database(ferretdb.uri, f"receipts-{uuid4().hex[:10]}") as database:
        yield database


async def let_age(database: Database, **age: float) -> None:
    heartbeat = datetime.now(UTC) - timedelta(**age)
    await database.collection(COLLECTION).update_one({"_id": OID}, {"$set": {"heartbeat": heartbeat}})


async def test_the_same_run_takes_its_receipt_again_at_once(database: Database) -> None:
    first = await Receipts(database).take(claim("a"))
    second = await Receipts(database).take(claim("a"))
    assert (first.receipt.epoch, second.receipt.epoch) == (1, 2)
    assert second.receipt.document["history"] == []
    with pytest.raises(Failure):
        await first.beat()
    await second.beat()


async def test_another_run_takes_it_only_without_a_sign_of_life_for_five_minutes(database: Database) -> None:
    receipts = Receipts(database)
    first = await receipts.take(claim("a"))
    await let_age(database, minutes=4, seconds=30)
    with pytest.raises(Failure) as caught:
        await receipts.take(claim("b"))
    assert caught.value.reason is Reason.ORGANIZATION_EXISTS
    await let_age(database, minutes=5, seconds=1)
    second = await receipts.take(claim("b"))
    assert second.receipt.holder == "b"
    with pytest.raises(Failure):
        await first.record(state=WRITING)


async def test_of_many_runs_at_once_one_gets_it(database: Database) -> None:
    taken = await asyncio.gather(*(Receipts(database).take(claim(each)) for each in "abcdef"), return_exceptions=True)
    assert sum(isinstance(each, Held) for each in taken) == 1
    assert all(isinstance(each, Held | Failure) for each in taken)


async def test_the_heartbeat_is_the_servers_time(database: Database) -> None:
    held = await Receipts(database).take(claim("a"))
    await let_age(database, hours=1)
    await held.beat()
    assert held.receipt.heartbeat is not None
    assert abs(held.receipt.heartbeat - await Receipts(database).server_time()) < timedelta(seconds=30)


async def test_a_holder_asks_again_before_it_writes_when_its_last_answer_is_old(database: Database) -> None:
    clock = [0.0]
    held = Held(database, (await Receipts(database).take(claim("a"))).receipt, lambda: clock[0])
    await Receipts(database).take(claim("a"))
    await held.may_write()
    clock[0] = 61.0
    with pytest.raises(Failure):
        await held.may_write()


@pytest.mark.parametrize(
    ("error", "is_let_go"),
    [
        (Failure(Reason.NAME_TAKEN, "x"), True),
        (Failure(Reason.DATABASE_UNREACHABLE, "x"), False),
        (Interrupted("x"), False),
    ],
)
async def test_a_block_that_fails_for_good_lets_the_receipt_go(
    database: Database, error: Exception, is_let_go: bool
) -> None:
    held = await Receipts(database).take(claim("a"))
    with pytest.raises(type(error)):
        async with held.beating():
            raise error
    receipt = await Receipts(database).of(OID)
    assert receipt is not None
    assert (receipt.heartbeat is None) is is_let_go


async def test_what_an_unfinished_import_made_stays_known_and_that_of_a_finished_one_does_not(
    database: Database,
) -> None:
    receipts = Receipts(database)
    held = await receipts.take(claim("a"))
    await held.record(state=WRITING, users=[{"id": UUID(int=1), "email": "a@b.c"}])
    again = await receipts.take(claim("a"))
    assert [each["email"] for each in again.receipt.users] == ["a@b.c"]
    await again.end(COMPLETE, result={"documents": 1})
    afresh = await receipts.take(claim("b", "other"))
    assert (afresh.receipt.users, afresh.receipt.state, afresh.receipt.result) == ((), "claimed", None)
    assert [each["state"] for each in afresh.receipt.document["history"]] == ["complete"]


async def test_a_released_receipt_can_be_taken_by_anybody(database: Database) -> None:
    receipts = Receipts(database)
    await receipts.take(claim("a"))
    assert (await receipts.release(OID)) is not None
    assert (await receipts.take(claim("b"))).receipt.epoch == 2
    assert await receipts.release(uuid4()) is None


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
