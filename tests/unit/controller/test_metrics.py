"""What the operator says of runs and of itself, in Prometheus's words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from orgport import __version__
from orgport.controller.metrics import Instruments, Snapshot, families, verb_and_resource
from orgport.controller.metrics_server import Scraped, registry_of
from orgport.controller.resource import Key
from tests.unit.controller.resources import Object, stamp
from tests.unit.controller.simulation import BEGIN, Simulation
from tests.unit.controller.states import MAKERS, PHASES, resources, state

LATER = BEGIN + timedelta(hours=1)
Series = dict[tuple[str, ...], float]


def snapshot_of(*worlds: Simulation) -> Snapshot:
    return Snapshot(
        [world.resource for world in worlds], [lease for world in worlds for lease in world.leases.values()]
    )


def series(name: str, *worlds: Simulation, resources: list[Object] | None = None) -> Series:
    """Values of a metric by the values of its labels, in their order."""
    snapshot = snapshot_of(*worlds) if resources is None else Snapshot(resources)
    now = worlds[-1].now if worlds else LATER
    return {
        tuple(sample.labels.values()): sample.value
        for family in families(snapshot, now)
        for sample in family.samples
        if sample.name == f"orgport_run_{name}"
    }


def only(name: str, world: Simulation) -> float:
    (value,) = series(name, world).values()
    return value


@pytest.mark.parametrize(("name", "phase"), PHASES.items())
def test_exactly_the_present_phase_is_1(name: str, phase: str) -> None:
    found = series("phase", state(name))
    assert {labels[-1] for labels, value in found.items() if value} == {phase}
    assert len(found) == 6


def test_a_run_says_how_far_it_is() -> None:
    world = state("copying")
    numbers = {name: only(name, world) for name in ("progress_bytes", "total_bytes", "progress_objects")}
    assert numbers == {"progress_bytes": 42 * 2**20, "total_bytes": 100 * 2**20, "progress_objects": 42}
    assert only("total_objects", world) == 100
    assert only("progress_ratio", world) == pytest.approx(0.36)
    assert only("progress_documents", state("writing_the_json")) == 200
    assert only("total_documents", state("writing_the_json")) == 500


def test_the_labels_name_the_resource() -> None:
    assert list(series("attempts", state("copying"))) == [("OrgExport", "btrix", "copying")]


def test_the_most_silent_pod_under_way_gives_the_age() -> None:
    world = state("copying", name="acme-1")
    lease = next(lease for name, lease in world.leases.items() if "-files-" in name)
    for number, seconds in enumerate((7, 90)):
        renewed = (world.now - timedelta(seconds=seconds)).isoformat(timespec="microseconds")
        copy = {"metadata": lease["metadata"], "spec": {"holderIdentity": f"pod-{number}", "renewTime": renewed}}
        world.leases[f"{number}"] = copy
    assert only("heartbeat_age_seconds", world) == 90


def test_leases_that_nobody_holds_and_those_of_other_steps_and_runs_do_not_count() -> None:
    world = state("copying", name="acme-1")
    for lease in world.leases.values():
        lease["spec"]["renewTime"] = world.now.isoformat(timespec="microseconds")
    (held,) = (lease for name, lease in world.leases.items() if "-files-" in name)
    old = {"renewTime": stamp(BEGIN - timedelta(days=1)), "holderIdentity": "a pod"}
    labels = held["metadata"]["labels"]
    world.leases |= {
        "released": {"metadata": held["metadata"], "spec": old | {"holderIdentity": ""}},
        "step": {"metadata": {**held["metadata"], "labels": labels | {"orgport.dev/step": "plan"}}, "spec": old},
        "run": {"metadata": {**held["metadata"], "labels": labels | {"orgport.dev/name": "other"}}, "spec": old},
        "place": {"metadata": {**held["metadata"], "namespace": "elsewhere"}, "spec": old},
    }
    assert only("heartbeat_age_seconds", world) == 0


@pytest.mark.parametrize("name", ["new", "suspended", "failed", "exported"])
def test_a_run_that_is_not_under_way_has_no_heartbeat(name: str) -> None:
    assert series("heartbeat_age_seconds", state(name, name="acme-1")) == {}


def test_a_run_takes_as_long_as_it_took_or_has_taken() -> None:
    ended, running = state("exported"), state("copying")
    ended.wait(1000)
    assert only("duration_seconds", ended) == 95
    assert only("duration_seconds", running) == 25
    assert series("duration_seconds", state("new")) == {}


def test_only_a_failed_run_has_a_reason_of_failure() -> None:
    found = series("failed", resources=resources())
    assert {labels[2:] for labels in found} == {("failed", "AccessDenied"), ("rolled-back", "AccessDenied")}


def test_a_run_that_waits_says_for_what() -> None:
    found = series("waiting", resources=resources())
    expected = {("waiting-for-a-secret", "WaitingForSecret"), ("unschedulable", "PodUnschedulable")}
    assert {labels[2:] for labels in found} == expected


def test_a_run_that_has_ended_waits_for_nothing() -> None:
    world = state("waiting_for_a_secret")
    world.resource["status"]["completionTime"] = stamp(world.now)
    assert series("waiting", world) == {}


def test_the_last_success_is_the_newest_that_did_something() -> None:
    older, newer, other = state("exported"), state("exported"), state("imported")
    newer.resource["status"]["completionTime"] = stamp(LATER)
    found = series("last_success_timestamp_seconds", newer, older, other, state("already_exported"))
    assert found[("OrgExport", "btrix", "acme")] == LATER.timestamp()
    assert {labels[:2] for labels in found} == {("OrgExport", "btrix"), ("OrgImport", "btrix")}
    unsuccessful = [state(name) for name in ("failed", "planned_only", "already_exported", "copying")]
    assert series("last_success_timestamp_seconds", *unsuccessful) == {}


def test_disrupted_pods_and_attempts_are_those_of_the_attempt() -> None:
    world = state("copying")
    world.resource["status"]["steps"][0]["disruptedPods"] = 2
    world.resource["status"]["steps"][1]["disruptedPods"] = 1
    assert only("disruptions", world) == 3
    assert only("attempts", world) == 1


def test_a_status_that_nobody_of_ours_wrote_does_no_harm() -> None:
    broken = state("copying").resource
    broken["status"] |= {"progress": {"percent": "much"}, "phase": "Resting", "steps": "all"}
    found = series("phase", resources=[broken, state("exported").resource, {"kind": "OrgExport"}, {"kind": "Pod"}])
    assert {labels[2]: labels[-1] for labels, value in found.items() if value} == {
        "copying": "Pending", "exported": "Succeeded", "": "Pending",
    }  # fmt: skip


def test_a_deleted_resource_leaves_no_series() -> None:
    before, after = series("phase", resources=resources()), series("phase", resources=resources()[1:])
    gone = {labels[2] for labels in before} - {labels[2] for labels in after}
    assert gone == {"new"}


async def test_a_look_is_measured_whether_it_succeeds_or_not() -> None:
    times = iter((0.0, 0.4, 1.0, 4.0))
    instruments = Instruments(lambda: next(times))

    async def look(key: Key) -> float | None:
        if key.name == "bad":
            raise ValueError
        return 5.0

    measured = instruments.timed(look)
    assert await measured(Key("OrgExport", "btrix", "good")) == 5.0
    with pytest.raises(ValueError):  # noqa: PT011
        await measured(Key("OrgExport", "btrix", "bad"))
    registry = registry_of(Scraped(None, BEGIN), instruments.collectors)
    name = "orgport_reconcile_duration_seconds_sum"
    assert registry.get_sample_value(name, {"kind": "OrgExport", "result": "ok"}) == pytest.approx(0.4)
    assert registry.get_sample_value(name, {"kind": "OrgExport", "result": "error"}) == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/apis/orgport.dev/v1alpha1/orgexports", ("list", "orgexports")),
        ("GET", "/apis/orgport.dev/v1alpha1/namespaces/jobs/orgexports/pods", ("get", "orgexports")),
        ("PATCH", "/apis/orgport.dev/v1alpha1/namespaces/a/orgimports/b/status", ("patch", "orgimports/status")),
        ("POST", "/apis/batch/v1/namespaces/a/jobs", ("create", "jobs")),
        ("DELETE", "/api/v1/namespaces/a/pods/b", ("delete", "pods")),
        ("GET", "/api/v1/namespaces/a/events", ("list", "events")),
        ("PUT", "/apis/coordination.k8s.io/v1/namespaces/a/leases/b", ("update", "leases")),
        ("GET", "/version", ("list", "version")),
    ],
)
def test_calls_are_told_in_the_words_of_a_role(method: str, path: str, expected: tuple[str, str]) -> None:
    assert verb_and_resource(method, path) == expected
    instruments = Instruments(lambda: 0.0)
    instruments.observe_call(method, path, 0.3)
    registry = registry_of(Scraped(None, BEGIN), instruments.collectors)
    labels = {"verb": expected[0], "resource": expected[1]}
    assert registry.get_sample_value("orgport_api_request_duration_seconds_count", labels) == 1


@cache
def exposition() -> str:
    """A scrape of every state, after a look and a call."""
    instruments = Instruments(lambda: 0.0)
    instruments.observe_look("OrgExport", "ok", 0.2)
    instruments.observe_call("GET", "/api/v1/namespaces/a/pods", 0.1)
    snapshot = snapshot_of(*(state(name) for name in MAKERS), state("copying", name="acme-1"))
    return generate_latest(registry_of(Scraped(snapshot, LATER), instruments.collectors)).decode()


def lint(text: str) -> Iterator[str]:
    """What Prometheus's naming rules forbid."""
    for family in text_string_to_metric_families(text):
        name = family.name
        if not re.fullmatch(r"orgport_[a-z0-9_]+[a-z0-9]", name):
            yield f"{name}: not in lower case below orgport_"
        if not family.documentation.endswith("."):
            yield f"{name}: no help"
        if re.search(r"_(total|count|sum|bucket)$", name):
            yield f"{name}: a suffix that is for counters and histograms"
        if re.search(r"_(gauge|histogram|counter|info)$", name) and name != "orgport_build_info":
            yield f"{name}: its type in its name"
        if re.search(r"(_|^)(ms|milliseconds|minutes|hours|days|kib|mib|kilobytes|megabytes|percent)(_|$)", name):
            yield f"{name}: no base unit"
        for label in {label for sample in family.samples for label in sample.labels}:
            if not re.fullmatch(r"[a-z][a-z0-9_]*", label):
                yield f"{name}: the label {label}"


