"""Everything that stands in an import's way is found before the first write, and told in one go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from orgport.worker.import_details import FAILURES, REPORT
from tests.integration.imports.running import Imports, failed, reason, succeeded
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
from tests.organizations import Object

pytestmark = pytest.mark.integration

OTHER = UUID("99999999-9999-4999-8999-999999999999")
Data = dict[str, Any]


def everything(imports: Imports) -> Any:
    """What the target holds, but for the report of a run."""
    keys = imports.target.keys(prefix="")
    return imports.target.mongo.counts(), [key for key in keys if not key.endswith((REPORT, FAILURES))]


async def refused(imports: Imports, **spec: Any) -> Data:
    """The failure of an import that must have left the target as it was."""
    before = everything(imports)
    failure = failed(await imports.run(**spec))
    assert everything(imports) == before
    return failure


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
    small.put(small_files(data))
    small.target.put({f"{OID}/profiles/profile.tar.gz": Object(b"something else")})
    small.insert("organizations", {"_id": uuid4(), "name": "small café", "slug": "x", "users": {}})
    small.insert("pages", {"_id": UUID(PAGE), "oid": OTHER})
    failure = await refused(small)
    assert failure["reason"] == "IdentifierCollision"
    assert all(word in failure["message"] for word in ("4 conflicts", "NameTaken", "ObjectConflict", "ObjectsMissing"))
    assert len(failure["keys"]) == 3


async def test_a_dry_run_writes_nothing_but_its_report(small: Imports) -> None:
    before = everything(small)
    run = await small.run(dryRun=True)
    assert reason(run) == "Planned"
    assert everything(small) == before
    report = small.report(run)
    assert report["documents"]["pages"] == 1
    assert run.status["progress"]["objectsTotal"] == 4
    assert small.receipt(OID) is None
