"""`orgport verify` of an OrgImport: may the source be deleted?"""

from __future__ import annotations

import pytest

from tests.integration.conftest import Installations
from tests.integration.export.running import Exports
from tests.integration.imports.running import Imports, fixture_text, succeeded
from tests.integration.imports.small import OID
from tests.integration.verify.moving import Moved, failures, row, verify_import
from tests.organizations import Object, generate

pytestmark = pytest.mark.integration


async def test_after_a_good_import_the_source_may_be_deleted(moved: Moved) -> None:
    found = await moved.target(checksum=True)
    assert (failures(found), found.reasons, found.exit_code) == ([], [], 0)
    documents = [check for check in found.checks if check.name.endswith(" in target") and "expected" in check.numbers]
    assert len(documents) == 8
    for check in documents:
        there = check.numbers["there"]
        assert check.numbers == {"expected": there, "there": there, "missing": 0, "changed": 0, "added": 0}
    objects = row(found, "objects in target").numbers
    assert objects["objects"] == objects["there"] == moved.exports.read_json("manifest.json")["objects"]["count"]
    assert row(found, "checksums in target").numbers["read"] > 0


async def test_before_the_import_it_may_not(archived: Moved) -> None:
    found = await archived.target()
    assert not found.may_be_deleted
    assert failures(found) == ["receipt", "organization", "objects in target"]
    assert found.exit_code == 65


async def test_a_missing_document_is_named(moved: Moved) -> None:
    with moved.imports.target.mongo.open() as database:
        gone = database["crawls"].find_one_and_delete({"oid": moved.org.id, "deleted": {"$ne": True}})
    assert gone is not None
    found = await moved.target()
    assert "items in target" in failures(found)
    assert row(found, "items in target").keys == [f"items/{gone['_id']}"]
    assert any("items" in reason for reason in found.reasons or ())


async def test_a_document_of_another_organization_is_none_of_ours(moved: Moved) -> None:
    with moved.imports.target.mongo.open() as database:
        database["pages"].find_one_and_update({"oid": moved.org.id}, {"$set": {"oid": OID}})
    assert "another organization" in row(await moved.target(), "pages in target").message


async def test_what_people_change_and_add_is_counted_and_no_fault(moved: Moved) -> None:
    with moved.imports.target.mongo.open() as database:
        collection = database["collections"].find_one({"oid": moved.org.id})
        assert collection is not None
        database["collections"].update_one({"_id": collection["_id"]}, {"$set": {"description": "changed"}})
        database["collections"].insert_one({"_id": OID, "oid": moved.org.id, "name": "new", "slug": "new"})
    found = await moved.target()
    numbers = row(found, "collections in target").numbers
    assert (numbers["changed"], numbers["added"], found.exit_code) == (1, 1, 0)


async def test_an_object_that_a_changed_record_no_longer_names_is_no_fault(small: Imports) -> None:
    succeeded(await small.run())
    small.target.store.delete(small.target.storage("default").bucket, f"{OID}/profiles/profile.tar.gz")
    assert failures(await verify_import(small)) == ["objects in target"]
    with small.target.mongo.open() as database:
        renamed = {"$set": {"resource.filename": f"{OID}/profiles/newer.tar.gz"}}
        database["profiles"].update_one({"name": "p"}, renamed)
    found = await verify_import(small)
    assert (failures(found), row(found, "objects in target").numbers["replaced"]) == ([], 1)


async def test_objects_that_are_on_neither_side_are_named_unless_that_was_agreed(small: Imports) -> None:
    key = f"{OID}/one.wacz"
    small.target.store.delete(small.target.exports, small.prefix + key)
    succeeded(await small.run(files={"missing": "Report"}))
    assert row(await verify_import(small), "objects in target").keys == [key]
    assert (await verify_import(small, files={"missing": "Report"})).exit_code == 0


