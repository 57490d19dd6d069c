"""An export is complete, true and nobody else's."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from orgport.archive.manifest import parse_manifest
from tests.integration.conftest import Installations
from tests.integration.export.running import NOW, Exports, reason, storable, succeeded
from tests.oracle import accepts
from tests.organizations import generate
from tests.organizations.exported import SECTIONS, as_export, plain

pytestmark = pytest.mark.integration
Documents = list[dict[str, Any]]


def by_id(documents: Documents) -> dict[Any, dict[str, Any]]:
    found = {document["_id"]: document for document in documents}
    assert len(found) == len(documents)
    return found


def by_member(details: Documents) -> Documents:
    return sorted(details, key=lambda detail: str(detail["id"]))


async def test_every_document_is_in_the_json_and_nothing_else(installation: Installations) -> None:
    org, exports = generate(seed=11, pages=700), Exports(installation())
    exports.installation.seed(org)
    run = await exports.run(org)
    succeeded(run)
    assert reason(run) == "Exported"
    data, expected = exports.database()["data"], as_export(org)["data"]
    assert list(data) == [*expected, "fileUploads", "crawlLogs"]
    assert data["dbVersion"] == expected["dbVersion"]
    for section in SECTIONS:
        assert by_id(data[section]) == by_id(expected[section])
    for section, collection in (("fileUploads", "file_uploads"), ("crawlLogs", "crawl_logs")):
        assert by_id(data[section]) == by_id([plain(each) for each in org.documents[collection]])
    assert by_member(data["org"].pop("userDetails")) == by_member(expected["org"].pop("userDetails"))
    assert data["org"] == {**data["org"], **expected["org"]}


async def test_every_object_is_in_the_archive_as_it_was(installation: Installations) -> None:
    org, exports = generate(seed=12, mean_size=4000), Exports(installation())
    exports.installation.seed(org)
    result = succeeded(await exports.run(org))
    store, bucket = exports.installation.store, exports.installation.exports
    copies = store.facts(bucket, exports.objects())
    originals = exports.installation.snapshot(org).objects["default"]
    assert {key.removeprefix(exports.prefix): facts for key, facts in copies.items()} == originals
    assert result["objects"] == len(org.objects)
    assert result["bytes"] == org.size


async def test_browsertrix_takes_the_json(installation: Installations) -> None:
    org, exports = storable(generate(seed=13, unpresentable=True, in_flight=True)), Exports(installation())
    exports.installation.seed(org)
    succeeded(await exports.run(org))
    assert accepts(exports.read("org-export.json")) == []


async def test_what_browsertrix_refuses_is_held_unchanged_with_the_rule(installation: Installations) -> None:
    org, exports = storable(generate(seed=14, unpresentable=True)), Exports(installation())
    exports.installation.seed(org)
    succeeded(await exports.run(org))
    written = exports.database()
    held = written["data"]["held"]
    assert sorted(held) == ["items", "pages", "profiles"]
    assert {entry["rule"] for entries in held.values() for entry in entries}
    for section, entries in held.items():
        originals = by_id([plain(each) for each in org.documents[SECTIONS[section]]])
        together = by_id(written["data"][section] + [entry["document"] for entry in entries])
        assert together == originals
    assert exports.read_json("manifest.json")["held"] == {section: len(entries) for section, entries in held.items()}


async def test_the_manifest_says_what_lies_there(installation: Installations) -> None:
    org, exports = generate(seed=15), Exports(installation())
    exports.installation.seed(org)
    result = succeeded(await exports.run(org))
    body, database, inventory = (exports.read(part) for part in ("manifest.json", "org-export.json", "objects.ndjson"))
    manifest = parse_manifest(body, "manifest.json")
    assert manifest.database is not None
    assert manifest.objects is not None
    assert manifest.inventory is not None
    assert result["manifestSHA256"] == hashlib.sha256(body).hexdigest()
    assert (manifest.database.size, manifest.database.sha256) == (len(database), hashlib.sha256(database).hexdigest())
    assert manifest.inventory.sha256 == hashlib.sha256(inventory).hexdigest()
    assert (manifest.objects.count, manifest.objects.size) == (len(org.objects), org.size)
    assert (manifest.objects.verified, manifest.objects.size_only) == ("listing", 0)
    assert manifest.database.documents == json.loads(database)["orgport"]["counts"]
    assert (manifest.org.id, manifest.org.slug, manifest.source.db_version) == (str(org.id), org.slug, "0058")
    assert (manifest.start_time, manifest.completion_time) == (NOW, NOW)
    assert manifest.missing == []
    assert manifest.unreferenced.count > 0
    assert result["documents"] == manifest.documents == sum(manifest.database.documents.values())


async def test_the_inventory_names_every_object_where_it_lies(installation: Installations) -> None:
    org, exports = generate(seed=16), Exports(installation())
    exports.installation.seed(org)
    succeeded(await exports.run(org))
    lines = exports.inventory()
    assert [line["key"] for line in lines] == sorted(org.objects, key=str.encode)
    assert sorted(exports.prefix + line["at"] for line in lines) == sorted(exports.objects())
    for line in lines:
        original = org.objects[line["key"]]
        assert line["size"] == original.size
        assert line["storage"] == "default"
        assert line.get("sha256") in (original.sha256, None)
        assert ("sha256" in line) <= (line["referrers"] > 0)
    assert sum(line["referrers"] > 0 for line in lines) > len(lines) / 2


async def test_a_finished_export_leaves_its_small_files_alone(installation: Installations) -> None:
    org, exports = generate(seed=17), Exports(installation())
    exports.installation.seed(org)
    succeeded(await exports.run(org))
    own = sorted(key for key in exports.everything() if key.startswith(exports.key("")))
    parts = ("claim.json", "manifest.json", "objects.ndjson", "org-export.json", "report.json")
    assert own == [exports.key(part) for part in parts]
    report = exports.read_json("report.json")
    assert report["stage"] == "Exported"


async def test_nothing_of_another_organization_leaves(installation: Installations) -> None:
    org, exports = generate(seed=18), Exports(installation())
    exports.installation.seed(org)
    assert org.neighbour is not None
    succeeded(await exports.run(org))
    everything = b"".join(exports.installation.read_exported(key) for key in exports.everything())
    assert str(org.neighbour.id).encode() not in everything
    assert not [key for key in exports.everything() if str(org.neighbour.id) in key]
    assert len(exports.objects()) == len(org.objects)


async def test_objects_in_a_former_storage_and_in_a_prefix_arrive(installation: Installations) -> None:
    made = installation(former="old", replica="copies", prefix="deep/er/")
    org, exports = generate(seed=19, former="old", replica="copies"), Exports(made)
    made.seed(org)
    succeeded(await exports.run(org))
    lines = exports.inventory()
    former = [line for line in lines if line["storage"] == "old"]
    assert former
    assert all(line["at"] == f"storages/old/{line['key']}" for line in former)
    stored = {key for key, each in org.objects.items() if "old" in each.storages}
    assert stored == {line["key"] for line in former}
    assert {line["key"] for line in lines} == {key for key, each in org.objects.items() if each.storages != ("copies",)}


async def test_named_fields_are_blanked_and_the_manifest_says_so(installation: Installations) -> None:
    org, exports = generate(seed=20), Exports(installation())
    keys = {"type": "s3", "endpoint_url": "https://s3.example.org/x/", "access_key": "AKIA1", "secret_key": "hush-hush"}
    org.document.update({"note": "a private note", "customStorages": {"own": keys}})
    exports.installation.seed(org)
    redact = ["CustomStorageKeys", "Note", "Webhooks", "Subscription"]
    succeeded(await exports.run(org, database={"redact": redact}))
    written = exports.database()["data"]["org"]
    assert (written["note"], written["subscription"]) == (None, None)
    assert not any((written["webhookUrls"] or {}).values())
    assert b"hush-hush" not in exports.read("org-export.json")
    assert exports.read_json("manifest.json")["redacted"] == sorted(redact)


async def test_a_member_without_account_is_left_out_and_counted(installation: Installations) -> None:
    org, exports = generate(seed=21), Exports(installation())
    gone = next(each for each in org.documents["users"] if str(each["id"]) in org.document["users"])
    org.documents["users"].remove(gone)
    exports.installation.seed(org)
    succeeded(await exports.run(org))
    data = exports.database()["data"]
    assert data["org"]["users"] == {}
    assert str(gone["id"]) not in {member["id"] for member in data["org"]["userDetails"]}
    assert exports.read_json("manifest.json")["membersWithoutAccount"] >= 1


@pytest.mark.parametrize(
    ("content", "absent"),
    [
        (["Files"], ["database"]),
        (["Database"], ["objects", "inventory"]),
    ],
)
async def test_a_part_that_was_not_asked_for_is_not_there(
    installation: Installations, content: list[str], absent: list[str]
) -> None:
    org, exports = generate(seed=22), Exports(installation())
    exports.installation.seed(org)
    succeeded(await exports.run(org, content=content))
    manifest = exports.read_json("manifest.json")
    assert manifest["content"] == content
    assert not set(absent) & set(manifest)
    assert bool(exports.objects()) == ("Files" in content)
    assert (exports.key("org-export.json") in exports.everything()) == ("Database" in content)


async def test_checksums_are_read_where_the_database_knows_them(installation: Installations) -> None:
    org, exports = generate(seed=23), Exports(installation())
    exports.installation.seed(org)
    succeeded(await exports.run(org, files={"verify": "Checksum"}))
    assert exports.read_json("manifest.json")["objects"]["verified"] == "checksum"


async def test_a_file_name_that_is_a_full_url_of_the_storage_becomes_a_key(installation: Installations) -> None:
    """Elsewhere the URL would name nobody's object."""
    org, exports = generate(seed=19), Exports(installation())
    exports.installation.seed(org)
    item = next(each for each in org.documents["crawls"] if each["files"])
    key = item["files"][0]["filename"]
    bucket = exports.installation.storage("default").bucket
    url = f"{exports.installation.store.endpoint}/{bucket}/{key}"
    with exports.installation.mongo.open() as database:
        database["crawls"].update_one({"_id": item["_id"]}, {"$set": {"files.0.filename": url}})
    result = succeeded(await exports.run(org))
    assert result["unsettled"] == 0
    (written,) = (each for each in exports.database()["data"]["items"] if each["_id"] == item["_id"])
    assert written["files"][0]["filename"] == key
    assert any(line["key"] == key and line["referrers"] for line in exports.inventory())
