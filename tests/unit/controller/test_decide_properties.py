"""What holds of every decision, whatever is seen."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orgport.api.reasons import Reason
from orgport.controller.decide import Refusal, Surroundings, decide
from orgport.controller.resource import STATUSES
from tests.unit.controller.resources import (
    DENIED,
    EXPORT_RESULT,
    PLAN,
    UNREACHABLE,
    Object,
    export_resource,
    import_resource,
)
from tests.unit.controller.simulation import BEGIN, SETTINGS, Simulation, owner_uid

RANKS = {"Pending": 0, "Running": 1, "Suspended": 1, "RollingBack": 2, "Succeeded": 3, "Failed": 3}
COUNTERS = ("percent", "objectsDone", "objectsTotal", "bytesDone", "bytesTotal", "documentsDone", "documentsTotal")
DEADLINE, ROLLBACK, ENDING = 20_000, 3600, 1200
"""Seconds that a run and its rollback may take, and that may pass before pods that do not end are given up."""
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "look", "look", "wait", "wait long", "complete", "complete", "fail", "fail again", "report",
                "silly report", "delete job", "orphan pods", "delete leases", "suspend", "resume", "attempt", "no pods",
                "evict", "refuse", "allow", "look late", "look late",
            ]
        ),
        st.integers(1, 400),
    ),
    max_size=20,
)  # fmt: skip


def act(world: Simulation, action: str, number: int) -> None:
    """One thing that may happen to a run."""
    if action in ("suspend", "resume"):
        world.change_spec(suspend=action == "suspend")
    elif action in ("refuse", "allow"):
        refusal = Refusal(Reason.QUOTA_EXCEEDED, "exceeded quota: all", is_final=number > 350)
        world.refusal = refusal if action == "refuse" else None
    elif action == "attempt":
        world.change_spec(attempt=world.resource["spec"].get("attempt", 1) + 1)
    elif action.startswith("wait"):
        world.wait(number * (50 if action == "wait long" else 1))
    elif action == "delete leases":
        world.leases.clear()
    elif action == "no pods":
        world.pods.clear()
    else:
        act_on_step(world, world.status.get("step") or "plan", action, number)


def act_on_step(world: Simulation, step: str, action: str, number: int) -> None:
    """What the Job, the worker or an enemy of a step may do."""
    if not any(f"-{step}-" in name and name in world.jobs for name in world.created_jobs):
        return
    if action == "delete job":
        world.delete("Job", world.job(step)["metadata"]["name"])
    elif not has_worker(world, step):
        return
    elif action == "orphan pods":
        world.orphan_pods(step)
    elif action == "evict":
        evict(world, step)
    elif action == "report":
        counters = {"objectsDone": number, "bytesDone": number * 1000, "documentsDone": number}
        world.report(step, counters=counters, bytesPerSecond=number, sequence=number)
    elif action == "silly report":
        world.report(step, counters={"objectsDone": 2**53, "documentsTotal": 3}, stage="Exported", sequence=10**9)
    elif not world.job(step)["status"].get("conditions"):
        end(world, step, action)


def evict(world: Simulation, step: str) -> None:
    """A pod goes, and another comes."""
    del world.pods[world.newest_pod(step)["metadata"]["name"]]
    world.look()
    world.start_pod(step)


def end(world: Simulation, step: str, action: str) -> None:
    """The step's Job ends, well or not."""
    if action == "complete":
        plan = {"plan": PLAN} if step == "plan" else {}
        result = {"exportResult": EXPORT_RESULT} if step == "database" and world.resource["kind"] == "OrgExport" else {}
        world.complete(step, **plan, **result)
    elif action == "fail":
        world.fail(step, **DENIED)
    elif action == "fail again":
        world.fail(step, code=75, reason="BackoffLimitExceeded", **UNREACHABLE)


def has_worker(world: Simulation, step: str) -> bool:
    """Whether the step has pods that can report."""
    job = world.job(step)
    names = [f"{job['metadata']['name']}-{index}" for index in range(job["spec"]["completions"])]
    return all(name in world.leases for name in names) and any(
        owner_uid(pod) == job["metadata"]["uid"] for pod in world.pods.values()
    )


