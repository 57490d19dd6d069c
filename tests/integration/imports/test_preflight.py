"""Everything that stands in an import's way is found before the first write, and told in one go."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from orgport.worker.import_details import FAILURES, REPORT
from tests.integration.conftest import Installations
from tests.integration.export.running import Exports
from tests.integration.imports.running import Imports, everything, reason, refused, succeeded
from tests.integration.imports.small import (
    COLLECTION,
    ITEM,
    LOG,
    OBJECTS,
    OID,
    PAGE,
    PROFILE,
    REVISION,
    SEED_FILE,
    WORKFLOW,
    small_export,
    small_files,
)
from tests.organizations import Object, generate

pytestmark = pytest.mark.integration

OTHER = UUID("99999999-9999-4999-8999-999999999999")
Data = dict[str, Any]


async def test_an_organization_that_is_there_is_not_imported_over(small: Imports) -> None:
    small.insert("organizations", {"_id": OID, "name": "x", "slug": "x", "users": {}})
    assert (await refused(small))["reason"] == "OrganizationExists"


@pytest.mark.parametrize(
    ("collection", "identifier", "more"),
    [
        ("profiles", uuid4(), {"oid": OID}),
        ("crawl_configs", uuid4(), {"oid": OID}),
        ("crawls", "manual-other", {"oid": OID}),
        ("collections", uuid4(), {"oid": OID}),
        ("file_uploads", uuid4(), {"oid": OID}),
        ("crawl_logs", UUID(LOG), {"oid": OID}),
        ("pages", UUID(PAGE), {"oid": OID}),
        ("configs_revs", UUID(REVISION), {"cid": UUID(WORKFLOW)}),
    ],
)
async def test_any_document_of_the_organization_stands_in_the_way(
    small: Imports, collection: str, identifier: Any, more: Data
) -> None:
    small.insert(collection, {"_id": identifier, **more})
    failure = await refused(small)
    assert failure["reason"] == "OrganizationExists"
    assert collection in failure["message"]


@pytest.mark.parametrize(
    ("collection", "identifier"),
    [
        ("profiles", UUID(PROFILE)),
        ("crawl_configs", UUID(WORKFLOW)),
        ("crawls", ITEM),
        ("pages", UUID(PAGE)),
        ("collections", UUID(COLLECTION)),
        ("file_uploads", UUID(SEED_FILE)),
        ("crawl_logs", UUID(LOG)),
        ("configs_revs", UUID(REVISION)),
    ],
)
async def test_another_organizations_document_with_the_same_id_is_a_collision(
    small: Imports, collection: str, identifier: Any
) -> None:
    small.insert(collection, {"_id": identifier, "oid": OTHER, "cid": OTHER})
    failure = await refused(small)
    assert failure["reason"] == "IdentifierCollision"
    assert failure["keys"] == [f"{collection}/{identifier}"]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"name": "SMALL CAFE", "slug": "elsewhere"}, "NameTaken"),
        ({"name": "small café", "slug": "elsewhere"}, "NameTaken"),
        ({"name": "Other", "slug": "SMALL"}, "SlugTaken"),
        ({"name": "Other", "slug": "smäll"}, "SlugTaken"),
        ({"name": "Other", "slug": "x", "subscription": {"subId": "sub-1"}}, "SubscriptionTaken"),
    ],
)
async def test_a_name_that_is_taken_is_told_whatever_its_case_and_accents(
    small: Imports, other: Data, expected: str
) -> None:
    small.insert("organizations", {"_id": OTHER, "users": {}, **other})
    failure = await refused(small)
    assert failure["reason"] == expected
    assert str(OTHER) in failure["message"]


async def test_names_that_are_alike_and_not_the_same_are_free(small: Imports) -> None:
    small.insert(
        "organizations",
        {"_id": uuid4(), "name": "Small Café 2", "slug": "small-2", "users": {}, "subscription": {"subId": "SUB-1"}},
    )
    assert reason(await small.run(dryRun=True)) == "Planned"


async def test_names_that_are_taken_are_told_together(small: Imports) -> None:
    small.insert(
        "organizations",
        {"_id": uuid4(), "name": "SMALL CAFE", "slug": "elsewhere", "users": {}},
        {"_id": uuid4(), "name": "Other", "slug": "Small", "users": {}},
        {"_id": uuid4(), "name": "Third", "slug": "third", "users": {}, "subscription": {"subId": "sub-1"}},
    )
    failure = await refused(small)
    assert failure["reason"] == "NameTaken"
    assert all(word in failure["message"] for word in ("SMALL CAFE", "SlugTaken", "SubscriptionTaken"))
    result = await small.run("renamed", org={"name": "New", "slug": "new"}, drop=["Subscription"])
    assert succeeded(result)["organizationID"] == str(OID)


async def test_other_content_in_the_way_is_not_overwritten(small: Imports) -> None:
    key = next(iter(OBJECTS))
    small.target.put({key: Object(b"something else")})
    failure = await refused(small)
    assert failure["reason"] == "ObjectConflict"
    assert failure["keys"] == [f"s3://{small.target.storage('default').bucket}/{key}"]


async def test_files_of_two_storages_that_become_one_are_not_written_over_each_other(
    installation: Installations,
) -> None:
    source = installation(former="old")
    org = generate(items=4, pages=3, objects=12, former="old", neighbour=False)
    source.seed(org)
    key = next(key for key, each in org.objects.items() if each.storages == ("old",))
    source.put({key: Object(b"of the same name, in the storage of today")})
    succeeded(await Exports(source).run(org))
    imports = Imports(installation(former="cold"), source)
    failure = await refused(imports)
    assert failure["reason"] == "ObjectConflict"
    assert failure["keys"] == [key]
    assert "spec.storageMapping" in failure["suggestion"]
    apart = [{"from": "old", "to": "cold"}]
    assert reason(await imports.run(storageMapping=apart, dryRun=True)) == "Planned"


async def test_storages_are_named_as_browsertrix_names_them(installation: Installations) -> None:
    target = installation(storage="EU.Store", former="cold.store")
    imports = Imports(target, standard={"source": {"database": "export.json"}})
    imports.put(small_files())
    mapping = [{"from": "Default", "to": "Cold_Store"}]
    succeeded(await imports.run(target={"storage": "eu-store"}, storageMapping=mapping))
    found = target.snapshot(OID)
    assert found.organization["storage"]["name"] == "eu-store"
    assert found.documents["crawls"][0]["files"][0]["storage"]["name"] == "cold-store"


async def test_numbers_above_the_targets_limit_are_lowered_and_said(small: Imports) -> None:
    data = small_export()
    data["workflows"][0] |= {"browserWindows": 7, "scale": 4}
    data["items"][0]["browserWindows"] = 7
    small.put(small_files(data))
    small.target = small.target.with_settings(MAX_BROWSER_WINDOWS="4")
    warnings = succeeded(await small.run())["warnings"]
    assert any(f"workflow {WORKFLOW} (w): browserWindows 7 is 4 now" in warning for warning in warnings)
    assert any("scale 4 is 2 now" in warning for warning in warnings)
    found = small.target.snapshot(OID)
    assert [found.documents[name][0]["browserWindows"] for name in ("crawl_configs", "crawls")] == [4, 4]


async def test_channels_and_proxies_that_the_target_lacks_are_said(small: Imports) -> None:
    data = small_export()
    data["workflows"][0] |= {"crawlerChannel": "nightly", "proxyId": "proxy-7"}
    small.put(small_files(data))
    small.target = replace(small.target, channels='[{"id": "default"}, {"id": "beta"}]')
    warnings = succeeded(await small.run(dryRun=True))["warnings"]
    assert any("'nightly'" in warning for warning in warnings)
    assert any("proxy-7" in warning for warning in warnings)
    small.target = replace(small.target, channels='[{"id": "nightly"}]')
    assert not any("nightly" in warning for warning in succeeded(await small.run("again", dryRun=True))["warnings"])


@pytest.mark.parametrize(
    ("source", "target", "policy"),
    [("0059", "0058", "Upgrade"), ("0024", "0058", "Upgrade"), ("0057", "0058", "Equal"), ("0058", "0099", "Upgrade")],
)
async def test_versions_that_do_not_fit_are_told_with_the_names_that_are_taken(
    installation: Installations, source: str, target: str, policy: str
) -> None:
    imports = Imports(installation(version=target), standard={"source": {"database": "export.json"}})
    imports.put(small_files(small_export() | {"dbVersion": source}))
    imports.insert("organizations", {"_id": OTHER, "name": "Small Café", "slug": "x", "users": {}})
    failure = await refused(imports, versionPolicy=policy)
    assert failure["reason"] == "VersionMismatch"
    assert all(word in failure["message"] for word in (source, target, "NameTaken"))


def foreign(data: Data) -> None:
    data["items"][0]["files"][0]["filename"] = f"{OTHER}/one.wacz"


def climbing(data: Data) -> None:
    data["items"][0]["files"][0]["filename"] = f"{OID}/../{OTHER}/one.wacz"


def custom(data: Data) -> None:
    data["profiles"][0]["resource"]["storage"] = {"name": "!own", "custom": True}


def newer(data: Data) -> None:
    data["dbVersion"] = "0059"


def stranger(data: Data) -> None:
    data["pages"][0]["oid"] = str(OTHER)


def another_size(data: Data) -> None:
    data["items"][0]["files"][0]["size"] = 1


def gone(data: Data) -> None:
    data["items"][0]["files"][0]["filename"] = f"{OID}/gone.wacz"


def no_date(data: Data) -> None:
    data["items"][0]["started"] = "yesterday"


def no_map(data: Data) -> None:
    data["dbVersion"] = "0030"
    data["workflows"][0]["config"] = "none"


def no_organization(data: Data) -> None:
    del data["org"]


def no_name(data: Data) -> None:
    data["org"]["name"] = None


def no_members(data: Data) -> None:
    data["org"]["userDetails"] = ["Olga"]


def no_replicas(data: Data) -> None:
    data["items"][0]["files"][0]["replicas"] = 3


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (foreign, "ForeignKey"),
        (climbing, "ForeignKey"),
        (custom, "CustomStorageUnsupported"),
        (newer, "VersionMismatch"),
        (stranger, "ExportCorrupt"),
        (another_size, "ObjectsMissing"),
        (gone, "ObjectsMissing"),
        (no_date, "ExportCorrupt"),
        (no_map, "ExportCorrupt"),
        (no_organization, "ExportCorrupt"),
        (no_name, "ExportCorrupt"),
        (no_members, "ExportCorrupt"),
        (no_replicas, "ExportCorrupt"),
    ],
)
async def test_an_export_that_cannot_be_imported_is_refused(
    small: Imports, change: Callable[[Data], None], expected: str
) -> None:
    data = small_export()
    change(data)
    small.put(small_files(data))
    assert (await refused(small))["reason"] == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"storageMapping": [{"from": "default", "to": "nowhere"}]}, "UnknownStorage"),
        ({"target": {"storage": "nowhere"}}, "UnknownStorage"),
        ({"source": {"database": "nothing.json"}}, "ExportNotFound"),
    ],
)
async def test_a_spec_that_names_what_is_not_there_is_refused(small: Imports, spec: Data, expected: str) -> None:
    assert (await refused(small, **spec))["reason"] == expected


async def test_conflicts_of_every_kind_are_told_together(small: Imports) -> None:
    data = small_export()
    another_size(data)
    data["collections"][0]["thumbnail"] = {**data["items"][0]["files"][0], "filename": f"{OTHER}/thumbnail.png"}
    data["items"][0]["qaFinished"] = {"run": {"files": [dict(data["items"][0]["files"][0])]}}
    data["items"][0]["qaFinished"]["run"]["files"][0]["storage"] = {"name": "!own", "custom": True}
    small.put(small_files(data))
    small.target.put({f"{OID}/profiles/profile.tar.gz": Object(b"something else")})
    names = {"name": "small café", "slug": "SMALL", "subscription": {"subId": "sub-1"}}
    small.insert("organizations", {"_id": OTHER, "users": {}, **names})
    small.insert("pages", {"_id": UUID(PAGE), "oid": OTHER})
    small.insert("crawl_configs", {"_id": uuid4(), "oid": OID})
    failure = await refused(small)
    expected = {
        *("ForeignKey", "CustomStorageUnsupported", "OrganizationExists", "IdentifierCollision", "NameTaken"),
        *("SlugTaken", "SubscriptionTaken", "ObjectConflict", "ObjectsMissing"),
    }
    assert failure["reason"] == "ForeignKey"
    assert "9 conflicts" in failure["message"]
    report = json.loads(small.written(REPORT))
    assert {each["reason"] for each in report["conflicts"]} == expected
    lines = [json.loads(line) for line in small.written(FAILURES).splitlines()]
    assert {line["reason"] for line in lines} == expected


async def test_a_dry_run_writes_nothing_but_its_report(small: Imports) -> None:
    before = everything(small)
    run = await small.run(dryRun=True)
    assert reason(run) == "Planned"
    assert everything(small) == before
    report = small.report(run)
    assert report["documents"]["pages"] == 1
    assert run.status["progress"]["objectsTotal"] == 4
    assert small.receipt(OID) is None
