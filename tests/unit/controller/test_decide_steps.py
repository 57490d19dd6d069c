"""A run goes through its steps, and ends with their result."""

from __future__ import annotations

import pytest

from tests.unit.controller.resources import (
    EXPORT_RESULT,
    IMPORT_RESULT,
    PLAN,
    SHA,
    Object,
    export_resource,
    import_resource,
    stamp,
)
from tests.unit.controller.simulation import Simulation, copied, planned


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
