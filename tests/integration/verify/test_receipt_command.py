"""`orgport receipt` on a running database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Exit, Reason
from orgport.stores.mongo import Database
from orgport.stores.receipt_model import COLLECTION, Receipt
from orgport.stores.receipts import Held, Receipts
from orgport.worker.databases import open_installation_database
from orgport.worker.inputs import MappingInputs, RecordingInputs
from orgport.worker.receipt_command import context_of, release_one
from orgport.worker.receipts_found import described, find_receipt
from orgport.worker.redaction import Redactor
from tests.integration.imports.running import Imports, Steps, failed, reason, steps, succeeded
from tests.integration.imports.small import OID, small_export, small_files

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("nothing_in_flight")]


async def acting(imports: Imports, act: Any, name: str = "arrival") -> Any:
    """What `act` does with the import's context and its target's database."""
    context = context_of(imports.resource(name), RecordingInputs(imports.target.inputs(), Redactor()))
    async with open_installation_database(context) as database:
        return await act(context, database)


async def release(imports: Imports, name: str = "arrival", *, force: bool = False, roll_back: bool = False) -> str:
    async def act(context: Any, database: Database) -> str:
        return await release_one(context, database, force=force, roll_back=roll_back)

    return str(await acting(imports, act, name))


async def begun(imports: Imports) -> Steps:
    """An import that was stopped while it wrote, some minutes ago."""
    run = steps(imports)
    await run.begin()
    assert await run.cut_off("database", 8)
    imports.set_receipt(OID, heartbeat=aged(minutes=3))
    return run


def documents(imports: Imports) -> dict[str, int]:
    """How many documents each collection has, receipts aside."""
    return {name: count for name, count in imports.target.mongo.counts().items() if count and name != COLLECTION}


def aged(**age: float) -> datetime:
    return datetime.now(UTC) - timedelta(**age)


async def test_there_is_none_before_an_import(small: Imports) -> None:
    with pytest.raises(Failure) as caught:
        await acting(small, find_receipt)
    assert (caught.value.reason, caught.value.exit_code) == (Reason.ORGANIZATION_NOT_FOUND, Exit.NO_INPUT)


async def test_another_run_of_the_same_source_finds_the_receipt_of_its_organization(small: Imports) -> None:
    succeeded(await small.run())
    receipt = await acting(small, find_receipt, "another")
    facts = described(receipt, datetime.now(UTC))
    assert (facts["organization"], facts["state"], facts["run"]) == (str(OID), "complete", "btrix/arrival")
    assert [each["email"] for each in facts["usersMade"]] == ["olga@example.org"]


async def test_a_run_that_writes_keeps_its_receipt_unless_forced(small: Imports) -> None:
    run = await begun(small)
    small.set_receipt(OID, heartbeat=aged(seconds=100))
    with pytest.raises(Failure, match=r"sign of life 10\d s ago") as caught:
        await release(small, "another")
    assert caught.value.exit_code == Exit.DATA
    assert "another run may take over at once" in await release(small, "another", force=True)
    succeeded(await small.run("another"))
    with pytest.raises(Failure):
        await run.do("database")


async def test_a_run_that_may_be_copying_files_keeps_its_receipt_however_silent_unless_forced(small: Imports) -> None:
    await steps(small).begin()
    small.set_receipt(OID, heartbeat=aged(hours=3))
    with pytest.raises(Failure, match="may be copying files") as caught:
        await release(small)
    assert "--force" in caught.value.suggestion
    assert failed(await small.run("another"))["reason"] == "OrganizationExists"
    await release(small, force=True)
    succeeded(await small.run("another"))


async def test_a_claim_that_is_over_is_released(small: Imports) -> None:
    await steps(small).begin()
    small.set_receipt(OID, heartbeat=aged(hours=3), claimedUntil=aged(hours=1))
    await release(small)


async def test_the_receipt_of_a_run_that_is_silent_is_released_and_another_takes_over(small: Imports) -> None:
    await begun(small)
    assert failed(await small.run("another"))["reason"] == "OrganizationExists"
    await release(small)
    succeeded(await small.run("another"))


async def test_a_run_that_lives_after_all_stops_at_its_next_write(small: Imports) -> None:
    context = context_of(small.resource(), RecordingInputs(small.target.inputs(), Redactor()))
    await begun(small)
    async with open_installation_database(context) as database:
        receipt = await Receipts(database).of(OID)
        assert receipt is not None
        await release_one(context, database, force=True)
        with pytest.raises(Failure, match="another run has taken its receipt"):
            await Held(database, receipt).may_write()


@pytest.mark.parametrize("state", ["complete", "rolledBack"])
async def test_what_is_in_nobodys_way_is_not_released(small: Imports, state: str) -> None:
    await begun(small)
    small.set_receipt(OID, state=state)
    with pytest.raises(Failure, match=f"it is {state}"):
        await release(small, force=True)


async def test_a_receipt_that_changes_hands_at_this_moment_is_not_released(
    small: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begun(small)

    async def too_late(receipts: Receipts, receipt: Receipt) -> Receipt | None:
        small.set_receipt(OID, epoch=receipt.epoch + 1)
        return await released_for_good(receipts, receipt)

    released_for_good = Receipts.release
    monkeypatch.setattr(Receipts, "release", too_late)
    with pytest.raises(Failure, match="has changed hands"):
        await release(small)


async def test_what_an_abandoned_import_inserted_is_deleted_if_that_is_asked_for(small: Imports) -> None:
    before = documents(small)
    await begun(small)
    assert documents(small) != before
    said = await release(small, "another", roll_back=True)
    assert "Objects that it had copied stay" in said
    assert documents(small) == before
    receipt = small.receipt(OID)
    assert receipt is not None
    assert receipt["state"] == "rolledBack"
    data = small_export()
    data["collections"][0]["name"] = "of another export"
    small.put(small_files(data))
    succeeded(await small.run("another"))


async def test_an_organization_that_is_visible_is_not_rolled_back(small: Imports) -> None:
    await begun(small)
    small.insert("organizations", {"_id": OID, "name": "n", "slug": "s", "users": {}})
    before = documents(small)
    with pytest.raises(Failure, match="somebody may use it") as caught:
        await release(small, roll_back=True)
    assert caught.value.reason is Reason.ROLLBACK_FAILED
    assert documents(small) == before


async def test_a_claim_is_given_up_without_deleting_anything(small: Imports) -> None:
    await steps(small).begin()
    before = documents(small)
    assert "the 0 documents" in await release(small, force=True, roll_back=True)
    assert documents(small) == before
    assert reason(await small.run("another")) == "Imported"


def test_an_export_has_no_receipt() -> None:
    resource = {"apiVersion": "orgport.dev/v1alpha1", "kind": "OrgExport", "metadata": {"name": "weekly"}}
    spec = {"org": {"slug": "acme"}, "destination": {"bucket": "exports"}}
    with pytest.raises(Failure, match="OrgExport weekly has no receipt"):
        context_of({**resource, "spec": spec}, RecordingInputs(MappingInputs({}), Redactor()))
