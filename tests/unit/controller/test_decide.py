from __future__ import annotations

from typing import Any

import pytest

from orgport.controller.decide import Surroundings
from tests.unit.controller.simulation import (
    BEGIN,
    DENIED,
    EXPORT_RESULT,
    IMPORT_RESULT,
    PLAN,
    SHA,
    UNREACHABLE,
    Object,
    Simulation,
    export_resource,
    import_resource,
    stamp,
)


def planned(resource: Object) -> Simulation:
    """A run whose plan step has succeeded, and whose next step has begun."""
    world = Simulation(resource)
    world.settle()
    world.wait(5)
    world.complete("plan", plan=PLAN)
    world.settle()
    return world


def copied(resource: Object) -> Simulation:
    """A run whose files are copied, and whose database step has begun."""
    world = planned(resource)
    world.wait(60)
    world.complete("files", counters={"objectsDone": 100, "bytesDone": 100 * 2**20})
    world.settle()
    return world


def test_a_new_resource_gets_the_plan_job_and_a_status() -> None:
    world = Simulation(export_resource())
    status = world.settle()
    assert [name.split("-")[3] for name in world.created_jobs] == ["plan"]
    assert (status["phase"], status["step"], status["attempt"], status["observedGeneration"]) == (
        "Running",
        "plan",
        1,
        1,
    )
    assert [step["state"] for step in status["steps"]] == ["Running", "Pending", "Pending"]
    assert (world.condition("Succeeded")["status"], world.condition("Succeeded")["reason"]) == ("Unknown", "Planning")
    assert world.condition("Reconciling")["status"] == "True"
    assert world.condition("Stalled") == {}
    assert (status["startTime"], status["deadlineTime"]) == ("2026-11-24T12:00:00Z", "2026-12-01T12:00:00Z")
    assert world.events == ["Started", "StepStarted"]


def test_an_export_goes_through_its_steps_and_ends_with_its_result() -> None:
    world = copied(export_resource())
    world.complete("database", stage="Exported", message="complete", exportResult=EXPORT_RESULT)
    status = world.settle()
    assert [name.split("-")[3] for name in world.created_jobs] == ["plan", "files", "database"]
    assert status["phase"] == "Succeeded"
    assert "step" not in status
    assert status["result"]["objects"] == 107
    assert status["org"]["slug"] == "acme"
    assert status["progress"]["percent"] == 100
    assert (status["progress"]["documentsDone"], status["progress"]["summary"]) == (500, "done")
    assert [(c["type"], c["status"], c["reason"]) for c in status["conditions"]] == [
        ("Succeeded", "True", "Exported"),
        ("Reconciling", "False", "Exported"),
    ]
    assert status["completionTime"] == stamp(world.now)
    assert world.events[-2:] == ["StepSucceeded", "Succeeded"]
    assert len(world.events) == len(set(world.events)) + 4  # three steps began and ended


def test_the_later_steps_are_told_the_plans_digest() -> None:
    world = planned(export_resource())
    environment = world.job("files")["spec"]["template"]["spec"]["containers"][0]["env"]
    assert SHA in environment[0]["value"]
    assert world.status["planSHA256"] == SHA


@pytest.mark.parametrize(
    ("resource", "steps"),
    [
        (export_resource(), ["plan", "files", "database"]),
        (export_resource(content=["Database"]), ["plan", "database"]),
        (export_resource(content=["Files"]), ["plan", "files", "database"]),
        (export_resource(dryRun=True), ["plan"]),
        (import_resource(), ["plan", "files", "database"]),
        (import_resource(content=["Files"]), ["plan", "files"]),
        (import_resource(content=["Database"]), ["plan", "database"]),
    ],
)
def test_the_content_says_which_steps_there_are(resource: Object, steps: list[str]) -> None:
    assert [step["name"] for step in Simulation(resource).settle()["steps"]] == steps


