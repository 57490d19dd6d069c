"""Rows of a verification, its answer, its exit code, and how it is shown."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Exit, Reason
from orgport.worker.verify_command import as_json, as_table
from orgport.worker.verify_report import KEYS_KEPT, Check, Noted, Verification, failed, failures_of, judged, skipped

WELL, BAD = judged("claim", []), judged("JSON", ["it has 3 bytes, not 4"], {"bytes": 3})
LEFT_OUT = skipped("checksums", "--checksum asks for it")


def verification(*checks: Check, reasons: list[str] | None = None) -> Verification:
    return Verification("OrgImport", "weekly", "s3://exports/acme/exports/first/", checks, reasons)


@pytest.mark.parametrize(
    ("checks", "reasons", "code", "answer"),
    [
        pytest.param([WELL, LEFT_OUT], None, 0, None, id="a whole archive"),
        pytest.param([WELL, BAD], None, Exit.DATA, None, id="an archive with a fault"),
        pytest.param([WELL], [], 0, True, id="an import that may lose its source"),
        pytest.param([WELL], ["records were changing"], Exit.DATA, False, id="a source that is needed"),
    ],
)
def test_the_exit_code_is_0_only_where_all_is_well(
    checks: list[Check], reasons: list[str] | None, code: int, answer: bool | None
) -> None:
    found = verification(*checks, reasons=reasons)
    assert (found.exit_code, found.may_be_deleted) == (code, answer)


def test_what_is_noted_is_counted_beyond_what_is_kept() -> None:
    noted = Noted()
    for number in range(KEYS_KEPT + 5):
        noted.add(str(number))
    assert (noted.count, len(noted.keys)) == (KEYS_KEPT + 5, KEYS_KEPT)
    assert noted.said("keys are gone") == [f"{KEYS_KEPT + 5} keys are gone, such as 0"]
    assert Noted().said("keys are gone") == []


def test_bad_data_is_a_row_and_a_store_that_does_not_answer_is_a_failure() -> None:
    row = failed("JSON", Failure(Reason.EXPORT_CORRUPT, "it ends too early", keys=["k"]))
    assert (row.state, row.message, row.keys) == ("failed", "it ends too early", ("k",))
    with pytest.raises(Failure, match="no answer"):
        failed("JSON", Failure(Reason.ENDPOINT_UNREACHABLE, "no answer"))


def test_what_failed_is_a_reason() -> None:
    assert failures_of([WELL, BAD, LEFT_OUT]) == ["JSON: it has 3 bytes, not 4"]


def test_programs_get_every_row_and_the_answer() -> None:
    found = json.loads(as_json(verification(WELL, BAD, reasons=["JSON: no"])))
    assert (found["ok"], found["sourceMayBeDeleted"], found["reasons"]) == (False, False, ["JSON: no"])
    assert found["checks"][1] == {
        "name": "JSON",
        "state": "failed",
        "numbers": {"bytes": 3},
        "message": "it has 3 bytes, not 4",
    }
    assert "sourceMayBeDeleted" not in json.loads(as_json(verification(WELL)))


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        pytest.param(verification(WELL), "Everything is there.", id="a whole archive"),
        pytest.param(verification(BAD), "Something differs.", id="an archive with a fault"),
        pytest.param(verification(WELL, reasons=[]), "May the source be deleted? Yes", id="yes"),
        pytest.param(verification(BAD, reasons=["JSON: [no]"]), "No:\n  - JSON: [no]", id="no"),
        pytest.param(verification(BAD), "failed  3 bytes  it has 3 bytes, not 4", id="a row"),
    ],
)
def test_people_get_a_table_and_the_answer(found: Verification, shown: str) -> None:
    assert shown in as_table(found, io.StringIO())


def test_a_long_message_is_cut() -> None:
    row: dict[str, Any] = judged("documents", ["x" * 5000]).dump()
    assert len(row["message"].encode()) <= 1024
