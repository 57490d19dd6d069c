"""What an export cannot do is said before anything is copied, by name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.conftest import Installations
from tests.integration.export.running import Exports, failed, reason, succeeded
from tests.oracle import accepts
from tests.organizations import Organization, generate
from tests.organizations.move import files_of

pytestmark = pytest.mark.integration


def an_item_file(org: Organization) -> dict[str, Any]:
    return next(file for item in org.documents["crawls"] for file in files_of("crawls", item))


async def test_an_unknown_organization_is_said_without_naming_others(installation: Installations) -> None:
    org, exports = generate(seed=51), Exports(installation())
    exports.installation.seed(org)
    failure = failed(await exports.run(org, org={"slug": "nobody"}))
    assert failure["reason"] == "OrganizationNotFound"
    assert "'nobody'" in failure["message"]
    assert "2 organizations" in failure["message"]
    assert org.slug not in failure["message"]
    assert exports.everything() == []


async def test_an_organization_is_found_by_its_id(installation: Installations) -> None:
    org, exports = generate(seed=52, objects=5, items=5), Exports(installation())
    exports.installation.seed(org)
    run = await exports.run(org, org={"id": str(org.id)}, dryRun=True)
    assert reason(run) == "Planned"
    assert run.status["org"]["slug"] == org.slug


async def test_missing_objects_fail_the_plan_with_their_keys(installation: Installations) -> None:
    org, exports = generate(seed=53), Exports(installation())
    gone, shrunk = (item["files"][0]["filename"] for item in [i for i in org.documents["crawls"] if i["files"]][:2])
    exports.installation.seed(org)
    bucket = exports.installation.storage("default").bucket
    exports.installation.store.delete(bucket, gone)
    exports.installation.put({shrunk: org.objects[shrunk].__class__(b"short")})
    failure = failed(await exports.run(org))
    assert failure["reason"] == "ObjectsMissing"
    assert failure["step"] == "plan"
    assert failure["keys"] == sorted([gone, shrunk])
    assert exports.objects() == []
    rows = exports.read("failures.ndjson").splitlines()
    assert len(rows) == 2
    assert exports.read_json("report.json")["missing"] == 2


async def test_missing_objects_are_reported_where_that_is_asked_for(installation: Installations) -> None:
    org, exports = generate(seed=54), Exports(installation())
    gone = an_item_file(org)["filename"]
    exports.installation.seed(org)
    exports.installation.store.delete(exports.installation.storage("default").bucket, gone)
    result = succeeded(await exports.run(org, files={"missing": "Report"}))
    assert result["missingObjects"] == 1
    assert exports.read_json("manifest.json")["missing"] == [gone]
    assert gone not in {line["key"] for line in exports.inventory()}


async def test_a_missing_object_is_taken_from_its_replica(installation: Installations) -> None:
    made = installation(replica="copies")
    org, exports = generate(seed=55, replica="copies"), Exports(made)
    made.seed(org)
    key = next(
        file["filename"]
        for item in org.documents["crawls"]
        for file in files_of("crawls", item)
        if file.get("replicas") and "copies" in org.objects[file["filename"]].storages
    )
    made.store.delete(made.storage("default").bucket, key)
    succeeded(await exports.run(org))
    line = next(line for line in exports.inventory() if line["key"] == key)
    assert line["storage"] == "default"
    assert made.read_exported(exports.prefix + line["at"]) == org.objects[key].body


async def test_objects_of_an_item_that_is_being_deleted_may_be_missing(installation: Installations) -> None:
    org, exports = generate(seed=56), Exports(installation())
    item = next(each for each in org.documents["crawls"] if each["type"] == "upload" and each["files"])
    item["deleted"] = True
    exports.installation.seed(org)
    exports.installation.store.delete(exports.installation.storage("default").bucket, item["files"][0]["filename"])
    succeeded(await exports.run(org))


async def test_a_reference_to_another_organizations_object_is_counted_and_not_followed(
    installation: Installations,
) -> None:
    org, exports = generate(seed=57), Exports(installation())
    assert org.neighbour is not None
    theirs = an_item_file(org.neighbour)
    crawl = next(each for each in org.documents["crawls"] if each["files"])
    own = [file["filename"] for file in crawl["files"]]
    crawl["files"].insert(0, {**theirs})
    exports.installation.seed(org)
    succeeded(await exports.run(org))
    assert exports.read_json("manifest.json")["foreign"] == 1
    assert exports.read_json("report.json")["foreign"] == [f"items/{crawl['_id']} files[]: {theirs['filename']}"]
    assert not [key for key in exports.everything() if str(org.neighbour.id) in key]
    (written,) = (each for each in exports.database()["data"]["items"] if each["_id"] == crawl["_id"])
    assert [file["filename"] for file in written["files"]] == own


async def test_records_in_custom_storages_are_refused_by_name(installation: Installations) -> None:
    org, exports = generate(seed=58), Exports(installation())
    crawl = next(each for each in org.documents["crawls"] if each["files"])
    crawl["files"][0]["storage"] = {"name": "own", "custom": True}
    exports.installation.seed(org)
    failure = failed(await exports.run(org))
    assert failure["reason"] == "CustomStorageUnsupported"
    assert failure["keys"] == [f"items/{crawl['_id']}"]


async def test_a_storage_that_the_installation_lacks_is_named(installation: Installations) -> None:
    org, exports = generate(seed=59), Exports(installation())
    crawl = next(each for each in org.documents["crawls"] if each["files"])
    crawl["files"][0]["storage"] = {"name": "elsewhere", "custom": False}
    exports.installation.seed(org)
    failure = failed(await exports.run(org))
    assert failure["reason"] == "UnknownStorage"
    assert "'elsewhere'" in failure["message"]


@pytest.mark.parametrize("prefix", ["", "{org}/", "{org}/inside/"])
async def test_an_archive_inside_or_around_what_is_copied_is_refused(installation: Installations, prefix: str) -> None:
    made = installation()
    org, exports = generate(seed=60, objects=5, items=5), Exports(made)
    made.seed(org)
    destination = {**made.location(prefix.format(org=org.id)), "bucket": made.storage("default").bucket}
    failure = failed(await exports.run(org, destination=destination))
    assert failure["reason"] == "InvalidSpec"
    assert "which is copied" in failure["message"]


async def test_an_archive_may_lie_beside_what_is_copied(installation: Installations) -> None:
    made = installation()
    org, exports = generate(seed=61, objects=5, items=5), Exports(made)
    made.seed(org)
    destination = {**made.location("archives/"), "bucket": made.storage("default").bucket}
    succeeded(await exports.run(org, destination=destination))
    assert made.keys("default", f"archives/{org.id}/")


async def test_a_dry_run_leaves_its_report_and_nothing_else(installation: Installations) -> None:
    org, exports = generate(seed=62), Exports(installation())
    exports.installation.seed(org)
    run = await exports.run(org, dryRun=True)
    assert reason(run) == "Planned"
    assert exports.everything() == [exports.key("report.json")]
    report = exports.read_json("report.json")
    assert report["counters"]["objectsTotal"] == len(org.objects)
    assert report["counters"]["bytesTotal"] == org.size
    assert report["counters"]["documentsTotal"] == sum(report["documents"].values())


async def test_what_still_runs_is_named(installation: Installations) -> None:
    org, exports = generate(seed=63, in_flight=True), Exports(installation())
    exports.installation.seed(org)
    result = succeeded(await exports.run(org))
    unsettled = exports.read_json("manifest.json")["unsettled"]
    running = {each["_id"] for each in org.documents["crawls"] if each["state"] in ("running", "processing-upload")}
    assert {(each["section"], each["id"], each["cause"]) for each in unsettled} == {
        ("items", each, "running") for each in running
    }
    assert result["unsettled"] == len(running)


async def test_an_organization_without_anything_is_exported(installation: Installations) -> None:
    org, exports = generate(seed=64, objects=5, items=5, neighbour=False), Exports(installation())
    empty = {name: documents if name in ("organizations", "users") else [] for name, documents in org.documents.items()}
    exports.installation.mongo.insert(empty)
    result = succeeded(await exports.run(org))
    assert (result["objects"], result["documents"]) == (0, 0)
    assert accepts(exports.read("org-export.json")) == []
    assert exports.read("objects.ndjson") == b""


async def test_a_copy_with_other_content_of_the_same_size_is_found_by_its_checksum(installation: Installations) -> None:
    org, exports = generate(seed=65), Exports(installation())
    key = an_item_file(org)["filename"]
    exports.installation.seed(org)
    rotten = org.objects[key].__class__(bytes(org.objects[key].size))
    exports.installation.put({key: rotten})
    succeeded(await exports.run(org))
    failure = failed(await exports.run(org, "second", files={"verify": "Checksum"}))
    assert (failure["reason"], failure["step"]) == ("VerificationFailed", "database")
    assert failure["keys"] == [key]
    assert exports.key("manifest.json", "second") not in exports.everything()


async def test_several_pods_share_the_work(installation: Installations) -> None:
    org, exports = generate(seed=66), Exports(installation())
    exports.installation.seed(org)
    result = succeeded(await exports.run(org, files={"parallelism": 3}))
    assert result["objects"] == len(org.objects)
    assert len(exports.objects()) == len(org.objects)