def test_names_and_labels_keep_to_the_rules() -> None:
    text = exposition()
    assert list(lint(text)) == []
    assert f'orgport_build_info{{version="{__version__}"}} 1.0' in text


@pytest.mark.parametrize(
    "bad",
    ["# HELP run_phase x.\nrun_phase 1\n", "# HELP orgport_x x.\norgport_x_ms 1\n", "orgport_waits_milliseconds 1\n"],
)
def test_the_rules_find_a_bad_name(bad: str) -> None:
    assert list(lint(bad))


RUN = {"kind", "namespace", "name"}


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("orgport_run_phase", RUN | {"phase"}),
        ("orgport_run_progress_bytes", RUN),
        ("orgport_run_total_bytes", RUN),
        ("orgport_run_progress_objects", RUN),
        ("orgport_run_total_objects", RUN),
        ("orgport_run_heartbeat_age_seconds", RUN),
        ("orgport_run_last_success_timestamp_seconds", {"kind", "namespace", "org"}),
        ("orgport_run_duration_seconds", RUN),
        ("orgport_run_attempts", RUN),
        ("orgport_run_disruptions", RUN),
        ("orgport_run_failed", RUN | {"reason"}),
        ("orgport_build_info", {"version"}),
        ("orgport_api_request_duration_seconds_count", {"verb", "resource"}),
    ],
)
def test_every_metric_that_others_build_upon_is_there(name: str, labels: set[str]) -> None:
    families = text_string_to_metric_families(exposition())
    found = {sample.name: set(sample.labels) for family in families for sample in family.samples}
    assert found[name] == labels


def test_what_cannot_be_read_is_said_and_not_made_up() -> None:
    registry: CollectorRegistry = registry_of(Scraped(None, BEGIN), ())
    assert registry.get_sample_value("orgport_resources_readable") == 0
    names: set[Any] = {metric.name for metric in registry.collect()}
    assert names == {"orgport_resources_readable"}
