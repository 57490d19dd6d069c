"""What is verified of a resource, why a source has to be kept, and when a document is what was imported."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import bson
import pytest
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions

from orgport.api.failures import Failure
from orgport.api.org_import import OrgImportSpec
from orgport.api.task import Task
from orgport.browsertrix.sections import PAGES, PROFILES
from orgport.stores.inserts import Shelf
from orgport.stores.receipt_model import parse
from orgport.worker.local import parse_resource
from orgport.worker.receipts_found import FRESH, check_release, described, released, rolled_back
from orgport.worker.verify import kept_for, pins, reading_of
from orgport.worker.verify_documents import Comparisons
from orgport.worker.verify_target import judged_receipt

OID = UUID("7b1d2f7e-3a59-4c7a-9b58-0d5f0a6b1c2d")
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LOCATION = {"bucket": "exports", "prefix": "acme/", "endpoint": "https://s3.example.org"}
SHELF = Shelf("pages", "oid", OID.__eq__)
CODEC: CodecOptions[Any] = CodecOptions(uuid_representation=UuidRepresentation.STANDARD)


def task(kind: str, spec: dict[str, Any]) -> Task:
    return parse_resource(
        {"apiVersion": "orgport.dev/v1alpha1", "kind": kind, "metadata": {"name": "weekly"}, "spec": spec}
    )


EXPORT = task("OrgExport", {"org": {"slug": "acme"}, "destination": LOCATION, "content": ["Files"]})
IMPORT = task("OrgImport", {"source": {**LOCATION, "export": "weekly", "manifestSHA256": "a" * 64, "waitSeconds": 60}})


def test_an_export_is_read_as_an_import_of_it_would() -> None:
    reading = reading_of(EXPORT).import_spec
    assert (reading.source.export, reading.source.prefix, reading.source.endpoint) == (
        "weekly",
        "acme/",
        LOCATION["endpoint"],
    )
    assert reading.content == ["Files"]


def test_nothing_is_waited_for() -> None:
    assert reading_of(IMPORT).import_spec.source.wait_seconds == 0


def test_the_manifest_is_pinned_by_the_import_or_by_the_exports_status() -> None:
    assert list(pins(IMPORT, {})) == ["a" * 64]
    assert list(pins(EXPORT, {"status": {"result": {"manifestSHA256": "b" * 64}}})) == ["b" * 64]
    assert list(pins(EXPORT, {"status": None})) == []


@pytest.mark.parametrize(
    ("content", "shared", "reasons"),
    [
        (["Files", "Database"], 0, []),
        (["Files"], 0, ["this import was made without Database"]),
        (["Database"], 0, ["this import was made without Files"]),
        (["Files", "Database"], 3, ["3 objects of the target are the very objects of the source"]),
    ],
)
def test_the_source_is_kept_where_not_all_of_it_was_moved(content: list[Any], shared: int, reasons: list[str]) -> None:
    spec = OrgImportSpec(source=IMPORT.import_spec.source, content=content)
    found = list(kept_for(spec, None, shared))
    assert [each.partition(":")[0] for each in found] == reasons


def receipt(**members: Any) -> Any:
    facts = {"_id": OID, "state": "complete", "epoch": 2, "holder": "uid", "run": "btrix/weekly", "source": "s"}
    return parse({**facts, "heartbeat": NOW, **members})


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        pytest.param(None, "the target has none", id="none"),
        pytest.param(receipt(state="writing"), "is not complete: writing", id="unfinished"),
        pytest.param(receipt(source="t"), "another JSON, of SHA-256 t", id="another source"),
        pytest.param(receipt(), "", id="complete"),
    ],
)
def test_the_receipt_has_to_be_complete_and_of_this_source(found: Any, problem: str) -> None:
    row = judged_receipt(found, "s")
    assert (row.state == "failed") is bool(problem)
    assert problem in row.message


def page(**members: Any) -> dict[str, Any]:
    return {"_id": UUID(int=1), "oid": OID, "ts": NOW.replace(microsecond=123000), "n": 1, **members}


@pytest.mark.parametrize(
    ("found", "there", "changed", "missing", "foreign"),
    [
        pytest.param(page(), 1, 0, 0, 0, id="as imported"),
        pytest.param(dict(reversed(page().items())), 1, 0, 0, 0, id="in another order"),
        pytest.param(page(n=2), 1, 1, 0, 0, id="changed"),
        pytest.param(None, 0, 0, 1, 0, id="missing"),
        pytest.param(page(oid=UUID(int=9)), 0, 0, 0, 1, id="another's"),
    ],
)
def test_a_document_is_held_against_what_was_imported(
    found: dict[str, Any] | None, there: int, changed: int, missing: int, foreign: int
) -> None:
    comparisons = Comparisons(str(OID))
    comparisons.compare(PAGES, SHELF, bson.encode(page(), codec_options=CODEC), found)
    shelved = comparisons.of(PAGES)
    assert (shelved.there, shelved.changed) == (there, changed)
    assert (shelved.missing.count, shelved.foreign.count) == (missing, foreign)
    row = comparisons.row(PAGES, 1, there)
    assert (row.state == "failed") is bool(missing or foreign)


def test_fewer_documents_than_expected_fail_even_if_none_is_named_missing() -> None:
    assert "0 documents are there, not 2" in Comparisons(str(OID)).row(PAGES, 2, 0).message


def test_a_changed_document_releases_what_it_no_longer_names() -> None:
    def profile(key: str, size: int, **members: Any) -> dict[str, Any]:
        resource = {"filename": f"{OID}/{key}", "size": size, "storage": {"name": "default"}}
        return {"_id": UUID(int=2), "oid": OID, "resource": resource, **members}

    comparisons = Comparisons(str(OID))
    encoded = bson.encode(profile("a", 3), codec_options=CODEC)
    comparisons.compare(PROFILES, SHELF, encoded, profile("a", 3, name="new"))
    assert comparisons.released == set()
    comparisons.compare(PROFILES, SHELF, encoded, profile("a", 4))
    assert comparisons.released == {f"{OID}/a"}


CLAIMED = {"state": "claimed", "claimedUntil": NOW + timedelta(days=7)}


@pytest.mark.parametrize(
    ("members", "age", "force", "problem"),
    [
        pytest.param({"state": "writing"}, FRESH, False, "", id="silent"),
        pytest.param({"state": "writing"}, FRESH - timedelta(seconds=1), False, "sign of life", id="alive"),
        pytest.param({"state": "writing"}, timedelta(), True, "", id="alive, forced"),
        pytest.param(CLAIMED, timedelta(hours=5), False, "may be copying files", id="silent files"),
        pytest.param(CLAIMED, timedelta(hours=5), True, "", id="silent files, forced"),
        pytest.param(CLAIMED, timedelta(days=7), False, "", id="a claim that is over"),
        pytest.param({**CLAIMED, "heartbeat": None}, timedelta(), False, "", id="a claim that was let go"),
        pytest.param({"state": "complete"}, FRESH, True, "it is complete", id="complete"),
        pytest.param({"state": "rolledBack"}, FRESH, False, "it is rolledBack", id="rolled back"),
        pytest.param({"state": "writing", "heartbeat": None}, timedelta(), False, "", id="let go"),
    ],
)
def test_a_receipt_is_given_up_only_where_its_run_is_gone(
    members: dict[str, Any], age: timedelta, force: bool, problem: str
) -> None:
    if not problem:
        check_release(receipt(**members), NOW + age, force=force)
        return
    with pytest.raises(Failure, match=problem):
        check_release(receipt(**members), NOW + age, force=force)


def test_who_releases_learns_what_may_follow() -> None:
    assert "one of another source is refused" in released(receipt(state="writing"))
    assert "refused" not in released(receipt(state="claimed"))
    assert "the 5 documents" in rolled_back(receipt(state="writing"), {"pages": 3, "users": 2})


def test_a_receipt_is_shown_with_its_age_and_the_accounts_that_it_made() -> None:
    user = {"source": UUID(int=1), "id": UUID(int=2), "email": "olga@example.org"}
    facts = described(receipt(state="writing", users=[user], startTime=NOW), NOW + timedelta(seconds=61))
    assert (facts["heartbeatAgeSeconds"], facts["mayBeTaken"]) == (61, False)
    assert facts["startTime"] == "2026-11-25T12:00:00Z"
    assert facts["usersMade"] == [{"id": str(UUID(int=2)), "email": "olga@example.org"}]
    assert described(receipt(state="writing"), NOW + timedelta(minutes=5))["mayBeTaken"]


def test_a_receipt_says_until_when_it_is_kept() -> None:
    claimed, complete = described(receipt(**CLAIMED), NOW), described(receipt(), NOW)
    assert (claimed["keptUntil"], claimed["mayBeTaken"]) == ("2026-12-02T12:00:00Z", False)
    assert (complete["keptUntil"], complete["mayBeTaken"]) == (None, True)