@pytest.mark.parametrize(
    ("resource", "report", "reason"),
    [
        (export_resource(dryRun=True), {"plan": PLAN, "stage": "Planned"}, "Planned"),
        (export_resource(dryRun=True), {"plan": PLAN}, "Planned"),
        (
            export_resource(),
            {"plan": {"alreadyDone": True}, "stage": "AlreadyExported", "exportResult": EXPORT_RESULT},
            "AlreadyExported",
        ),
        (
            import_resource(),
            {"plan": {"alreadyDone": True}, "stage": "AlreadyImported", "importResult": IMPORT_RESULT},
            "AlreadyImported",
        ),
    ],
)
def test_a_run_may_end_with_its_plan(resource: Object, report: Object, reason: str) -> None:
    world = Simulation(resource)
    world.settle()
    world.complete("plan", message="said so", **report)
    status = world.settle()
    assert (status["phase"], world.condition("Succeeded")["reason"]) == ("Succeeded", reason)
    assert world.condition("Succeeded")["message"] == "said so"
    assert len(world.created_jobs) == 1
    assert ("result" in status) == ("alreadyDone" in report["plan"])


def test_an_import_of_files_alone_ends_with_the_result_that_its_plan_gave() -> None:
    world = Simulation(import_resource(content=["Files"]))
    world.settle()
    world.complete("plan", plan=PLAN, importResult=IMPORT_RESULT)
    world.settle()
    world.complete("files")
    status = world.settle()
    assert (status["phase"], world.condition("Succeeded")["reason"]) == ("Succeeded", "Imported")
    assert status["result"]["organizationID"] == "0" * 36


def test_a_failed_export_tells_what_its_worker_said() -> None:
    world = planned(export_resource())
    world.wait(3)
    world.fail("files", code=77, **DENIED)
    status = world.settle()
    assert (status["phase"], status["step"]) == ("Failed", "files")
    assert status["failure"] == {**DENIED["failure"], "step": "files"}
    assert [(c["type"], c["status"], c["reason"]) for c in status["conditions"]] == [
        ("Succeeded", "False", "AccessDenied"),
        ("Reconciling", "False", "AccessDenied"),
        ("Stalled", "True", "AccessDenied"),
    ]
    assert world.step("files")["state"] == "Failed"
    assert world.events[-2:] == ["PodFailed", "Failed"]


def test_what_a_worker_said_last_is_found_in_its_pod_too() -> None:
    world = planned(export_resource())
    report = world.report("files", outcome="Failed", **DENIED)
    world.leases.clear()
    world.end_pod(world.newest_pod("files"), 77, report.dump_json())
    world.fail("files", code=0)
    assert world.settle()["failure"]["reason"] == "AccessDenied"


def test_a_failure_that_was_tried_again_says_how_often() -> None:
    world = planned(export_resource())
    world.report("files", outcome="Failed", **UNREACHABLE)
    world.end_pod(world.newest_pod("files"), 75)
    world.start_pod("files")
    world.fail("files", code=75, reason="BackoffLimitExceeded", **UNREACHABLE)
    failure = world.settle()["failure"]
    assert failure["reason"] == "EndpointUnreachable"
    assert failure["message"] == "connect: timed out (tried 2 times)"


@pytest.mark.parametrize(
    ("code", "pod_reason", "job_reason", "reason", "said"),
    [
        (137, "OOMKilled", "BackoffLimitExceeded", "OutOfMemory", "memory limit of 512Mi"),
        (137, "Error", "BackoffLimitExceeded", "BackoffLimitExceeded", "exit code 137 (killed)"),
        (1, "Error", "BackoffLimitExceeded", "BackoffLimitExceeded", "exit code 1"),
        (65, "Error", "PodFailurePolicy", "Internal", "exit code 65 and left no report"),
        (143, "Error", "DeadlineExceeded", "DeadlineExceeded", "spec.activeDeadlineSeconds, 604800 s"),
    ],
)
def test_a_failure_without_a_report_is_read_off_pod_and_job(
    code: int, pod_reason: str, job_reason: str, reason: str, said: str
) -> None:
    world = planned(export_resource())
    world.end_pod(world.newest_pod("files"), code, reason=pod_reason)
    world.fail("files", code=0, reason=job_reason)
    failure = world.settle()["failure"]
    assert failure["reason"] == reason
    assert said in failure["message"]
    assert failure["suggestion"]


