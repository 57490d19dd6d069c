"""The receipt in a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from orgport.api.failures import Failure, Interrupted
from orgport.api.reasons import Reason
from orgport.stores.mongo import Database, open_database
from orgport.stores.receipt_model import COLLECTION, COMPLETE, WRITING, Claim
from orgport.stores.receipts import Held, Receipts
from tests.servers import DocumentStore

pytestmark = pytest.mark.integration

OID = UUID(int=7)


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
    await first.record(state=WRITING)
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


async def test_a_run_that_copies_files_keeps_its_receipt_in_silence_for_as_long_as_it_may_take(
    database: Database,
) -> None:
    receipts = Receipts(database)
    await receipts.take(replace(claim("a"), patience=timedelta(days=7)))
    await let_age(database, days=6)
    with pytest.raises(Failure, match="run ns/a is importing it; while it copies files, until "):
        await receipts.take(claim("b"))
    over = datetime.now(UTC) - timedelta(seconds=1)
    await database.collection(COLLECTION).update_one({"_id": OID}, {"$set": {"claimedUntil": over}})
    assert (await receipts.take(claim("b"))).receipt.holder == "b"


async def test_a_holder_that_has_lost_its_receipt_may_not_write_any_more(database: Database) -> None:
    receipts = Receipts(database)
    first = await receipts.take(claim("a"))
    await first.may_write()
    second = await receipts.take(claim("a"))
    with pytest.raises(Failure, match="another run has taken its receipt"):
        await first.may_write()
    await second.may_write()


async def test_a_receipt_that_has_changed_since_it_was_looked_at_is_not_taken(database: Database) -> None:
    receipts = Receipts(database)
    held = await receipts.take(claim("a"))
    await held.end(COMPLETE)
    with pytest.raises(Failure, match="its receipt is complete by now"):
        await receipts.take(claim("a"), WRITING)
    with pytest.raises(Failure, match="its receipt is gone by now"):
        await receipts.take(replace(claim("a"), organization=uuid4()), WRITING)


@dataclass
class Meanwhile:
    """What happens to the receipt while somebody waits, second by second; then nothing more."""

    database: Database
    ages: list[float]
    waited: int = 0

    async def sleep(self, _: float) -> None:
        self.waited += 1
        await let_age(self.database, seconds=self.ages.pop(0))


@pytest.mark.parametrize(
    ("ages", "waits", "is_taken"),
    [
        pytest.param([], 0, True, id="it has been silent"),
        pytest.param([3, 3], 1, False, id="it gives a sign of life"),
    ],
)
async def test_a_process_waits_until_it_knows_what_became_of_the_one_before(
    database: Database, ages: list[float], waits: int, is_taken: bool
) -> None:
    receipts, again = Receipts(database), replace(claim("a"), alone=False)
    await (await receipts.take(claim("a"))).record(state=WRITING)
    await let_age(database, seconds=9 if ages else 31)
    meanwhile = Meanwhile(database, list(ages))
    await receipts.settle(again, meanwhile.sleep)
    assert meanwhile.waited == waits
    if is_taken:
        await receipts.take(again)
    else:
        with pytest.raises(Failure, match="another process of run ns/a is importing it"):
            await receipts.take(again)


class Clocked(Receipts):
    """Receipts of a server whose clock can be put forward."""

    ahead = timedelta()

    async def server_time(self) -> datetime:
        return await super().server_time() + self.ahead

    async def sleep(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


async def test_a_process_that_was_killed_is_waited_out(database: Database) -> None:
    receipts, again = Clocked(database), replace(claim("a"), alone=False)
    await (await receipts.take(claim("a"))).record(state=WRITING)
    await receipts.settle(again, receipts.sleep)
    assert timedelta(seconds=28) < receipts.ahead <= timedelta(seconds=30)
    assert (await receipts.take(again)).receipt.epoch == 2


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


async def test_a_released_receipt_can_be_taken_by_anybody_and_stops_its_holder(database: Database) -> None:
    receipts = Receipts(database)
    held = await receipts.take(claim("a"))
    assert (await receipts.release(held.receipt)) is not None
    with pytest.raises(Failure):
        await held.beat()
    assert (await receipts.take(claim("b"))).receipt.epoch == 3


async def test_a_receipt_that_has_changed_hands_is_not_released(database: Database) -> None:
    receipts = Receipts(database)
    held = await receipts.take(claim("a"))
    again = await receipts.take(claim("a"))
    assert await receipts.release(held.receipt) is None
    await again.end(COMPLETE)
    assert await receipts.release(again.receipt) is None


async def test_a_run_that_imported_one_organization_after_the_other_has_the_receipt_of_the_last(
    database: Database,
) -> None:
    receipts = Receipts(database)
    for number, minutes in ((1, 2), (2, 3), (3, 1)):
        held = await receipts.take(replace(claim("a"), organization=UUID(int=number)))
        await held.record(startTime=datetime.now(UTC) - timedelta(minutes=minutes))
    latest = await receipts.held_by("a")
    assert latest is not None
    assert latest.organization == UUID(int=3)


async def test_accounts_that_another_unfinished_import_relies_on_are_known(database: Database) -> None:
    receipts, account = Receipts(database), uuid4()
    held = await receipts.take(claim("a"))
    await held.record(members=[uuid4(), account])
    assert await receipts.is_relied_on(account, uuid4())
    assert not await receipts.is_relied_on(account, OID)
    assert not await receipts.is_relied_on(uuid4(), uuid4())
    await held.end(COMPLETE)
    assert not await receipts.is_relied_on(account, uuid4())
