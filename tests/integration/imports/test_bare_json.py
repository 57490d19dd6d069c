"""Browsertrix's own exports, of old versions too."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from tests.integration.conftest import Installations
from tests.integration.imports.running import Imports, failed, fixture_text, reason, succeeded

pytestmark = pytest.mark.integration

OID = UUID("4c880741-c1b7-47ae-b825-3fb15d52a760")
MISSING_OK = {"missing": "Report"}


@pytest.fixture
def imports(installation: Installations) -> Imports:
    target = installation()
    imports = Imports(target, prefix="")
    imports.put({"org-export.json": fixture_text()})
    return imports


async def run(imports: Imports, **spec: Any) -> Any:
    return await imports.run(source={"database": "org-export.json"}, files=MISSING_OK, **spec)


async def test_the_fixture_of_version_0027_arrives_whole_and_upgraded(imports: Imports) -> None:
    result = succeeded(await run(imports))
    found = imports.target.snapshot(OID)
    counts = {name: count for name, count in found.counts().items() if count}
    assert counts == {
        "organizations": 1, "users": 3, "profiles": 2, "crawl_configs": 2, "configs_revs": 1, "crawls": 4, "pages": 67,
        "collections": 2,
    }  # fmt: skip
    assert result["documents"] == 78
    assert result["usersCreated"] == 3
    assert {each["browserWindows"] for each in found.documents["crawl_configs"]} == {2}
    assert [each["access"] for each in found.documents["collections"]] == ["unlisted", "private"]
    assert all(each["resource"]["filename"].startswith(f"{OID}/profiles/") for each in found.documents["profiles"])


async def test_members_of_the_fixture_are_mapped_everywhere(imports: Imports) -> None:
    succeeded(await run(imports))
    found = imports.target.snapshot(OID)
    by_email = {account["email"]: str(account["id"]) for account in found.documents["users"]}
    assert found.organization["users"] == {
        by_email["orgadmin@example.com"]: 40,
        by_email["orgcrawler@example.com"]: 20,
        by_email["orgcrawler2@example.com"]: 20,
    }
    former = {detail["id"] for detail in json.loads(fixture_text())["data"]["org"]["userDetails"]}
    assert not former & set(by_email.values())
    assert not any(identifier in repr(found.documents) for identifier in former)


async def test_missing_objects_stop_an_import_that_does_not_report_them(imports: Imports) -> None:
    failure = failed(await imports.run(source={"database": "org-export.json"}))
    assert failure["reason"] == "ObjectsMissing"
    assert len(failure["keys"]) == 6
    assert imports.target.mongo.counts() == {"version": 1}


async def test_a_json_that_is_not_there_is_not_found(imports: Imports) -> None:
    assert failed(await imports.run(source={"database": "other.json"}))["reason"] == "ExportNotFound"


async def test_the_same_json_again_writes_nothing(imports: Imports) -> None:
    succeeded(await run(imports))
    before = imports.target.mongo.counts(), imports.receipt(OID)
    again = await imports.run("again", source={"database": "org-export.json"}, files=MISSING_OK)
    assert reason(again) == "AlreadyImported"
    assert succeeded(again)["organizationID"] == str(OID)
    assert (imports.target.mongo.counts(), imports.receipt(OID)) == before
