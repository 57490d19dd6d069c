"""Progress is added up from reports; what others did to the objects of a run does no harm."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.controller.resources import export_resource, import_resource, stamp
from tests.unit.controller.simulation import BEGIN, Simulation, copied, planned


def test_progress_is_written_every_fifteen_seconds_and_with_every_transition() -> None:
    world = planned(export_resource())
    world.report("files", counters={"objectsDone": 10, "bytesDone": 10 * 2**20}, bytesPerSecond=2**20)
    world.wait(5)
    assert world.look().status is None
    assert world.decision.requeue == 10.0
    world.wait(10)
    world.settle()
    progress = world.status["progress"]
    assert (progress["objectsDone"], progress["objectsTotal"], progress["objectsPresent"]) == (10, 100, 7)
    assert progress["percent"] == 12
    assert progress["summary"] == "files 12%, 10/100 MiB, 1 MiB/s, 1m left"
    assert world.condition("Succeeded")["message"] == "10 of 100 objects, 10 of 100 MiB"
    assert progress["estimatedCompletionTime"] == "2026-11-24T12:01:50Z"


def test_counters_of_several_pods_are_added_up_and_never_fall() -> None:
    world = planned(export_resource(files={"parallelism": 3}))
    for index in range(3):
        world.report("files", index, counters={"objectsDone": 10 + index, "bytesDone": 2**20})
    world.wait(20)
    world.settle()
    assert world.status["progress"]["objectsDone"] == 33
    world.report("files", 0, counters={"objectsDone": 0}, sequence=0)
    world.wait(20)
    world.settle()
    assert (world.status["progress"]["objectsDone"], world.status["progress"]["bytesDone"]) == (33, 3 * 2**20)


def test_a_rate_that_drops_to_nothing_is_told() -> None:
    world = planned(export_resource())
    world.report("files", counters={"bytesDone": 2**20}, bytesPerSecond=2**20)
    world.wait(20)
    world.settle()
    assert world.status["progress"]["bytesPerSecond"] == 2**20
    world.report("files", counters={"bytesDone": 2**20}, bytesPerSecond=0)
    world.wait(20)
    world.settle()
    assert world.status["progress"]["bytesPerSecond"] == 0
    assert "estimatedCompletionTime" not in world.status["progress"]


def test_a_run_that_is_suspended_has_neither_rate_nor_end() -> None:
    world = planned(export_resource())
    world.report("files", counters={"bytesDone": 2**20}, bytesPerSecond=2**20)
    world.wait(20)
    running = world.settle()["progress"]["summary"]
    world.change_spec(suspend=True)
    progress = world.settle()["progress"]
    assert running == progress["summary"] + ", 1 MiB/s, 1m left"
    assert progress["bytesPerSecond"] == 0
    assert "estimatedCompletionTime" not in progress
    assert progress["bytesDone"] == 2**20


def test_the_last_words_of_a_pod_do_not_hide_those_of_its_successor() -> None:
    world = planned(export_resource())
    last = world.report("files", sequence=900, outcome="Interrupted", counters={"bytesDone": 2**20})
    world.end_pod(world.newest_pod("files"), 143, last.dump_json())
    world.wait(10)
    world.start_pod("files")
    world.report("files", sequence=1, counters={"bytesDone": 2**20}, bytesPerSecond=5 * 2**20)
    world.wait(20)
    world.settle()
    assert world.status["progress"]["bytesPerSecond"] == 5 * 2**20


def test_heartbeats_alone_are_written_once_a_minute() -> None:
    world = planned(export_resource())
    for _ in range(4):
        world.wait(15)
        world.report("files")
        world.settle()
    written = [status for status in world.history if "lastHeartbeatTime" in status["steps"][1]]
    assert len(written) == 1


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "null", "x" * 5000, '{"attempt":1}', '{"attempt":1,"step":"plan","stage":"Planning","extra":1}'],
)
def test_a_report_that_is_none_is_counted_and_ignored(text: str) -> None:
    world = planned(export_resource())
    lease = next(lease for name, lease in world.leases.items() if "-files-" in name)
    before = world.status
    lease["metadata"]["annotations"] = {"orgport.dev/report": text}
    world.wait(20)
    world.settle()
    assert world.decision.invalid_reports == 1
    assert world.status == before


def test_numbers_that_no_status_can_hold_are_no_report() -> None:
    world = planned(export_resource())
    world.report("files", counters={"bytesDone": 2**60})
    world.look()
    assert world.decision.invalid_reports == 1


def test_pods_that_took_the_lease_and_are_gone_were_disrupted() -> None:
    world = planned(export_resource())
    lease = next(lease for name, lease in world.leases.items() if "-files-" in name)
    world.end_pod(world.newest_pod("files"), 75)
    world.start_pod("files")
    lease["spec"]["leaseTransitions"] = 4
    world.settle()
    assert (world.step("files")["failedPods"], world.step("files")["disruptedPods"]) == (1, 2)


def test_a_deleted_lease_is_made_again() -> None:
    world = planned(export_resource())
    name = next(name for name in world.leases if "-files-" in name)
    del world.leases[name]
    world.settle()
    assert name in world.leases


def test_objects_of_others_count_for_nothing() -> None:
    world = Simulation(export_resource())
    world.settle()
    job = world.job("plan")
    job["metadata"]["ownerReferences"][0]["uid"] = "another"
    job["status"]["conditions"] = [{"type": "Complete", "status": "True"}]
    assert world.settle()["failure"]["reason"] == "JobDisappeared"


def test_pods_of_a_vanished_job_are_waited_for_but_not_for_ever() -> None:
    world = planned(import_resource())
    pods = dict(world.pods)
    world.delete("Job", world.job("files")["metadata"]["name"])
    world.pods = pods
    world.settle()
    assert (world.status["phase"], "rollback" in "".join(world.created_jobs)) == ("RollingBack", False)
    world.wait(601)
    world.settle()
    assert "rollback" in "".join(world.created_jobs)


def test_a_resource_that_is_being_deleted_is_left_alone() -> None:
    resource = export_resource()
    resource["metadata"]["deletionTimestamp"] = stamp(BEGIN)
    assert Simulation(resource).look() == type(Simulation(resource).decision)()


def test_a_spec_that_cannot_be_read_fails_by_name_and_without_its_value() -> None:
    world = Simulation(export_resource(content=["hunter2"]))
    status = world.settle()
    assert (status["phase"], status["failure"]["reason"]) == ("Failed", "InvalidSpec")
    assert "spec.content.0" in status["failure"]["message"]
    assert "hunter2" not in str(status)


def test_a_status_that_was_lost_is_found_again() -> None:
    world = copied(export_resource())
    before: dict[str, Any] = dict(world.status)
    world.resource["status"] = {"observedGeneration": -1}
    status = world.settle()
    for key in ("phase", "step", "attempt", "planSHA256", "org"):
        assert status[key] == before[key]
    assert len(world.created_jobs) == 3


def test_members_of_a_status_that_nobody_knows_do_no_harm() -> None:
    world = copied(export_resource())
    world.resource["status"]["fromTheFuture"] = {"a": 1}
    assert world.decide().creates == ()
    assert len(world.created_jobs) == 3