def test_a_worker_cannot_invent_a_reason() -> None:
    world = planned(export_resource())
    world.fail("files", failure={"reason": "Succeeded", "message": "ha"}, final=True)
    assert world.settle()["failure"]["reason"] == "Internal"


def test_a_job_that_vanished_is_not_made_again() -> None:
    world = planned(export_resource())
    world.delete("Job", world.job("files")["metadata"]["name"])
    status = world.settle()
    assert (status["phase"], status["failure"]["reason"]) == ("Failed", "JobDisappeared")
    assert len(world.created_jobs) == 2


def test_a_job_that_succeeded_may_vanish() -> None:
    world = planned(export_resource())
    world.delete("Job", world.job("plan")["metadata"]["name"])
    world.leases = {name: lease for name, lease in world.leases.items() if "-plan-" not in name}
    world.settle()
    world.complete("files")
    assert world.settle()["step"] == "database"


def test_a_plan_without_a_word_is_no_plan() -> None:
    world = Simulation(export_resource())
    world.settle()
    world.complete("plan")
    assert world.settle()["failure"]["reason"] == "Internal"


def test_a_failed_import_is_rolled_back_and_then_failed() -> None:
    world = copied(import_resource())
    world.fail("database", **DENIED)
    status = world.settle()
    assert (status["phase"], status["step"]) == ("RollingBack", "rollback")
    assert (world.condition("Succeeded")["status"], world.condition("Reconciling")["status"]) == ("Unknown", "True")
    assert world.condition("Reconciling")["reason"] == "RollingBack"
    assert world.job("rollback")["spec"]["activeDeadlineSeconds"] == 3600
    assert "completionTime" not in status
    assert "RollingBack" in world.events
    world.complete("rollback")
    status = world.settle()
    assert (status["phase"], status["failure"]["reason"], status["failure"]["step"]) == (
        "Failed",
        "AccessDenied",
        "database",
    )
    assert [step["state"] for step in status["steps"]] == ["Succeeded", "Succeeded", "Failed", "Succeeded"]


def test_a_rollback_that_fails_tells_both_failures() -> None:
    world = copied(import_resource())
    world.fail("database", **DENIED)
    world.settle()
    world.fail("rollback", code=75, reason="BackoffLimitExceeded", **UNREACHABLE)
    status = world.settle()
    assert (status["phase"], status["failure"]["reason"]) == ("Failed", "RollbackFailed")
    assert "EndpointUnreachable" in status["failure"]["message"]
    assert "AccessDenied" in status["failure"]["message"]


@pytest.mark.parametrize(
    ("spec", "step"),
    [({"onFailure": "Keep"}, "files"), ({"content": ["Files"]}, "files"), ({}, "plan")],
)
def test_an_import_that_has_nothing_to_undo_fails_at_once(spec: Object, step: str) -> None:
    world = Simulation(import_resource(**spec))
    world.settle()
    if step == "files":
        world.complete("plan", plan=PLAN, importResult=IMPORT_RESULT)
        world.settle()
    world.fail(step, **DENIED)
    assert world.settle()["phase"] == "Failed"
    assert not any("rollback" in name for name in world.created_jobs)


def test_finished_is_absorbing_but_for_time_to_live_and_generation() -> None:
    world = copied(export_resource())
    world.wait(1000)
    world.complete("database", stage="Exported", exportResult=EXPORT_RESULT)
    status = world.settle()
    assert [job["spec"]["ttlSecondsAfterFinished"] for job in world.jobs.values()] == [4660, 4600, 3600]
    world.jobs.clear()
    world.pods.clear()
    world.leases.clear()
    world.wait(10_000)
    assert world.look() == type(world.decision)()
    world.change_spec(ttlSecondsAfterSuccess=0)
    after = world.settle()
    assert after["observedGeneration"] == 2
    assert {condition["observedGeneration"] for condition in after["conditions"]} == {2}
    unchanged = {key: value for key, value in after.items() if key not in ("observedGeneration", "conditions")}
    assert unchanged.items() <= status.items()


