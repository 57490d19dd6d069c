"""Pods that cannot start, wait, fail or fall silent are told of, and replaced."""

from __future__ import annotations

import pytest

from orgport.api.reasons import MEANINGS, Reason
from orgport.controller.decide import Surroundings
from tests.unit.controller.resources import UNREACHABLE, Object, export_resource, stamp
from tests.unit.controller.simulation import Simulation, planned


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
             "conditions": [{"type": "Ready", "status": "False"}, {"type": "ContainersReady", "status": "True"}]},
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
    assert world.condition("Reconciling")["reason"] == "RetryingStep"
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
    world.surroundings = Surroundings(job_events=(refusal_of(uid, message, stamp(world.now)),))
    world.settle()
    assert world.condition("Reconciling")["reason"] == reason
    assert world.condition("Reconciling")["message"] == f"{message}. {MEANINGS[Reason(reason)].remedy}"


def refusal_of(uid: str, message: str, at: str) -> Object:
    return {"reason": "FailedCreate", "message": message, "involvedObject": {"uid": uid}, "lastTimestamp": at}


def test_a_refusal_is_told_while_other_pods_of_the_step_run() -> None:
    world = planned(export_resource(files={"parallelism": 3}))
    for index in range(3):
        world.report("files", index)
    world.wait(5)
    refusal = refusal_of(world.job("files")["metadata"]["uid"], "exceeded quota: q", stamp(world.now))
    world.surroundings = Surroundings(job_events=(refusal,))
    world.settle()
    assert world.condition("Reconciling")["reason"] == "CopyingFiles"
    del world.pods[world.newest_pod("files", 1)["metadata"]["name"]]
    world.settle()
    assert world.condition("Reconciling")["reason"] == "QuotaExceeded"


def test_an_old_refusal_says_nothing_of_a_pod_that_ran_since() -> None:
    world = planned(export_resource())
    refusal = refusal_of(world.job("files")["metadata"]["uid"], "exceeded quota: q", stamp(world.now))
    world.surroundings = Surroundings(job_events=(refusal,))
    world.wait(5)
    world.report("files")
    world.pods.clear()
    world.settle()
    assert world.condition("Reconciling")["reason"] == "CopyingFiles"


def test_a_worker_that_was_killed_for_its_memory_says_what_to_raise() -> None:
    world = planned(export_resource())
    world.report("files", outcome="Failed", **UNREACHABLE)
    world.end_pod(world.newest_pod("files"), 137, reason="OOMKilled")
    world.settle()
    said = world.condition("Reconciling")
    assert said["reason"] == "RetryingStep"
    assert "raise spec.worker.resources.limits.memory above 512Mi" in said["message"]


def test_a_pod_that_was_evicted_is_told_of_until_another_runs() -> None:
    world = planned(export_resource())
    lease = next(lease for name, lease in world.leases.items() if "-files-" in name)
    lease["spec"]["leaseTransitions"] = 1
    pod = world.newest_pod("files")
    pod["metadata"]["deletionTimestamp"] = stamp(world.now)
    evicted = {"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}
    pod["status"]["conditions"].append(evicted)
    world.settle()
    assert world.condition("Reconciling")["reason"] == "RetryingStep"
    assert "EvictionByEvictionAPI" in world.condition("Reconciling")["message"]
    world.pods.clear()
    world.settle()
    assert world.condition("Reconciling")["reason"] == "RetryingStep"
    world.start_pod("files")
    world.report("files")
    world.settle()
    assert world.condition("Reconciling")["reason"] == "CopyingFiles"


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
    said = world.condition("Reconciling")
    assert (said["reason"], said["message"]) == (stage, f"Secret s3. {MEANINGS[Reason(stage)].remedy}")


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
