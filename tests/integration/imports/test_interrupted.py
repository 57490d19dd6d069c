"""An import that ends at any write: it goes on where it stood, or leaves nothing behind."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.receipt_model import COLLECTION as RECEIPTS
from orgport.worker import rollback
from orgport.worker.import_documents import LOGS_AT_ONCE
from tests.integration.imports.running import Imports, failed, reason, steps, succeeded
from tests.integration.imports.small import OBJECTS, OID, PAGE, small_export, small_files
from tests.organizations import Object

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("nothing_in_flight")]

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MANY_WRITES = 100


def documents(imports: Imports) -> dict[str, int]:
    """How many documents each collection has, receipts aside."""
    return {name: count for name, count in imports.target.mongo.counts().items() if count and name != RECEIPTS}


def newcomers(imports: Imports) -> Any:
    """The organization's documents without what is new at each import."""
    found = imports.target.snapshot(OID).documents
    return {name: len(rows) if name == "users" else [each["_id"] for each in rows] for name, rows in found.items()}


async def roll_back_at_every_write(small: Imports) -> list[dict[str, int]]:
    """End imports at each write in turn, and roll them back to nothing, until one is through; what each had left."""
    before, left = documents(small), list[dict[str, int]]()
    for writes in range(MANY_WRITES):
        run = steps(small)
        await run.begin()
        await run.cut_off("database", writes)
        if "organizations" in documents(small):
            break
        left.append(documents(small))
        await run.do("rollback")
        assert documents(small) == before
        receipt = small.receipt(OID)
        assert receipt is not None
        assert receipt["state"] == "rolledBack"
    assert documents(small)["organizations"] == 1
    return left


async def test_an_import_that_ends_at_any_write_is_rolled_back_to_nothing(small: Imports) -> None:
    assert len(await roll_back_at_every_write(small)) > 10


async def test_log_lines_that_an_old_item_held_do_not_outlive_it(small: Imports) -> None:
    data = small_export() | {"dbVersion": "0049", "crawlLogs": []}
    data["items"][0]["errors"] = [f"line {number}" for number in range(LOGS_AT_ONCE + 5)]
    small.put(small_files(data))
    left = await roll_back_at_every_write(small)
    assert sum("crawl_logs" in each for each in left) > 1
    assert documents(small)["crawl_logs"] == LOGS_AT_ONCE + 5


async def test_an_import_that_ends_at_any_write_goes_on_where_it_stood(small: Imports) -> None:
    run = steps(small)
    await run.begin()
    for writes in range(MANY_WRITES):
        if not await run.cut_off("database", writes):
            break
    resumed = newcomers(small)
    receipt = small.receipt(OID)
    assert receipt is not None
    assert (receipt["state"], receipt["result"]["usersCreated"]) == ("complete", 1)
    assert resumed["users"] == 1
    assert all(len(ids) == 1 for name, ids in resumed.items() if name in ("pages", "crawls", "organizations"))


async def test_a_rollback_that_ends_at_any_write_is_taken_up_again(small: Imports) -> None:
    before = documents(small)
    run = steps(small)
    await run.begin()
    assert await run.cut_off("database", 8)
    for writes in range(MANY_WRITES):
        if not await run.cut_off("rollback", writes):
            break
    assert writes > 5
    assert documents(small) == before
    await run.do("rollback")
    assert documents(small) == before


async def test_what_a_killed_process_had_sent_is_waited_for(small: Imports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollback, "LANDING_SECONDS", 2.0)
    before = documents(small)
    run = steps(small)
    await run.begin()
    assert await run.cut_off("database", 8)
    undone = asyncio.create_task(run.do("rollback"))
    await asyncio.sleep(1)
    late = {"_id": uuid4(), "oid": OID}
    await asyncio.to_thread(small.insert, "crawls", late)
    await undone
    assert documents(small) == before


async def test_the_organization_that_a_killed_process_had_sent_is_not_left_without_its_documents(
    small: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollback, "LANDING_SECONDS", 2.0)
    run = steps(small)
    await run.begin()
    assert await run.cut_off("database", 8)
    there = documents(small)
    undone = asyncio.create_task(run.do("rollback"))
    await asyncio.sleep(1)
    await asyncio.to_thread(small.insert, "organizations", {"_id": OID, "name": "o", "slug": "o"})
    with pytest.raises(Failure) as caught:
        await undone
    assert caught.value.reason is Reason.ROLLBACK_FAILED
    assert documents(small) == {**there, "organizations": 1}


