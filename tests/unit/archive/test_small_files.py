"""Claim, manifest, inventory and what makes two exports the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.api.failures import Failure
from orgport.api.org_export import OrgExportSpec
from orgport.api.reasons import Reason
from orgport.archive import layout
from orgport.archive.identity import installation_hash, spec_hash
from orgport.archive.inventory import InventoryLine, InventoryTotals, decode_line, encode_line
from orgport.archive.manifest import Claim, Manifest, ManifestOrg, ManifestSource, parse_claim, parse_manifest

ORG = "4c880741-c1b7-47ae-b825-3fb15d52a760"
THEN = datetime(2026, 11, 25, 12, tzinfo=UTC)
HASH, OTHER = "a" * 64, "b" * 64
LINE = InventoryLine(f"{ORG}/a.wacz", f"{ORG}/a.wacz", 7, "e1", "e2", "default", 1, HASH)


def claim(**changes: Any) -> Claim:
    whole = {"run": "uid", "org": ORG, "installation": HASH, "spec_hash": HASH, "start_time": THEN}
    return Claim(**{**whole, **changes})


def manifest(**changes: Any) -> Manifest:
    whole: dict[str, Any] = {
        "orgport": "0.1.0",
        "spec_hash": HASH,
        "org": ManifestOrg(id=ORG, slug="acme", name="Acme"),
        "source": ManifestSource(db_version="0058", installation=HASH),
        "content": ["Files", "Database"],
        "start_time": THEN,
        "completion_time": THEN,
    }
    return Manifest(**{**whole, **changes})


def spec(**changes: Any) -> OrgExportSpec:
    whole = {"org": {"slug": "acme"}, "destination": {"bucket": "exports"}, **changes}
    return OrgExportSpec.model_validate(whole)


@pytest.mark.parametrize(
    "changes",
    [
        {"content": ["Database", "Files"]},
        {"content": ["Files", "Database"]},
        {"files": {"parallelism": 8, "concurrency": 4, "verify": "Listing"}},
        {"destination": {"bucket": "another", "prefix": "x/"}},
        {"worker": {"labels": {"a": "b"}}},
        {"attempt": 3, "suspend": True, "onExisting": "Fail", "dryRun": True},
        {"source": {"database": {"name": "browsertrixcloud"}}},
        {"database": {"redact": []}},
    ],
)
def test_what_does_not_change_the_archive_does_not_change_the_hash(changes: dict[str, Any]) -> None:
    assert spec_hash(spec(**changes)) == spec_hash(spec())


def test_what_changes_the_archive_changes_the_hash() -> None:
    variants: list[dict[str, Any]] = [
        {},
        {"org": {"slug": "other"}},
        {"org": {"id": ORG}},
        {"content": ["Files"]},
        {"content": ["Database"]},
        {"files": {"verify": "Checksum"}},
        {"files": {"missing": "Report"}},
        {"source": {"database": {"name": "another"}}},
        {"database": {"include": []}},
        {"database": {"redact": ["Note"]}},
        {"database": {"redact": ["Note", "Webhooks"]}},
    ]
    assert len({spec_hash(spec(**each)) for each in variants}) == len(variants)
    in_another_order = {"database": {"redact": ["Webhooks", "Note"]}}
    assert spec_hash(spec(**in_another_order)) == spec_hash(spec(**variants[-1]))


def test_the_hash_stays_what_it_is() -> None:
    """An archive that was finished by an older orgport has to be found again."""
    assert spec_hash(spec()) == "ec8ab7cce3ff96487dac2ab8b436db974bf3a7e56247d371352ee65adbabb889"


def test_an_installation_is_known_by_its_default_organization() -> None:
    assert installation_hash(UUID(ORG)) == installation_hash(UUID(ORG))
    assert installation_hash(UUID(ORG)) != installation_hash(None)


@pytest.mark.parametrize("changes", [{"org": ORG.replace("4", "5")}, {"installation": OTHER}, {"spec_hash": OTHER}])
def test_another_organization_installation_or_spec_is_another_export(changes: dict[str, str]) -> None:
    assert claim().is_of_the_same_export(claim(run="another"))
    assert claim().is_of_the_same_export(manifest())
    assert not claim().is_of_the_same_export(claim(**changes))
    assert not claim(**changes).is_of_the_same_export(manifest())


def test_claim_and_manifest_are_read_as_they_were_written() -> None:
    assert parse_claim(claim().dump_json().encode(), "claim.json") == claim()
    assert parse_manifest(manifest().dump_json().encode(), "manifest.json") == manifest()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "the whole"),
        (b"[]", "the whole"),
        (manifest().dump_json().replace('"formatVersion":1', '"formatVersion":2').encode(), "formatVersion"),
        (manifest().dump_json().replace("acme", "\\ud800").encode(), "the whole"),
        (json.dumps({**manifest().dump(), "specHash": "x"}).encode(), "specHash"),
        (json.dumps({**manifest().dump(), "surprise": 1}).encode(), "surprise"),
    ],
)
def test_a_broken_manifest_is_refused_by_field(body: bytes, says: str) -> None:
    with pytest.raises(Failure, match=f"s3://b/m: {says}") as caught:
        parse_manifest(body, "s3://b/m")
    assert caught.value.reason == Reason.EXPORT_CORRUPT


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
COUNT = st.integers(0, 2**53)
LINES = st.builds(InventoryLine, TEXT, TEXT, COUNT, TEXT, TEXT, TEXT, COUNT, st.none() | TEXT)


@given(LINES)
def test_a_line_is_read_as_it_was_written(line: InventoryLine) -> None:
    encoded = encode_line(line)
    assert encoded.count(b"\n") == 1
    assert encoded.endswith(b"\n")
    assert decode_line(encoded) == line


def test_a_line_has_the_members_of_the_format() -> None:
    assert list(json.loads(encode_line(LINE))) == [
        "key", "at", "size", "etag", "sourceETag", "sha256", "referrers", "storage"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"null",
        b"[]",
        b'{"key":"a"}',
        *(
            json.dumps({**json.loads(encode_line(LINE)), **change}).encode()
            for change in ({"size": -1}, {"size": "7"}, {"size": True}, {"key": ""}, {"at": 1}, {"referrers": 1.5})
        ),
    ],
)
def test_a_line_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(Failure) as caught:
        decode_line(data)
    assert caught.value.reason == Reason.EXPORT_CORRUPT


def test_the_digest_is_of_keys_and_sizes_alone() -> None:
    def totals(line: InventoryLine) -> InventoryTotals:
        made = InventoryTotals()
        made.add(line, encode_line(line))
        return made

    elsewhere = InventoryLine(LINE.key, "exports/x/objects/a", 7, "e3", "e4", "default", 2)
    larger = InventoryLine(LINE.key, LINE.at, 8, "e1", "e2", "default", 1, HASH)
    assert totals(elsewhere).digest == totals(LINE).digest != totals(larger).digest
    assert totals(elsewhere).sha256 != totals(LINE).sha256
    assert (totals(LINE).count, totals(LINE).size) == (1, 7)


def test_exports_share_the_objects_of_the_organizations_own_storage() -> None:
    assert layout.objects_prefix("default", "default") == ""
    assert layout.objects_prefix("old", "default") == "storages/old/"
    assert [layout.own_objects("acme", number) for number in (1, 2)] == [
        "exports/acme/objects/",
        "exports/acme/objects-2/",
    ]
