"""A run in every state that there is, as the operator's decisions make it of the same words of workers and cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.unit.controller.resources import (
    DENIED,
    EXPORT_RESULT,
    IMPORT_RESULT,
    PLAN,
    Object,
    export_resource,
    import_resource,
    stamp,
)
from tests.unit.controller.simulation import BEGIN, Simulation, copied, planned

MIB = 2**20


def new() -> Simulation:
    """Nobody has looked at it."""
    return Simulation(export_resource())


def planning() -> Simulation:
    world = new()
    world.settle()
    return world


def copying() -> Simulation:
    world = planned(export_resource())
    world.wait(20)
    said = {"objectsDone": 42, "bytesDone": 42 * MIB}
    world.report("files", counters=said, bytesPerSecond=2 * MIB, message="copying 20241101-0.wacz")
    world.settle()
    return world


def waiting_for_a_secret() -> Simulation:
    world = planning()
    words = "spec.destination.credentials: waiting for Secret s3 (key AWS_ACCESS_KEY_ID)"
    world.report("plan", stage="WaitingForSecret", message=words)
    world.settle()
    return world


def unschedulable() -> Simulation:
    world = planning()
    pod = world.newest_pod("plan")
    scheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes: memory"}
    pod["status"] = {"phase": "Pending", "conditions": [scheduled]}
    world.settle()
    return world


def retrying() -> Simulation:
    world = copying()
    world.end_pod(world.newest_pod("files"), 75)
    world.job("files")["status"]["failed"] = 1
    world.settle()
    return world


def suspended() -> Simulation:
    world = copying()
    world.change_spec(suspend=True)
    world.settle()
    return world


def writing_the_json() -> Simulation:
    world = copied(export_resource())
    world.wait(30)
    world.report("database", counters={"documentsDone": 200, "documentsTotal": 500})
    world.settle()
    return world


def rolling_back() -> Simulation:
    world = copied(import_resource())
    world.wait(30)
    world.fail("database", **DENIED)
    world.settle()
    return world


def failed() -> Simulation:
    world = planned(export_resource())
    world.wait(30)
    world.fail("files", **DENIED)
    world.settle()
    return world


def rolled_back() -> Simulation:
    world = rolling_back()
    world.wait(10)
    world.complete("rollback")
    world.settle()
    return world


def exported() -> Simulation:
    world = copied(export_resource())
    world.wait(30)
    world.complete("database", stage="Exported", exportResult=EXPORT_RESULT)
    world.settle()
    return world


def imported() -> Simulation:
    world = copied(import_resource())
    world.wait(30)
    warned = {**IMPORT_RESULT, "usersCreated": 2, "warnings": ["the crawler channel beta is not there"]}
    world.complete("database", stage="Imported", importResult=warned)
    world.settle()
    return world


def already_exported() -> Simulation:
    world = planning()
    world.wait(5)
    world.complete(
        "plan",
        stage="AlreadyExported",
        message="3 days ago",
        exportResult=EXPORT_RESULT,
        plan={**PLAN, "alreadyDone": True},
    )
    world.settle()
    return world


def planned_only() -> Simulation:
    world = Simulation(export_resource(dryRun=True))
    world.settle()
    world.wait(5)
    world.complete("plan", plan=PLAN)
    world.settle()
    return world


MAKERS: dict[str, Callable[[], Simulation]] = {
    made.__name__: made
    for made in (
        new, planning, copying, waiting_for_a_secret, unschedulable, retrying, suspended, writing_the_json,
        rolling_back, failed, rolled_back, exported, imported, already_exported, planned_only,
    )
}  # fmt: skip
PHASES = {
    "new": "Pending", "planning": "Running", "copying": "Running", "waiting_for_a_secret": "Running",
    "unschedulable": "Running", "retrying": "Running", "suspended": "Suspended", "writing_the_json": "Running",
    "rolling_back": "RollingBack", "failed": "Failed", "rolled_back": "Failed", "exported": "Succeeded",
    "imported": "Succeeded", "already_exported": "Succeeded", "planned_only": "Succeeded",
}  # fmt: skip


def state(which: str, **metadata: Any) -> Simulation:
    """The world of a state. Its resource is named after it, and "acme-1" in Jobs and leases."""
    world = MAKERS[which]()
    created = {"creationTimestamp": stamp(BEGIN)}
    world.resource["metadata"] |= {"name": which.replace("_", "-"), **created, **metadata}
    return world


def resources() -> list[Object]:
    """The resource of every state."""
    return [state(name).resource for name in MAKERS]
