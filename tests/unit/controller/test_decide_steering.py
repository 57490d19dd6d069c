"""What a person may change in the middle of a run, and what time does to it."""

from __future__ import annotations

import pytest

from orgport.api.reasons import Reason
from orgport.controller.decide import Refusal
from tests.unit.controller.resources import (
    DENIED,
    EXPORT_RESULT,
    PLAN,
    Object,
    export_resource,
    import_resource,
    stamp,
)
from tests.unit.controller.simulation import BEGIN, Simulation, copied, planned


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


def test_a_run_that_somebody_holds_while_it_is_deleted_ends_its_jobs() -> None:
    world = planned(export_resource())
    world.resource["metadata"]["deletionTimestamp"] = stamp(world.now)
    decision = world.look()
    assert [deletion.name for deletion in decision.deletions] == [world.created_jobs[1]]
    assert (decision.status, decision.creates) == (None, ())
    assert world.look() == type(decision)()


@pytest.mark.parametrize("resource", [export_resource(), import_resource()])
def test_pods_that_were_left_behind_by_a_job_are_ended(resource: Object) -> None:
    world = planned(resource)
    pod = world.orphan_pods("files")
    foreign = {**pod, "metadata": {**pod["metadata"], "name": "foreign", "uid": "foreign"}}
    foreign["metadata"]["labels"] = {**pod["metadata"]["labels"], "batch.kubernetes.io/job-name": "another"}
    world.pods["foreign"] = foreign
    world.settle()
    assert [name for name in world.pods if "-plan-" not in name] == ["foreign"]
    assert world.status["failure"]["reason"] == "JobDisappeared"


def test_a_rollback_that_cannot_begin_ends_after_an_hour() -> None:
    world = copied(import_resource())
    world.refusal = Refusal(Reason.QUOTA_EXCEEDED, "exceeded quota: jobs", is_final=False)
    world.fail("database", **DENIED)
    world.settle()
    assert (world.status["phase"], world.condition("Reconciling")["reason"]) == ("RollingBack", "QuotaExceeded")
    world.wait(3600)
    assert world.settle()["phase"] == "RollingBack"
    world.wait(1)
    status = world.settle()
    assert (status["phase"], status["failure"]["reason"]) == ("Failed", "RollbackFailed")
    assert "AccessDenied" in status["failure"]["message"]


def test_a_run_that_was_suspended_is_not_pending_again() -> None:
    world = Simulation(export_resource(suspend=True))
    world.settle()
    world.refusal = Refusal(Reason.QUOTA_EXCEEDED, "exceeded quota: jobs", is_final=False)
    world.change_spec(suspend=False)
    assert world.settle()["phase"] == "Running"


def test_a_refused_lease_is_asked_for_no_more_than_once_a_look() -> None:
    world = planned(export_resource())
    world.leases.clear()
    world.refusal = Refusal(Reason.QUOTA_EXCEEDED, "exceeded quota: leases", is_final=False)
    world.settle()
    assert world.condition("Reconciling")["reason"] == "QuotaExceeded"