async def test_a_database_step_that_could_not_say_that_it_is_done_says_so(small: Imports) -> None:
    run = steps(small)
    await run.begin()
    first = await run.do("database")
    again = await run.do("database")
    assert again.stage is Reason.IMPORTED
    assert again.import_result == first.import_result


async def test_the_rollback_lists_the_objects_that_it_leaves(small: Imports) -> None:
    run = steps(small)
    await run.begin()
    assert await run.cut_off("database", 8)
    outcome = await run.do("rollback")
    assert "4 objects" in outcome.message
    assert set(OBJECTS) < set(small.target.keys())


async def test_accounts_are_kept_where_another_organization_has_taken_them_in(small: Imports) -> None:
    run = steps(small)
    await run.begin()
    assert await run.cut_off("database", 8)
    receipt = small.receipt(OID)
    assert receipt is not None
    (entry,) = receipt["users"]
    small.insert("organizations", {"_id": uuid4(), "name": "o", "slug": "o", "users": {str(entry["id"]): 20}})
    await run.do("rollback")
    with small.target.mongo.open() as database:
        assert database["users"].find_one({"id": entry["id"]})


async def test_a_failed_import_is_rolled_back_and_can_be_run_again(small: Imports) -> None:
    run = steps(small)
    await run.begin()
    small.insert("pages", {"_id": UUID(PAGE), "oid": uuid4()})
    with pytest.raises(Failure) as caught:
        await run.do("database")
    assert caught.value.reason is Reason.IDENTIFIER_COLLISION
    assert caught.value.keys == (f"pages/{PAGE}",)
    await run.do("rollback")
    with small.target.mongo.open() as database:
        assert database["pages"].count_documents({}) == 1
        database["pages"].delete_many({})
    assert reason(await small.run()) == "Imported"


async def test_what_nobody_began_needs_no_rollback(small: Imports) -> None:
    outcome = await steps(small).do("rollback")
    assert outcome.message == "there is nothing to roll back"


async def test_a_complete_import_is_not_rolled_back(small: Imports) -> None:
    succeeded(await small.run())
    before = documents(small)
    with pytest.raises(Failure) as caught:
        await steps(small).do("rollback")
    assert caught.value.reason is Reason.ROLLBACK_FAILED
    assert documents(small) == before


async def test_an_organization_that_is_visible_is_not_rolled_back(small: Imports) -> None:
    run = steps(small)
    await run.begin()
    for writes in range(MANY_WRITES):
        assert await run.cut_off("database", writes)
        if "organizations" in documents(small):
            break
    with pytest.raises(Failure) as caught:
        await run.do("rollback")
    assert caught.value.reason is Reason.ROLLBACK_FAILED
    assert (await run.do("database")).stage is Reason.IMPORTED


async def test_of_two_imports_the_receipt_lets_one_in_before_anything_is_copied(small: Imports) -> None:
    first = steps(small)
    await first.do("plan")
    objects = small.target.keys(prefix=f"{OID}/")
    failure = failed(await small.run("second"))
    assert failure["reason"] == "OrganizationExists"
    assert "run btrix/arrival is importing it" in failure["message"]
    assert small.target.keys(prefix=f"{OID}/") == objects == []
    await first.do("files")
    assert (await first.do("database")).stage is Reason.IMPORTED


async def test_an_import_without_a_sign_of_life_can_be_taken_over(small: Imports) -> None:
    first = steps(small)
    await first.begin()
    assert await first.cut_off("database", 8)
    small.set_receipt(OID, heartbeat=LONG_AGO)
    succeeded(await small.run("second"))
    receipt = small.receipt(OID)
    assert receipt is not None
    assert receipt["run"] == "btrix/second"
    assert [each["run"] for each in receipt["history"]] == ["btrix/arrival"]
    with pytest.raises(Failure):
        await first.do("database")
    assert (await first.do("rollback")).message == "there is nothing to roll back"
    assert documents(small)["organizations"] == 1