async def test_records_that_were_not_at_rest_keep_the_source(installation: Installations) -> None:
    source = installation()
    org = generate(items=4, pages=8, objects=10, neighbour=False, in_flight=True)
    source.seed(org)
    succeeded(await Exports(source).run(org))
    imports = Imports(installation(), source)
    succeeded(await imports.run())
    found = await verify_import(imports)
    assert failures(found) == []
    assert ["changing or running" in reason for reason in found.reasons or ()] == [True]


async def test_a_missing_and_a_changed_object_are_named(moved: Moved) -> None:
    target, key = moved.imports.target, moved.a_file
    storage = target.storage("default")
    target.store.delete(storage.bucket, key)
    found = await moved.target()
    assert failures(found) == ["objects in target"]
    assert row(found, "objects in target").keys == [f"s3://{storage.bucket}/{key}"]


async def test_an_object_with_other_content_is_found(moved: Moved) -> None:
    target, key = moved.imports.target, moved.a_file
    storage = target.storage("default")
    body = target.store.read(storage.bucket, key)
    target.store.write(storage.bucket, {key: Object(body[:-1])})
    found = await moved.target()
    assert row(found, "objects in target").numbers["differing"] == 1
    assert row(await moved.target(checksum=True), "checksums in target").keys == [key]


async def test_a_broken_archive_gives_no_leave_to_delete(moved: Moved) -> None:
    moved.replace("org-export.json", moved.exports.read("org-export.json")[:-200])
    found = await moved.target()
    assert failures(found) == ["JSON", "documents", "source"]
    assert not found.may_be_deleted


async def test_an_import_of_files_alone_gives_no_leave_to_delete(archived: Moved) -> None:
    succeeded(await archived.imports.run(content=["Files"]))
    found = await archived.target(content=["Files"])
    assert (failures(found), found.reasons) == ([], ["this import was made without Database"])
    assert found.exit_code == 65


async def test_an_unfinished_import_gives_no_leave_to_delete(moved: Moved) -> None:
    moved.imports.set_receipt(moved.org.id, state="writing")
    found = await moved.target()
    assert "not complete: writing" in row(found, "receipt").message


async def test_a_pin_that_the_archive_has_not_fails(moved: Moved) -> None:
    found = await moved.target(source={"export": "first", "manifestSHA256": "0" * 64})
    assert failures(found) == ["manifest"]


async def test_what_upgrades_made_of_an_old_export_is_expected(installation: Installations) -> None:
    imports = Imports(installation(), prefix="", standard={"files": {"missing": "Report"}})
    imports.put({"org-export.json": fixture_text()})
    succeeded(await imports.run(source={"database": "org-export.json"}))
    found = await verify_import(imports, source={"database": "org-export.json"})
    assert (failures(found), found.reasons) == ([], [])
    numbers = [check.numbers for check in found.checks if "expected" in check.numbers]
    assert sum(each["expected"] for each in numbers) == sum(each["there"] for each in numbers) > 70
    assert [each["changed"] for each in numbers] == [0] * 8


async def test_storages_and_users_that_were_mapped_are_expected(installation: Installations) -> None:
    source = installation(former="old", replica="replica-0")
    org = generate(items=4, pages=8, objects=14, former="old", replica="replica-0", neighbour=False)
    source.seed(org)
    succeeded(await Exports(source).run(org))
    spec = {"storageMapping": [{"from": "old", "to": "deep"}], "schedules": "Keep"}
    imports = Imports(installation(former="deep", prefix="below/"), source, standard=spec)
    imports.insert("users", {"id": OID, "email": str(org.documents["users"][0]["email"]).upper(), "name": "n"})
    succeeded(await imports.run())
    found = await verify_import(imports, checksum=True)
    assert (failures(found), found.reasons) == ([], [])
    assert all(check.numbers.get("changed", 0) == 0 for check in found.checks)
    objects = row(found, "objects in target").numbers
    assert objects["objects"] == objects["there"] > 0
