"""`orgport receipt` on a running database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Exit, Reason
from orgport.stores.mongo import Database
from orgport.worker.databases import open_installation_database
from orgport.worker.inputs import RecordingInputs
from orgport.worker.receipt_command import context_of, release_one
from orgport.worker.receipts_found import described, find_receipt
from orgport.worker.redaction import Redactor
from tests.integration.imports.running import Imports, steps, succeeded
from tests.integration.imports.small import OID

pytestmark = pytest.mark.integration


async def acting(imports: Imports, act: Any, name: str = "arrival") -> Any:
    """What `act` does with the import's context and its target's database."""
    context = context_of(imports.resource(name), RecordingInputs(imports.target.inputs(), Redactor()))
    async with open_installation_database(context) as database:
        return await act(context, database)


async def release(imports: Imports, name: str = "arrival", *, force: bool = False) -> str:
    async def act(context: Any, database: Database) -> str:
        return await release_one(context, database, force=force)

    return str(await acting(imports, act, name))


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


async def test_a_live_run_keeps_its_receipt_unless_forced(small: Imports) -> None:
    await steps(small).begin()
    with pytest.raises(Failure, match="sign of life") as caught:
        await release(small, "another")
    assert caught.value.exit_code == Exit.DATA
    assert "another run may take over at once" in await release(small, "another", force=True)
    succeeded(await small.run("another"))


async def test_the_receipt_of_a_run_that_is_silent_is_released_and_another_takes_over(small: Imports) -> None:
    await steps(small).begin()
    small.set_receipt(OID, heartbeat=aged(minutes=3))
    assert (await small.run("another")).status["failure"]["reason"] == "OrganizationExists"
    await release(small)
    succeeded(await small.run("another"))


async def test_a_complete_import_is_not_released(small: Imports) -> None:
    succeeded(await small.run())
    with pytest.raises(Failure, match="it is complete"):
        await release(small, force=True)
