from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from orgport.api.failures import Failure
from orgport.api.org_import import OrgImportSpec
from orgport.api.reasons import Reason
from orgport.stores.lookups import PRIMARY, SECONDARY, fold
from orgport.stores.receipt_model import Claim, obstacle, parse
from orgport.worker.import_checks import channel_warnings, proxy_warnings, version_conflict
from orgport.worker.import_conflicts import SEVERITY, Conflict, as_failure, check

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
OID = UUID(int=7)
SOURCE = {"bucket": "exports", "export": "first"}


def spec(**members: Any) -> OrgImportSpec:
    return OrgImportSpec.model_validate({"source": SOURCE, **members})


def receipt(**members: Any) -> Any:
    document = {"_id": OID, "state": "writing", "epoch": 3, "holder": "me", "run": "ns/mine", "source": "s"}
    return parse({**document, "heartbeat": NOW, **members})


def test_no_conflict_is_no_failure() -> None:
    check([])


def test_all_conflicts_are_told_and_the_worst_gives_the_reason() -> None:
    slug = Conflict(Reason.SLUG_TAKEN, "the slug", ["b"])
    name = Conflict(Reason.NAME_TAKEN, "the name", ["a"], "rename")
    failure = as_failure([slug, name])
    assert failure.reason is Reason.NAME_TAKEN
    assert failure.message == "2 conflicts: NameTaken: the name; SlugTaken: the slug"
    assert failure.suggestion == "rename Set spec.org.slug."
    assert failure.keys == ("a", "b")
    with pytest.raises(Failure):
        check([slug])


def test_one_conflict_speaks_for_itself() -> None:
    assert as_failure([Conflict(Reason.SLUG_TAKEN, "the slug")]).message == "the slug"


def test_no_conflict_is_worth_another_try() -> None:
    assert all(as_failure([Conflict(reason, "x")]).is_final for reason in SEVERITY)


@pytest.mark.parametrize(
    ("source", "target", "policy", "reason"),
    [
        ("0058", "0058", "Equal", None),
        ("0058", "0058", "Upgrade", None),
        ("0025", "0058", "Upgrade", None),
        ("0044", "0050", "Upgrade", None),
        ("0059", "0059", "Upgrade", None),
        ("0027", "0058", "Equal", Reason.VERSION_MISMATCH),
        ("0058", "0057", "Upgrade", Reason.VERSION_MISMATCH),
        ("0024", "0058", "Upgrade", Reason.VERSION_MISMATCH),
        ("0058", "0059", "Upgrade", Reason.VERSION_MISMATCH),
        ("latest", "0058", "Upgrade", Reason.EXPORT_CORRUPT),
    ],
)
def test_versions_fit_or_not(source: str, target: str, policy: str, reason: Reason | None) -> None:
    conflict = version_conflict(spec(versionPolicy=policy), source, target)
    assert (conflict.reason if conflict else None) is reason


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (None, None),
        (receipt(), None),
        (receipt(holder="them", heartbeat=NOW - timedelta(minutes=5)), None),
        (receipt(holder="them", heartbeat=None), None),
        (receipt(holder="them", state="complete"), None),
        (receipt(holder="them", state="rolledBack"), None),
        (receipt(state="claimed", source="other"), None),
        (receipt(holder="them", run="ns/theirs", heartbeat=NOW - timedelta(seconds=299)), "run ns/theirs is importing"),
        (receipt(source="other"), "unfinished import of another source"),
        (receipt(holder="them", source="other", heartbeat=None), "unfinished import of another source"),
    ],
)
def test_a_receipt_can_be_taken_or_not(found: Any, problem: str | None) -> None:
    said = obstacle(found, Claim(OID, "me", "ns/mine", "s"), NOW)
    assert (said is None) if problem is None else (said is not None and problem in said)


@pytest.mark.parametrize(
    ("one", "other", "strength", "alike"),
    [
        ("Café", "cafe", PRIMARY, True),
        ("Straße", "STRASSE", PRIMARY, True),
        ("Acme", "Acme 2", PRIMARY, False),
        ("Anna@Example.org", "anna@example.ORG", SECONDARY, True),
        ("é@example.org", "e@example.org", SECONDARY, False),
    ],
)
def test_texts_are_alike_as_a_collation_has_it(one: str, other: str, strength: int, alike: bool) -> None:
    assert (fold(one, strength) == fold(other, strength)) is alike


@pytest.mark.parametrize("configured", [None, "", "no json", "[1]", "3"])
def test_channels_are_not_compared_with_a_list_that_cannot_be_read(configured: str | None) -> None:
    assert list(channel_warnings({"beta"}, configured)) == []


def test_channels_and_proxies_that_may_be_lacking_are_named() -> None:
    configured = '[{"id": "default"}, {"id": "beta"}]'
    assert list(channel_warnings({"beta", "default"}, configured)) == []
    assert "'nightly'" in next(channel_warnings({"beta", "nightly"}, configured))
    assert "proxies a, b" in next(proxy_warnings({"b", "a"}))
    assert list(proxy_warnings(set())) == []
