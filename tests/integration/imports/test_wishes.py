"""What the spec of an import asks for, and what the target has already."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.integration.conftest import Installations
from tests.integration.imports.running import Imports, failed, reason, succeeded
from tests.integration.imports.small import (
    COLLECTION,
    ITEM,
    OBJECTS,
    OID,
    OWNER,
    PAGE,
    WORKFLOW,
    as_json,
    small_export,
    small_files,
)
from tests.organizations import Object

pytestmark = pytest.mark.integration


def account(**members: Any) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "name": "Olga",
        "is_superuser": False,
        "is_verified": True,
        "hashed_password": "x",
        **members,
    }


def change(imports: Imports, **members: Any) -> None:
    """Write a JSON with other members; None leaves one out."""
    data = {name: value for name, value in (small_export() | members).items() if value is not None}
    imports.put(small_files(data))


async def test_an_account_is_found_by_its_address_in_any_case(small: Imports) -> None:
    olga = account(email="OLGA@Example.org")
    small.insert("users", olga)
    result = succeeded(await small.run())
    found = small.target.snapshot(OID)
    assert found.organization["users"] == {str(olga["id"]): 40}
    assert (result["usersMatched"], result["usersCreated"]) == (1, 0)
    assert found.documents["crawls"][0]["userid"] == olga["id"]
    assert small.target.mongo.counts()["users"] == 1


async def test_an_account_with_the_same_id_stays_the_same(small: Imports) -> None:
    small.insert("users", account(id=UUID(OWNER), email="olga@example.org"))
    succeeded(await small.run())
    found = small.target.snapshot(OID)
    assert found.organization["users"] == {OWNER: 40}
    assert found.documents["crawls"][0]["userid"] == UUID(OWNER)


async def test_of_two_accounts_that_differ_in_case_the_one_written_alike_is_taken(small: Imports) -> None:
    small.insert("users", account(email="OLGA@example.org"), lower := account(email="olga@example.org"))
    succeeded(await small.run())
    assert small.target.snapshot(OID).organization["users"] == {str(lower["id"]): 40}


async def test_members_without_an_account_can_be_left_out(small: Imports) -> None:
    run = await small.run(users={"missing": "Skip"})
    result = succeeded(run)
    found = small.target.snapshot(OID)
    assert found.organization["users"] == {}
    assert found.documents["crawls"][0]["userid"] == UUID(OWNER)
    assert "users" not in small.target.mongo.counts()
    assert any("1 members have no account here" in warning for warning in result["warnings"])
    assert small.report(run)["users"] == [
        {"email": "olga@example.org", "name": "Olga", "role": 40, "account": "skipped"}
    ]
    assert small.report(run)["unknownUsers"] == [OWNER]


async def test_members_that_cannot_have_an_account_are_left_out(small: Imports) -> None:
    org = small_export()["org"]
    details = [
        {"id": OWNER, "role": "40", "name": "Olga", "email": "olga@example.org"},
        {"id": str(uuid4()), "role": 20, "name": "No address", "email": ""},
        {"id": str(uuid4()), "role": 20, "name": "Local", "email": "root@localhost"},
        {"id": "me", "role": 20, "name": "No id", "email": "me@example.org"},
        {"id": str(uuid4()), "role": 100, "name": "Superadmin", "email": "super@example.org"},
    ]
    change(small, org={**org, "userDetails": details})
    result = succeeded(await small.run())
    found = small.target.snapshot(OID)
    by_email = {each["email"]: found.organization["users"][str(each["id"])] for each in found.documents["users"]}
    assert by_email == {"olga@example.org": 40, "super@example.org": 10}
    assert len(result["warnings"]) == 3


async def test_schedules_are_suspended_and_remembered(small: Imports) -> None:
    run = await small.run()
    assert succeeded(run)["schedulesSuspended"] == 1
    assert small.target.snapshot(OID).documents["crawl_configs"][0]["schedule"] == ""
    assert small.report(run)["schedules"] == {WORKFLOW: "0 3 * * 1"}
    receipt = small.receipt(OID)
    assert receipt is not None
    assert receipt["schedules"] == [{"workflow": UUID(WORKFLOW), "schedule": "0 3 * * 1"}]


async def test_schedules_can_be_kept_and_the_result_says_how_they_start(small: Imports) -> None:
    result = succeeded(await small.run(schedules="Keep"))
    assert small.target.snapshot(OID).documents["crawl_configs"][0]["schedule"] == "0 3 * * 1"
    assert any("reAddCronjobs" in warning for warning in result["warnings"])


async def test_the_organization_is_as_the_spec_wants_it(small: Imports) -> None:
    run = await small.run(org={"name": "New", "slug": "new-one"}, drop=["Subscription"], readOnly=True)
    assert succeeded(run)["location"] == f"s3://{small.target.storage('default').bucket}/{OID}/"
    assert run.status["org"] == {"id": str(OID), "slug": "new-one", "name": "New", "dbVersion": "0058"}
    found = small.target.snapshot(OID).organization
    names = ("name", "slug", "readOnly", "subscription", "default")
    assert {name: found[name] for name in names} == {
        "name": "New", "slug": "new-one", "readOnly": True, "subscription": None, "default": False,
    }  # fmt: skip
    assert found["bytesStored"] == sum(map(len, OBJECTS.values()))


async def test_storages_get_their_new_names_everywhere(installation: Installations) -> None:
    target = installation(storage="eu", former="cold", prefix="browsertrix/")
    imports = Imports(target, standard={"source": {"database": "export.json"}})
    data = small_export()
    data["profiles"][0]["resource"]["storage"]["name"] = "old-one"
    imports.put(small_files(data))
    result = succeeded(await imports.run(storageMapping=[{"from": "old-one", "to": "cold"}, {"from": "x", "to": "eu"}]))
    found = target.snapshot(OID)
    assert found.organization["storage"] == {"name": "eu", "custom": False}
    assert found.documents["profiles"][0]["resource"]["storage"]["name"] == "cold"
    assert found.documents["crawls"][0]["files"][0]["storage"]["name"] == "eu"
    assert sorted(target.keys("cold")) == [f"{OID}/profiles/profile.tar.gz"]
    assert sorted(target.keys("eu", f"{OID}/")) == sorted({*OBJECTS, f"{OID}/nobody's.wacz"} - set(target.keys("cold")))
    assert any("no storage 'x'" in warning for warning in result["warnings"])


async def test_sections_may_come_in_any_order(small: Imports) -> None:
    small.put({"export.json": as_json(dict(reversed(small_export().items())))})
    assert succeeded(await small.run())["documents"] == 8
    assert small.target.snapshot(OID).documents["crawls"][0]["userid"] != UUID(OWNER)


async def test_absent_and_unknown_sections_do_no_harm(small: Imports) -> None:
    change(small, fileUploads=None, crawlLogs=None, profiles=None, invites=[{"_id": "x"}], more={"a": [1]})
    assert succeeded(await small.run())["documents"] == 5


async def test_what_belongs_to_nothing_is_left_out_and_said(small: Imports) -> None:
    data = small_export()
    lost = {**data["pages"][0], "_id": str(uuid4()), "crawl_id": "gone"}
    going = {**data["items"][0], "_id": "manual-going", "deleted": True, "files": []}
    change(small, pages=[*data["pages"], lost, data["pages"][0]], items=[going, *data["items"]])
    result = succeeded(await small.run())
    assert result["documents"] == 8
    assert [each["_id"] for each in small.target.snapshot(OID).documents["crawls"]] == [ITEM]
    assert len(result["warnings"]) == 3


async def test_held_documents_arrive_as_they_are(small: Imports) -> None:
    page = small_export()["pages"][0]
    odd = {**page, "_id": str(uuid4()), "url": "about:blank", "ts": "yesterday"}
    change(small, held={"pages": [{"rule": "url", "document": odd}]})
    succeeded(await small.run())
    pages = {str(each["_id"]): each for each in small.target.snapshot(OID).documents["pages"]}
    assert pages[odd["_id"]]["url"] == "about:blank"
    assert pages[odd["_id"]]["ts"] == "yesterday"
    assert pages[PAGE]["oid"] == OID


async def test_missing_objects_can_be_reported(small: Imports) -> None:
    data = small_export()
    data["items"][0]["files"][0]["filename"] = f"{OID}/lost.wacz"
    small.put(small_files(data))
    run = await small.run(files={"missing": "Report"})
    result = succeeded(run)
    assert small.report(run)["missing"] == [f"{OID}/lost.wacz"]
    assert any("1 objects that records name are missing" in warning for warning in result["warnings"])
    assert small.target.snapshot(OID).organization["bytesStoredCrawls"] == 0


async def test_files_alone_need_no_database(small: Imports) -> None:
    run = await small.run(content=["Files"])
    result = succeeded(run)
    assert (result["objects"], result["documents"]) == (4, 0)
    assert {*OBJECTS} < {*small.target.keys()}
    assert "organizations" not in small.target.mongo.counts()
    assert small.receipt(OID) is None


async def test_the_database_alone_needs_the_objects_at_the_target(small: Imports) -> None:
    assert failed(await small.run(content=["Database"]))["reason"] == "ObjectsMissing"
    succeeded(await small.run("files", content=["Files"]))
    assert succeeded(await small.run("database", content=["Database"]))["documents"] == 8


async def test_where_the_objects_lie_already_nothing_is_copied_and_a_warning_given(installation: Installations) -> None:
    target = installation(prefix="acme/")
    imports = Imports(
        target, standard={"source": {"database": "export.json", "bucket": target.storage("default").bucket}}
    )
    made = {imports.prefix + key: Object(body) for key, body in small_files().items()}
    target.store.write(target.storage("default").bucket, made)
    run = await imports.run()
    assert any("the very objects of the source" in warning for warning in succeeded(run)["warnings"])
    assert run.status["progress"]["objectsTotal"] == 0


async def test_an_old_export_is_upgraded_and_its_logs_become_documents(small: Imports) -> None:
    data = small_export() | {"dbVersion": "0030"}
    line = json.dumps({"timestamp": "2024-07-01T12:00:00Z", "logLevel": "error", "context": "general", "message": "m"})
    data["items"][0] |= {"errors": [line, line], "behaviorLogs": []}
    data["collections"][0] = {**data["collections"][0], "isPublic": True, "slug": None, "access": None}
    small.put(small_files(data))
    result = succeeded(await small.run())
    found = small.target.snapshot(OID)
    assert result["documents"] == 10
    assert len(found.documents["crawl_logs"]) == 3
    assert found.documents["crawls"][0]["pageCount"] == 1
    assert found.by_id("collections")[UUID(COLLECTION)]["access"] == "unlisted"
    assert reason(await small.run("again")) == "AlreadyImported"