async def test_a_run_whose_receipt_was_taken_does_not_roll_back_what_the_other_one_goes_on_with(small: Imports) -> None:
    first, second = steps(small), steps(small, "second")
    await first.begin()
    assert await first.cut_off("database", 8)
    small.set_receipt(OID, heartbeat=LONG_AGO)
    await second.begin()
    before = documents(small)
    with pytest.raises(Failure) as caught:
        await first.do("rollback")
    assert caught.value.reason is Reason.ROLLBACK_FAILED
    assert documents(small) == before
    assert (await second.do("database")).stage is Reason.IMPORTED


async def test_what_another_source_left_unfinished_is_not_mixed_with(small: Imports) -> None:
    run = steps(small)
    await run.begin()
    assert await run.cut_off("database", 8)
    small.set_receipt(OID, heartbeat=datetime.now(UTC) - timedelta(minutes=6))
    data = small_export()
    data["collections"][0]["name"] = "another"
    small.put(small_files(data))
    failure = failed(await small.run("second"))
    assert failure["reason"] == "OrganizationExists"
    assert "another source" in failure["message"]


async def test_an_organization_that_was_deleted_since_is_imported_again(small: Imports) -> None:
    succeeded(await small.run())
    with small.target.mongo.open() as database:
        for name in (*small.target.snapshot(OID).documents,):
            database[name].delete_many({})
    assert reason(await small.run("again")) == "Imported"
    receipt = small.receipt(OID)
    assert receipt is not None
    assert [each["state"] for each in receipt["history"]] == ["complete"]


async def test_objects_that_are_there_already_are_not_copied(small: Imports) -> None:
    small.target.put({key: Object(body) for key, body in OBJECTS.items()})
    run = await small.run()
    assert succeeded(run)["objects"] == 4
    assert (run.status["progress"]["objectsTotal"], run.status["progress"]["objectsPresent"]) == (1, 3)


async def test_a_target_that_is_upgraded_meanwhile_is_not_written_to(small: Imports) -> None:
    run = steps(small)
    await run.begin()
    with small.target.mongo.open() as database:
        database["version"].update_one({}, {"$set": {"version": "0059"}})
    with pytest.raises(Failure) as caught:
        await run.do("database")
    assert caught.value.reason is Reason.VERSION_MISMATCH
    assert documents(small) == {"version": 1}


async def test_a_name_that_was_taken_meanwhile_stops_before_the_first_write(small: Imports) -> None:
    run = steps(small)
    await run.begin()
    small.insert("organizations", {"_id": uuid4(), "name": "small cafe", "slug": "o", "users": {}})
    with pytest.raises(Failure) as caught:
        await run.do("database")
    assert caught.value.reason is Reason.NAME_TAKEN
    assert documents(small) == {"version": 1, "organizations": 1}


async def test_an_organization_that_the_target_refuses_at_last_is_rolled_back(small: Imports) -> None:
    with small.target.mongo.open() as database:
        database["organizations"].insert_one({"_id": uuid4(), "name": "o", "slug": "o", "users": {}, "readOnly": False})
        database["organizations"].create_index("readOnly", unique=True)
    before = documents(small)
    run = steps(small)
    await run.begin()
    with pytest.raises(Failure) as caught:
        await run.do("database")
    assert caught.value.reason is Reason.ORGANIZATION_EXISTS
    assert documents(small)["crawls"] == 1
    await run.do("rollback")
    assert documents(small) == before


async def test_documents_that_somebody_adds_meanwhile_are_found_by_the_recount(small: Imports) -> None:
    run = steps(small)
    await run.begin()
    assert await run.cut_off("database", 6)
    small.insert("profiles", {"_id": uuid4(), "oid": OID})
    with pytest.raises(Failure) as caught:
        await run.do("database")
    assert caught.value.reason is Reason.VERIFICATION_FAILED
    assert "organizations" not in documents(small)


async def test_a_finished_import_is_known_when_its_source_is_gone(small: Imports) -> None:
    first = succeeded(await small.run())
    small.target.store.delete(small.target.exports, "acme/export.json")
    again = await small.run("again")
    assert reason(again) == "AlreadyImported"
    assert succeeded(again) == first
    assert failed(await small.run("other", source={"database": "other.json"}))["reason"] == "ExportNotFound"
