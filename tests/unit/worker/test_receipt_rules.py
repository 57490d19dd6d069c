"""Who may have a receipt, at which instant of the server's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from orgport.stores.receipt_model import SILENT, STALE, Claim, beginning, obstacle, parse

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
OID = UUID(int=7)
SECOND = timedelta(seconds=1)
WEEK = timedelta(days=7)
OURS, THEIRS = Claim(OID, "me", "ns/mine", "s"), Claim(OID, "them", "ns/theirs", "s")
UNLEASED = Claim(OID, "me", "ns/mine", "s", alone=False)


def receipt(**members: Any) -> Any:
    facts = {"_id": OID, "state": "claimed", "epoch": 3, "holder": "me", "run": "ns/mine", "source": "s"}
    return parse({**facts, "heartbeat": NOW, "claimedUntil": NOW + WEEK, **members})


@pytest.mark.parametrize(
    ("members", "age", "problem"),
    [
        pytest.param({}, 2 * STALE, "while it copies files, until 2026-12-02 12:00 UTC", id="silent files"),
        pytest.param({}, WEEK - SECOND, "ns/mine is importing it", id="before the claim is over"),
        pytest.param({}, WEEK, None, id="when the claim is over"),
        pytest.param({"heartbeat": None}, SECOND, None, id="a claim that was let go"),
        pytest.param({"claimedUntil": None}, STALE - SECOND, "ns/mine is importing it", id="a claim without end"),
        pytest.param({"claimedUntil": None}, STALE, None, id="a silent claim without end"),
        pytest.param({"claimedUntil": NOW}, STALE - SECOND, "ns/mine", id="a claim that is over and not silent"),
        pytest.param({"state": "writing"}, STALE - SECOND, "its last sign of life is 299 s old", id="writing"),
        pytest.param({"state": "writing"}, STALE, None, id="silent while it should write"),
        pytest.param({"state": "complete"}, SECOND, None, id="complete"),
        pytest.param({"state": "rolledBack"}, SECOND, None, id="rolled back"),
    ],
)
def test_another_run_waits_until_silence_means_that_the_holder_is_gone(
    members: dict[str, Any], age: timedelta, problem: str | None
) -> None:
    said = obstacle(receipt(**members), THEIRS, NOW + age)
    assert (said is None) if problem is None else (said is not None and problem in said)


@pytest.mark.parametrize("state", ["claimed", "writing"])
@pytest.mark.parametrize(
    ("there", "here", "is_refused"),
    [
        pytest.param("c", "c", False, id="deleted and applied again"),
        pytest.param("c", "d", True, id="of the same name in another cluster"),
        pytest.param("", "", True, id="in no cluster"),
    ],
)
def test_a_run_takes_the_receipt_of_the_deleted_one_in_whose_place_it_was_applied(
    state: str, there: str, here: str, is_refused: bool
) -> None:
    anew = Claim(OID, "me anew", "ns/mine", "s", cluster=here)
    assert (obstacle(receipt(state=state, cluster=there), anew, NOW) is not None) is is_refused


@pytest.mark.parametrize(
    ("claim", "state", "age", "is_refused"),
    [
        pytest.param(OURS, "writing", SECOND, False, id="a pod, whose lease says that the one before is gone"),
        pytest.param(UNLEASED, "writing", SILENT - SECOND, True, id="a process beside one that writes"),
        pytest.param(UNLEASED, "writing", SILENT, False, id="a process after one that was killed"),
        pytest.param(UNLEASED, "claimed", SECOND, False, id="the same process's next step"),
        pytest.param(UNLEASED, "complete", SECOND, False, id="a process after one that is done"),
    ],
)
def test_a_run_takes_its_own_receipt_unless_another_process_of_it_may_write(
    claim: Claim, state: str, age: timedelta, is_refused: bool
) -> None:
    said = obstacle(receipt(state=state), claim, NOW + age)
    assert (said is not None) is is_refused
    assert said is None or "another process of run ns/mine" in said


def test_a_claim_lasts_as_long_as_its_run_may() -> None:
    claim = Claim(OID, "me", "ns/mine", "s", patience=timedelta(hours=2))
    assert beginning(claim, NOW)["claimedUntil"] == NOW + timedelta(hours=2)
