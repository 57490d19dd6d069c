"""A lease is taken, renewed, fenced by and lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from orgport.api.failures import Interrupted
from orgport.api.names import ANNOTATION_REPORT
from orgport.api.reasons import Reason
from orgport.api.report import Report
from orgport.stores.lease import LeaseClient, LeaseConflict, LeaseRefused, LeaseUnavailable
from orgport.worker.context import Progress
from orgport.worker.heartbeat import EXPIRY_SECONDS, FENCE_SECONDS, Heartbeat


@dataclass
class FakeLease:
    """A lease with the API server's rules: a stale version conflicts; `faults` are raised first, one a call."""

    holder: str = ""
    version: int = 1
    annotations: dict[str, str] = field(default_factory=dict)
    faults: list[Exception] = field(default_factory=list)
    renew_time: str = "t0"

    def _object(self) -> dict[str, Any]:
        metadata = {"resourceVersion": str(self.version), "annotations": dict(self.annotations)}
        return {"metadata": metadata, "spec": {"holderIdentity": self.holder, "renewTime": self.renew_time}}

    async def read(self) -> dict[str, Any]:
        if self.faults:
            raise self.faults.pop(0)
        return self._object()

    async def patch(self, change: dict[str, Any]) -> dict[str, Any]:
        if self.faults:
            raise self.faults.pop(0)
        if change["metadata"]["resourceVersion"] != str(self.version):
            raise LeaseConflict
        self.version += 1
        self.holder = change["spec"].get("holderIdentity", self.holder)
        self.renew_time = change["spec"]["renewTime"]
        self.annotations.update(change["metadata"].get("annotations", {}))
        return self._object()


@dataclass
class Clock:
    """A clock that moves when somebody sleeps."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.get_running_loop().run_in_executor(None, lambda: None)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("orgport.worker.heartbeat.asyncio.sleep", clock.sleep)
    return clock


def heartbeat_of(lease: FakeLease, clock: Callable[[], float]) -> Heartbeat:
    return Heartbeat(cast(LeaseClient, lease), "me", clock)


def report(**changes: Any) -> Report:
    return Report(attempt=1, step="files", stage=Reason.COPYING_FILES, **changes)


@pytest.mark.parametrize("holder", ["", "me"])
async def test_a_free_lease_is_taken_at_once(clock: Clock, holder: str) -> None:
    lease = FakeLease(holder=holder)
    await heartbeat_of(lease, clock).take(Progress(Reason.PLANNING))
    assert lease.holder == "me"
    assert clock.now == 1000.0


async def test_a_lease_that_another_pod_holds_is_waited_for_until_it_expires(clock: Clock) -> None:
    lease, progress = FakeLease(holder="other"), Progress(Reason.PLANNING)
    await heartbeat_of(lease, clock).take(progress)
    assert lease.holder == "me"
    assert clock.now - 1000.0 >= EXPIRY_SECONDS
    assert progress.stage is Reason.PLANNING


async def test_a_lease_that_is_gone_stops_the_worker(clock: Clock) -> None:
    with pytest.raises(Interrupted):
        await heartbeat_of(FakeLease(faults=[LeaseRefused("404")]), clock).take(Progress(Reason.PLANNING))


async def test_an_api_server_that_is_away_is_waited_for(clock: Clock) -> None:
    lease = FakeLease(faults=[LeaseUnavailable("503"), LeaseUnavailable("503")])
    await heartbeat_of(lease, clock).take(Progress(Reason.PLANNING))
    assert lease.holder == "me"


async def test_a_report_is_said_with_the_renewal_and_the_last_one_releases_the_lease(clock: Clock) -> None:
    lease = FakeLease()
    heartbeat = heartbeat_of(lease, clock)
    await heartbeat.take(Progress(Reason.PLANNING))
    await heartbeat.say(report(message="half-way"))
    assert Report.model_validate_json(lease.annotations[ANNOTATION_REPORT]).message == "half-way"
    assert lease.holder == "me"
    await heartbeat.say(report(message="done"), release=True)
    assert lease.holder == ""


async def test_writing_is_allowed_while_the_lease_is_fresh(clock: Clock) -> None:
    heartbeat = heartbeat_of(FakeLease(), clock)
    await heartbeat.take(Progress(Reason.PLANNING))
    clock.now += FENCE_SECONDS - 1
    async with asyncio.timeout(1):
        await heartbeat.may_write()


async def test_writing_waits_while_the_lease_could_not_be_renewed(clock: Clock) -> None:
    lease = FakeLease()
    heartbeat = heartbeat_of(lease, clock)
    await heartbeat.take(Progress(Reason.PLANNING))
    clock.now += FENCE_SECONDS + 1
    waiting = asyncio.create_task(heartbeat.may_write())
    await clock.sleep(0)
    assert not waiting.done()
    await heartbeat.say(report())
    async with asyncio.timeout(1):
        await waiting


@pytest.mark.parametrize("fault", [LeaseRefused("403"), LeaseRefused("401"), LeaseRefused("404")])
async def test_a_worker_whose_lease_is_refused_may_write_no_more(clock: Clock, fault: Exception) -> None:
    lease = FakeLease()
    heartbeat = heartbeat_of(lease, clock)
    await heartbeat.take(Progress(Reason.PLANNING))
    lease.faults.append(fault)
    await heartbeat.say(report())
    with pytest.raises(Interrupted):
        await heartbeat.may_write()


async def test_a_worker_whose_lease_another_took_may_write_no_more(clock: Clock) -> None:
    lease = FakeLease()
    heartbeat = heartbeat_of(lease, clock)
    await heartbeat.take(Progress(Reason.PLANNING))
    lease.holder, lease.version = "other", lease.version + 1
    await heartbeat.say(report())
    with pytest.raises(Interrupted):
        await heartbeat.may_write()
    assert lease.holder == "other"


async def test_a_renewal_whose_answer_was_lost_is_found_out_and_goes_on(clock: Clock) -> None:
    lease = FakeLease()
    heartbeat = heartbeat_of(lease, clock)
    await heartbeat.take(Progress(Reason.PLANNING))
    lease.version += 1
    await heartbeat.say(report(message="lost"))
    await heartbeat.say(report(message="heard"))
    assert Report.model_validate_json(lease.annotations[ANNOTATION_REPORT]).message == "heard"
