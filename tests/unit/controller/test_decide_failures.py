"""A step that fails ends the run with a reason; a failed import is rolled back first."""

from __future__ import annotations

import pytest

from tests.unit.controller.resources import (
    DENIED,
    IMPORT_RESULT,
    PLAN,
    UNREACHABLE,
    Object,
    export_resource,
    import_resource,
)
from tests.unit.controller.simulation import Simulation, copied, planned


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