def test_a_raised_attempt_begins_anew_and_keeps_old_jobs_for_their_time() -> None:
    world = planned(export_resource())
    world.fail("files", **DENIED)
    world.settle()
    world.wait(100)
    world.change_spec(attempt=2)
    status = world.settle()
    assert (status["phase"], status["attempt"], status["step"]) == ("Running", 2, "plan")
    assert "failure" not in status
    assert "completionTime" not in status
    assert world.condition("Stalled") == {}
    assert status["startTime"] == stamp(world.now)
    assert len(world.jobs) == 3
    assert status["progress"]["percent"] == 0


def test_a_raised_attempt_ends_the_one_under_way_first() -> None:
    world = planned(export_resource())
    first = world.job("files")["metadata"]["name"]
    world.change_spec(attempt=2)
    decision = world.decide()
    assert [deletion.name for deletion in decision.deletions] == [first]
    assert not decision.creates
    world.settle()
    assert world.status["attempt"] == 2
    assert world.job("plan")["metadata"]["name"] not in (None, first)
    assert first not in world.jobs


def test_a_rollback_is_ended_before_another_attempt_begins() -> None:
    world = copied(import_resource())
    world.fail("database", **DENIED)
    world.settle()
    world.change_spec(attempt=2)
    assert world.settle()["attempt"] == 1
    world.complete("rollback")
    assert world.settle()["attempt"] == 2


def test_suspending_suspends_the_job_and_resuming_moves_the_deadline() -> None:
    world = planned(export_resource(activeDeadlineSeconds=1000))
    world.wait(95)
    world.change_spec(suspend=True)
    status = world.settle()
    assert (status["phase"], world.condition("Reconciling")["reason"]) == ("Suspended", "Suspended")
    assert world.job("files")["spec"]["suspend"] is True
    assert world.step("files")["state"] == "Suspended"
    world.wait(5000)
    assert world.settle()["phase"] == "Suspended"
    world.change_spec(suspend=False)
    status = world.settle()
    assert status["phase"] == "Running"
    assert status["suspendedSeconds"] == 5000
    assert status["deadlineTime"] == stamp(BEGIN.replace(hour=13, minute=40))
    assert world.job("files")["spec"]["activeDeadlineSeconds"] == 900
    assert world.events[-2:] == ["Suspended", "Resumed"]


def test_a_run_that_is_suspended_from_the_start_makes_no_job() -> None:
    world = Simulation(export_resource(suspend=True))
    assert world.settle()["phase"] == "Suspended"
    assert not world.jobs
    world.wait(100)
    world.change_spec(suspend=False)
    assert world.settle()["phase"] == "Running"
    assert world.status["deadlineTime"] == "2026-12-01T12:01:40Z"


def test_a_step_that_succeeds_while_suspended_is_not_followed_by_another() -> None:
    world = planned(export_resource())
    world.complete("files")
    world.change_spec(suspend=True)
    world.settle()
    assert (world.status["phase"], world.status["step"], len(world.jobs)) == ("Suspended", "database", 2)


def test_a_job_is_given_the_time_that_the_run_has_left() -> None:
    world = Simulation(export_resource(activeDeadlineSeconds=1000))
    world.settle()
    world.wait(400)
    world.complete("plan", plan=PLAN)
    world.settle()
    assert world.job("plan")["spec"]["activeDeadlineSeconds"] == 1000
    assert world.job("files")["spec"]["activeDeadlineSeconds"] == 600


def test_a_longer_deadline_reaches_the_job_that_runs() -> None:
    world = planned(export_resource(activeDeadlineSeconds=1000))
    world.change_spec(activeDeadlineSeconds=5000)
    world.settle()
    assert world.job("files")["spec"]["activeDeadlineSeconds"] == 4995


def test_a_job_that_does_not_end_at_its_deadline_is_deleted() -> None:
    world = planned(export_resource(activeDeadlineSeconds=100))
    world.wait(120)
    assert world.settle()["phase"] == "Running"
    world.wait(100)
    status = world.settle()
    assert (status["phase"], status["failure"]["reason"]) == ("Failed", "DeadlineExceeded")
    assert len(world.jobs) == 1


def test_a_run_that_cannot_begin_ends_at_its_deadline() -> None:
    world = Simulation(export_resource(activeDeadlineSeconds=100))
    world.settle()
    world.wait(99)
    world.complete("plan", plan=PLAN)
    world.wait(2)
    status = world.settle()
    assert (status["phase"], status["failure"]["reason"], len(world.jobs)) == ("Failed", "DeadlineExceeded", 1)


