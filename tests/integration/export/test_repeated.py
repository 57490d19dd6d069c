"""Names are claimed, finished archives stay as they are, and objects are copied once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.worker.context import Context, Progress
from orgport.worker.export_database import export_database
from orgport.worker.export_plan import plan_export
from orgport.worker.files import copy_files
from orgport.worker.local import parse_resource
from tests.integration.conftest import Installations
from tests.integration.export.running import NOW, Exports, failed, reason, succeeded
from tests.organizations import Object, generate

pytestmark = pytest.mark.integration


def context_of(exports: Exports, resource: dict[str, object], step: str = "plan", sha256: str | None = None) -> Context:
    task = parse_resource(resource).model_copy(update={"step": step, "plan_sha256": sha256})
    progress = Progress(Reason.PLANNING)
    return Context(task, exports.installation.inputs(), progress, waits_for_inputs=False, now=lambda: NOW)


async def test_a_second_export_under_another_name_copies_no_object(installation: Installations) -> None:
    org, exports = generate(seed=31), Exports(installation())
    exports.installation.seed(org)
    succeeded(await exports.run(org))
    before = exports.objects()
    run = await exports.run(org, "second")
    succeeded(run)
    assert run.status["progress"]["objectsTotal"] == 0
    assert run.status["progress"]["objectsPresent"] == len(org.objects)
    assert exports.objects() == before
    assert exports.inventory("second") == exports.inventory("first")


async def test_the_same_export_again_writes_nothing_and_says_how_old_it_is(installation: Installations) -> None:
    org, exports = generate(seed=32), Exports(installation())
    exports.installation.seed(org)
    first = succeeded(await exports.run(org))
    before = exports.installation.store.facts(exports.installation.exports, exports.everything())
    run = await exports.run(org, now=NOW + timedelta(days=3, hours=2))
    assert reason(run) == "AlreadyExported"
    assert "3 days old" in run.status["conditions"][0]["message"]
    assert succeeded(run) == first
    assert exports.installation.store.facts(exports.installation.exports, exports.everything()) == before


async def test_a_finished_archive_is_in_the_way_of_an_export_that_wants_a_new_one(installation: Installations) -> None:
    org, exports = generate(seed=33), Exports(installation())
    exports.installation.seed(org)
    succeeded(await exports.run(org))
    assert failed(await exports.run(org, onExisting="Fail"))["reason"] == "DestinationOccupied"
    assert failed(await exports.run(org, content=["Database"]))["reason"] == "DestinationOccupied"


async def test_the_name_of_another_organizations_archive_is_taken(installation: Installations) -> None:
    org, exports = generate(seed=34), Exports(installation())
    exports.installation.seed(org)
    assert org.neighbour is not None
    succeeded(await exports.run(org))
    failure = failed(await exports.run(org.neighbour))
    assert failure["reason"] == "DestinationOccupied"
    assert str(org.id) in failure["message"]


async def test_an_unfinished_archive_is_continued_by_a_resource_that_was_made_anew(installation: Installations) -> None:
    org, exports = generate(seed=35), Exports(installation())
    exports.installation.seed(org)
    resource = exports.resource(org)
    await plan_export(context_of(exports, resource))
    assert exports.key("manifest.json") not in exports.everything()
    resource["metadata"]["uid"] = "made-anew"
    outcome = await plan_export(context_of(exports, resource))
    assert outcome.plan is not None
    assert exports.read_json("claim.json")["run"] == "made-anew"
    first = exports.resource(org)
    with pytest.raises(Failure, match="took it over") as caught:
        await export_database(context_of(exports, first, "database", "0" * 64))
    assert caught.value.reason == Reason.DESTINATION_OCCUPIED


async def test_an_unfinished_archive_of_another_spec_is_not_touched(installation: Installations) -> None:
    org, exports = generate(seed=36), Exports(installation())
    exports.installation.seed(org)
    await plan_export(context_of(exports, exports.resource(org)))
    before = exports.read("claim.json")
    failure = failed(await exports.run(org, files={"missing": "Report"}))
    assert failure["reason"] == "DestinationOccupied"
    assert exports.read("claim.json") == before


async def test_a_pod_after_one_that_was_killed_with_everything_written_ends_well(installation: Installations) -> None:
    org, exports = generate(seed=37), Exports(installation())
    exports.installation.seed(org)
    result = succeeded(await exports.run(org))
    outcome = await export_database(context_of(exports, exports.resource(org), "database", "0" * 64))
    assert outcome.stage == Reason.EXPORTED
    assert outcome.export_result is not None
    assert outcome.export_result.dump() == result


async def test_another_plan_than_the_reported_one_is_refused(installation: Installations) -> None:
    org, exports = generate(seed=38), Exports(installation())
    exports.installation.seed(org)
    await plan_export(context_of(exports, exports.resource(org)))
    with pytest.raises(Failure) as caught:
        await export_database(context_of(exports, exports.resource(org), "database", "0" * 64))
    assert caught.value.reason == Reason.EXPORT_CORRUPT


async def test_an_object_that_was_overwritten_since_an_earlier_export_lies_in_both(installation: Installations) -> None:
    org, exports = generate(seed=39), Exports(installation())
    exports.installation.seed(org)
    succeeded(await exports.run(org))
    profile = next(each for each in org.documents["profiles"] if each["resource"])
    key = profile["resource"]["filename"]
    changed = replace(org.objects[key], body=org.objects[key].body + b"changed in place")
    exports.installation.put({key: changed})
    file = {**profile["resource"], "size": changed.size, "hash": changed.sha256}
    with exports.installation.mongo.open() as database:
        database["profiles"].update_one({"_id": profile["_id"]}, {"$set": {"resource": file}})
    succeeded(await exports.run(org, "second"))
    line = next(line for line in exports.inventory("second") if line["key"] == key)
    assert line["at"] == f"exports/second/objects/{key}"
    assert exports.installation.read_exported(exports.prefix + line["at"]) == changed.body
    assert exports.installation.read_exported(exports.prefix + key) == org.objects[key].body
    run = await exports.run(org, "third")
    assert run.status["progress"]["objectsTotal"] == 1


async def test_what_appears_after_the_plan_is_in_the_archive_too(installation: Installations) -> None:
    org, exports = generate(seed=40), Exports(installation())
    exports.installation.seed(org)
    resource = exports.resource(org)
    planned = await plan_export(context_of(exports, resource))
    assert planned.plan is not None
    sha256 = planned.plan.plan_sha256
    await copy_files(context_of(exports, resource, "files", sha256))
    upload = next(each for each in org.documents["crawls"] if each["type"] == "upload" and each["files"])
    late = Object(b"late and large" * 1000)
    key = f"{org.id}/uploads/late.wacz"
    file = {**upload["files"][0], "filename": key, "size": late.size, "hash": late.sha256, "replicas": []}
    exports.installation.put({key: late})
    exports.installation.mongo.insert({"crawls": [{**upload, "_id": "upload-late", "files": [file]}]})
    outcome = await export_database(context_of(exports, resource, "database", sha256))
    assert outcome.export_result is not None
    assert "upload-late" in {item["_id"] for item in exports.database()["data"]["items"]}
    assert key in {line["key"] for line in exports.inventory()}
    assert exports.installation.read_exported(exports.prefix + key) == late.body
    assert orjson.loads(exports.read("manifest.json"))["missing"] == []
