"""The metrics, as data: of the runs, made anew from the resources at each scrape; of the operator, counted as it works.

Series of a run go when its resource goes: nothing of it is remembered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, get_args

from prometheus_client import Histogram, Info
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from orgport import __version__
from orgport.api.names import KINDS, LABEL_KIND, LABEL_NAME, LABEL_STEP
from orgport.api.reasons import Reason
from orgport.api.status import Phase, Progress
from orgport.controller.kube import PLACES
from orgport.controller.raw import Raw, condition, moment, text
from orgport.controller.resource import Key, Status, read_status

RUN = ("kind", "namespace", "name")
PHASES: tuple[str, ...] = get_args(Phase)
WAITING = {
    Reason.WAITING_FOR_ARCHIVE,
    Reason.WAITING_FOR_SECRET,
    Reason.WAITING_FOR_LEASE,
    Reason.POD_UNSCHEDULABLE,
    Reason.POD_CREATION_REFUSED,
    Reason.IMAGE_PULL_FAILED,
    Reason.QUOTA_EXCEEDED,
    Reason.NODE_LOST,
}
"""Reasons of a run that does nothing until something else has happened."""
SUCCESSES = {Reason.EXPORTED, Reason.IMPORTED}
"""Runs that did something: a dry run did not, nor one that found all done already."""
LOOK_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


@dataclass(frozen=True)
class Snapshot:
    """What a scrape reads: every resource, and the leases of their pods."""

    resources: Sequence[Raw] = ()
    leases: Sequence[Raw] = ()


class Run(NamedTuple):
    """One resource as the metrics see it."""

    key: Key
    status: Status
    reason: str
    """Of the condition Succeeded."""
    heartbeat: datetime | None
    """The oldest of the last signs of life that the pods under way have given."""
    now: datetime

    @property
    def progress(self) -> Progress:
        return self.status.progress or Progress()

    @property
    def has_ended(self) -> bool:
        return self.status.completion_time is not None


class Gauge(NamedTuple):
    """A number that a run has; None: no series."""

    name: str
    help: str
    value: Callable[[Run], float | None]


GAUGES = (
    Gauge("progress_bytes", "Bytes that the attempt has copied.", lambda run: run.progress.bytes_done),
    Gauge("total_bytes", "Bytes that the attempt has to copy.", lambda run: run.progress.bytes_total),
    Gauge("progress_objects", "Objects that the attempt has copied.", lambda run: run.progress.objects_done),
    Gauge("total_objects", "Objects that the attempt has to copy.", lambda run: run.progress.objects_total),
    Gauge("progress_documents", "Documents that the attempt has written.", lambda run: run.progress.documents_done),
    Gauge("total_documents", "Documents that the attempt has to write.", lambda run: run.progress.documents_total),
    Gauge("progress_ratio", "Share of the whole run that is done.", lambda run: run.progress.percent / 100),
    Gauge("attempts", "Which attempt the run is in.", lambda run: run.status.attempt),
    Gauge(
        "disruptions",
        "Pods of the attempt that were evicted, deleted or stopped.",
        lambda run: sum(step.disrupted_pods for step in run.status.steps),
    ),
    Gauge("duration_seconds", "Seconds since the attempt began, or that it took.", lambda run: _duration(run)),
    Gauge(
        "heartbeat_age_seconds",
        "Seconds since the most silent pod under way has given a sign of life.",
        lambda run: _seconds(run.heartbeat, run.now),
    ),
)


def families(snapshot: Snapshot, now: datetime) -> Iterator[GaugeMetricFamily]:
    """The series of all runs."""
    runs = [_run(resource, snapshot.leases, now) for resource in snapshot.resources if resource.get("kind") in KINDS]
    for gauge in GAUGES:
        family = GaugeMetricFamily(f"orgport_run_{gauge.name}", gauge.help, labels=RUN)
        for run in runs:
            if (value := gauge.value(run)) is not None:
                family.add_metric(run.key, value)
        yield family
    yield _phases(runs)
    yield _reasons("failed", "1 for a run that has failed, by reason.", runs, _failure)
    yield _reasons("waiting", "1 for a run that waits for something, by reason.", runs, _obstacle)
    yield _last_successes(runs)


def _run(resource: Raw, leases: Sequence[Raw], now: datetime) -> Run:
    key = Key(text(resource, "kind"), text(resource, "metadata", "namespace"), text(resource, "metadata", "name"))
    status = read_status(resource)
    return Run(key, status, text(condition(resource, "Succeeded"), "reason"), _heartbeat(key, status, leases), now)


def _heartbeat(key: Key, status: Status, leases: Sequence[Raw]) -> datetime | None:
    if status.phase not in ("Running", "RollingBack"):
        return None
    renewals = (moment(lease, "spec", "renewTime") for lease in leases if _is_held(lease, key, status.step or ""))
    return min((renewal for renewal in renewals if renewal is not None), default=None)


def _is_held(lease: Raw, key: Key, step: str) -> bool:
    labels = (text(lease, "metadata", "labels", name) for name in (LABEL_KIND, LABEL_NAME, LABEL_STEP))
    is_ours = (*labels, text(lease, "metadata", "namespace")) == (key.kind, key.name, step, key.namespace)
    return is_ours and bool(text(lease, "spec", "holderIdentity"))


def _seconds(since: datetime | None, until: datetime) -> float | None:
    return None if since is None else max((until - since).total_seconds(), 0.0)


def _duration(run: Run) -> float | None:
    return _seconds(run.status.start_time, run.status.completion_time or run.now)


def _phases(runs: Sequence[Run]) -> GaugeMetricFamily:
    family = GaugeMetricFamily("orgport_run_phase", "1 for the phase that the run is in.", labels=(*RUN, "phase"))
    for run in runs:
        present = run.status.phase or "Pending"
        for phase in PHASES:
            family.add_metric((*run.key, phase), float(phase == present))
    return family


def _reasons(name: str, words: str, runs: Sequence[Run], reason: Callable[[Run], str]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"orgport_run_{name}", words, labels=(*RUN, "reason"))
    for run in runs:
        if found := reason(run):
            family.add_metric((*run.key, found), 1.0)
    return family


def _failure(run: Run) -> str:
    failure = run.status.failure
    return failure.reason if failure is not None and run.status.phase == "Failed" else ""


def _obstacle(run: Run) -> str:
    return run.reason if run.reason in WAITING and not run.has_ended else ""


def _last_successes(runs: Sequence[Run]) -> GaugeMetricFamily:
    newest: dict[tuple[str, str, str], float] = {}
    for run in runs:
        ended, org = run.status.completion_time, run.status.org
        if run.reason in SUCCESSES and ended is not None and org is not None:
            of = (run.key.kind, run.key.namespace, org.slug)
            newest[of] = max(newest.get(of, 0.0), ended.timestamp())
    name, words = "orgport_run_last_success_timestamp_seconds", "When an organization was exported or imported last."
    family = GaugeMetricFamily(name, words, labels=("kind", "namespace", "org"))
    for of, when in newest.items():
        family.add_metric(of, when)
    return family


Look = Callable[[Key], Awaitable[float | None]]


class Instruments:
    """What the operator measures of itself."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._looks = Histogram(
            "orgport_reconcile_duration_seconds",
            "How long a look at a resource took.",
            ("kind", "result"),
            registry=None,
            buckets=LOOK_BUCKETS,
        )
        self._calls = Histogram(
            "orgport_api_request_duration_seconds",
            "How long the API server took to answer the operator's own calls; its watches are not among them.",
            ("verb", "resource"),
            registry=None,
        )
        build = Info("orgport_build", "The version of the operator.", registry=None)
        build.info({"version": __version__})
        self.collectors: tuple[Collector, ...] = (self._looks, self._calls, build)

    def timed(self, look: Look) -> Look:
        """The same look, measured."""

        async def measured(key: Key) -> float | None:
            began, result = self._monotonic(), "error"
            try:
                again = await look(key)
                result = "ok"
                return again
            finally:
                self.observe_look(key.kind, result, self._monotonic() - began)

        return measured

    def observe_look(self, kind: str, result: str, seconds: float) -> None:
        """Count a look at a resource."""
        self._looks.labels(kind, result).observe(seconds)

    def observe_call(self, method: str, path: str, seconds: float) -> None:
        """Count a call of the API server's."""
        self._calls.labels(*verb_and_resource(method, path)).observe(seconds)


PLURALS = {plural for _, plural in PLACES.values()}


def verb_and_resource(method: str, path: str) -> tuple[str, str]:
    """A request in the words of a role: ("patch", "orgexports/status")."""
    parts = path.strip("/").split("/")
    # A namespace, or an object, may bear the name of a resource: the resource stands before its object.
    start = parts.index("namespaces") + 2 if "namespaces" in parts else 0
    found = next((number for number, part in enumerate(parts) if number >= start and part in PLURALS), len(parts) - 1)
    named, subresource = len(parts) > found + 1, "/".join(parts[found + 2 :])
    verbs = {"GET": "get" if named else "list", "POST": "create", "PUT": "update"}
    return verbs.get(method, method.lower()), parts[found] + (f"/{subresource}" if subresource else "")