@pytest.mark.parametrize(
    ("pod", "reason", "said"),
    [
        (
            {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
             "message": "0/3 nodes are available"}]},
            "PodUnschedulable",
            "0/3 nodes",
        ),
        (
            {"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff",
             "message": "not found"}}}]},
            "ImagePullFailed",
            "registry.example.org/orgport:1: not found",
        ),
        (
            {"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "CreateContainerConfigError",
             "message": "runs as root"}}}]},
            "PodCreationRefused",
            "runs as root",
        ),
        (
            {"phase": "Running", "containerStatuses": [{"state": {"running": {}}}],
             "conditions": [{"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager"}]},
            "NodeLost",
            "the node node-1",
        ),
    ],
)  # fmt: skip
def test_what_holds_a_pod_up_is_the_reason_of_the_conditions(pod: Object, reason: str, said: str) -> None:
    world = planned(export_resource())
    world.newest_pod("files")["status"] = pod
    world.settle()
    assert world.condition("Reconciling")["reason"] == world.condition("Succeeded")["reason"] == reason
    assert said in world.condition("Reconciling")["message"]
    assert world.status["phase"] == "Running"


def test_a_pod_that_does_not_go_means_a_lost_node() -> None:
    world = planned(export_resource())
    world.newest_pod("files")["metadata"]["deletionTimestamp"] = stamp(world.now)
    world.settle()
    assert world.condition("Reconciling")["reason"] == "CopyingFiles"
    world.wait(30)
    world.settle()
    assert world.condition("Reconciling")["reason"] == "NodeLost"


@pytest.mark.parametrize(
    ("message", "reason"),
    [("exceeded quota: q", "QuotaExceeded"), ('violates PodSecurity "restricted"', "PodCreationRefused")],
)
def test_a_pod_that_is_refused_is_told_of_by_an_event(message: str, reason: str) -> None:
    world = planned(export_resource())
    world.pods.clear()
    uid = world.job("files")["metadata"]["uid"]
    event = {"reason": "FailedCreate", "message": message, "involvedObject": {"uid": uid}}
    world.surroundings = Surroundings(job_events=(event,))
    world.settle()
    assert world.condition("Reconciling")["reason"] == reason


def test_a_failed_pod_that_is_tried_again_is_told() -> None:
    world = planned(export_resource())
    world.report("files", outcome="Failed", **UNREACHABLE)
    world.end_pod(world.newest_pod("files"), 75)
    world.settle()
    assert world.condition("Reconciling")["reason"] == "RetryingStep"
    assert "connect: timed out" in world.condition("Reconciling")["message"]
    world.start_pod("files")
    world.report("files")
    world.settle()
    assert world.condition("Reconciling")["reason"] == "CopyingFiles"
    assert world.step("files")["failedPods"] == 1


@pytest.mark.parametrize("stage", ["WaitingForSecret", "WaitingForArchive", "WaitingForLease"])
def test_what_a_worker_waits_for_is_told_at_once(stage: str) -> None:
    world = Simulation(export_resource())
    world.settle()
    world.report("plan", stage=stage, message="Secret s3")
    world.settle()
    assert (world.condition("Reconciling")["reason"], world.condition("Reconciling")["message"]) == (stage, "Secret s3")


def test_a_pod_without_a_heartbeat_for_five_minutes_is_deleted_once() -> None:
    world = planned(export_resource())
    name = world.newest_pod("files")["metadata"]["name"]
    world.wait(400)
    lease = next(name for name in world.leases if "-files-" in name)
    world.surroundings = Surroundings(silence={lease: 299.0})
    assert world.decide().deletions == ()
    world.surroundings = Surroundings(silence={lease: 300.0})
    decision = world.decide()
    assert [deletion.name for deletion in decision.deletions] == [name]
    assert [event.reason for event in decision.events] == ["HeartbeatLost"]
    world.newest_pod("files")["metadata"]["deletionTimestamp"] = stamp(world.now)
    assert world.decide().deletions == ()


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
