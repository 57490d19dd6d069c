"""The list of reasons is closed, explained and documented."""

from __future__ import annotations

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import MEANINGS, Exit, Reason
from orgport.api.reference import reasons_page


def test_every_reason_is_explained() -> None:
    assert MEANINGS.keys() == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_an_explanation_is_made_of_sentences(reason: Reason) -> None:
    meaning, cause, remedy, _ = MEANINGS[reason]
    assert all(
        text[0].isupper() or text.startswith(("kubectl", "worker", "spec", "active", "subscription"))
        for text in (meaning, cause, remedy)
    )
    assert all(text.endswith(".") and "|" not in text for text in (meaning, cause, remedy))


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_documented_once(reason: Reason) -> None:
    assert reasons_page().count(f"| `{reason}` |") == 1


def test_exit_codes_are_those_that_the_jobs_know() -> None:
    codes = {meaning.exit_code for meaning in MEANINGS.values()}
    assert codes == {None, Exit.RETRY, *Exit.FINAL}
    assert sorted(Exit.FINAL) == list(Exit.FINAL)


@pytest.mark.parametrize(
    ("reason", "final"),
    [(Reason.ACCESS_DENIED, True), (Reason.ENDPOINT_UNREACHABLE, False), (Reason.OUT_OF_MEMORY, False)],
)
def test_a_failure_is_worth_another_try_unless_its_reason_says_otherwise(reason: Reason, final: bool) -> None:
    assert Failure(reason, "x").is_final is final


def test_a_failure_suggests_the_remedy_of_its_reason() -> None:
    assert Failure(Reason.SLUG_TAKEN, "x").suggestion == "Set spec.org.slug."
    assert Failure(Reason.SLUG_TAKEN, "x", suggestion="y").suggestion == "y"