def happen(is_export: bool, actions: list[tuple[str, int]]) -> Simulation:
    """A run to which these things have happened, with an operator that looks whenever something has."""
    new = export_resource if is_export else import_resource
    world = Simulation(new(activeDeadlineSeconds=DEADLINE))
    world.settle()
    earlier, before = world.view(), ""
    for action, number in actions:
        if action == "look late":
            # Another operator has looked before the last change. What a person has deleted it would make again.
            if before not in ("delete job", "orphan pods"):
                world.look_late(earlier)
        else:
            earlier, before = world.view(), action
            act(world, action, number)
        world.settle()
    return world


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.booleans(), ACTIONS)
def test_a_run_never_goes_back_within_an_attempt_and_reaches_a_fixed_point(
    is_export: bool, actions: list[tuple[str, int]]
) -> None:
    world = happen(is_export, actions)
    for before, after in zip(world.history, world.history[1:], strict=False):
        assert_goes_on(before, after)
    assert len(world.created_jobs) == len(set(world.created_jobs))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.booleans(), ACTIONS, st.booleans())
def test_a_run_always_ends(is_export: bool, actions: list[tuple[str, int]], is_refused: bool) -> None:
    world = happen(is_export, actions)
    world.refusal = world.refusal if is_refused else None
    world.change_spec(suspend=False)
    world.settle()
    suspended = world.status.get("suspendedSeconds", 0)
    latest = world.now + timedelta(seconds=DEADLINE + ROLLBACK + 2 * (suspended + ENDING))
    while world.status["phase"] not in ("Succeeded", "Failed"):
        assert world.now < latest, world.status
        world.wait(500)
        world.enforce_deadlines()
        world.settle()
    assert world.condition("Reconciling")["status"] == "False"
    assert not [job for job in world.jobs.values() if not job["status"].get("conditions")]


def assert_goes_on(before: Object, after: Object) -> None:
    """The two statuses may follow one another."""
    assert after["attempt"] >= before["attempt"]
    kinds = [condition["type"] for condition in after["conditions"]]
    assert len(kinds) == len(set(kinds))
    is_over = after["phase"] in ("Succeeded", "Failed")
    reconciling = next(condition for condition in after["conditions"] if condition["type"] == "Reconciling")
    assert (reconciling["status"] == "False") == is_over == ("completionTime" in after)
    if after["attempt"] > before["attempt"] and not is_over:
        return
    assert RANKS[after["phase"]] >= RANKS[before["phase"]]
    if before["phase"] in ("Succeeded", "Failed") and after["attempt"] == before["attempt"]:
        changed = {key for key in after if after[key] != before.get(key)}
        assert changed <= {"observedGeneration", "conditions"}
    for counter in COUNTERS:
        assert after["progress"][counter] >= before["progress"][counter] or after["attempt"] > before["attempt"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.text(max_size=8)
    | st.sampled_from(["True", "Failed"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


ODDITIES = st.builds(
    Surroundings,
    job_events=st.lists(st.dictionaries(st.sampled_from(["reason", "message", "lastTimestamp"]), JSON)).map(tuple),
    silence=st.dictionaries(st.text(max_size=6), st.floats(0, 1000)),
)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[Object, list[Any], list[Any], list[Any]]:
    """The objects of a run in the middle, with something in each of them replaced by anything."""
    world = Simulation(draw(st.sampled_from([export_resource(), import_resource()])))
    world.settle()
    if draw(st.booleans()):
        world.complete("plan", plan=PLAN)
        world.settle()
    stores = (world.jobs, world.pods, world.leases)
    lists = [[_spoil(draw, copy.deepcopy(item)) for item in store.values()] for store in stores]
    for items in lists:
        if draw(st.booleans()):
            items.append(draw(st.dictionaries(st.text(max_size=6), JSON, max_size=3)))
    resource = copy.deepcopy(world.resource)
    resource["status"] = _spoil(draw, resource["status"])
    resource["spec"] = _spoil(draw, resource["spec"])
    return resource, lists[0], lists[1], lists[2]


def _spoil(draw: st.DrawFn, item: Object) -> Object:
    """The object with the value at some path replaced."""
    at: Any = item
    while isinstance(at, dict) and at:
        key = draw(st.sampled_from(sorted(at)))
        if not isinstance(at[key], dict) or draw(st.integers(0, 4)) == 0:
            at[key] = draw(JSON)
            break
        at = at[key]
    return item


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoilt(), st.integers(0, 10**6), ODDITIES)
def test_any_mixture_of_objects_gives_a_decision_that_the_api_server_takes(
    objects: tuple[Object, list[Any], list[Any], list[Any]], seconds: int, surroundings: Surroundings
) -> None:
    decision = decide(*objects, BEGIN + timedelta(seconds=seconds), SETTINGS, surroundings)
    json.dumps(decision.status)
    if decision.status is not None:
        STATUSES[objects[0]["kind"]].model_validate(decision.status)
