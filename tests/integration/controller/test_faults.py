"""What the API server may do to an operator: it answers with errors, loses events, goes away and comes back."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from orgport.controller import resync
from tests.cluster.access import Cluster
from tests.integration.controller.conftest import LEFT_OPEN, Apply, running_operator
from tests.integration.controller.faulty import Call, FaultyServer, faulty
from tests.integration.controller.puppets import PLAN, Object, Run, export_manifest
from tests.servers import free_port

pytestmark = [pytest.mark.cluster, LEFT_OPEN]

EACH_ONCE = {"plan": 1, "files": 1, "database": 1}
KEPT_BACK = ("jobs", "pods", "leases")


@pytest.fixture
def way(cluster: Cluster, tmp_path: Path) -> Iterator[tuple[FaultyServer, Cluster]]:
    with faulty(cluster, tmp_path) as found:
        yield found


async def jobs_per_step(run: Run) -> dict[str, int]:
    return dict(Counter(job["metadata"]["labels"]["orgport.dev/step"] for job in await run.jobs()))


def once(status: int, *kinds: tuple[str, str]) -> Callable[[Call], int]:
    """Refuses the first call of each kind."""
    left = set(kinds)

    def refuse(call: Call) -> int:
        kind = (call.verb, call.what)
        if kind in left:
            left.remove(kind)
            return status
        return 0

    return refuse


@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        (409, [("PATCH", "orgexports/status"), ("POST", "jobs"), ("PATCH", "jobs")]),
        (429, [("GET", "orgexports"), ("POST", "leases"), ("PATCH", "orgexports/status")]),
        (500, [("GET", "jobs"), ("POST", "roles"), ("PATCH", "orgexports/status"), ("WATCH", "pods")]),
        (410, [("WATCH", "jobs"), ("WATCH", "pods"), ("WATCH", "leases"), ("WATCH", "orgexports")]),
    ],
)
async def test_a_run_ends_although_the_api_server_refuses_now_and_then(
    way: tuple[FaultyServer, Cluster], namespace: str, create: Apply, status: int, kinds: list[tuple[str, str]]
) -> None:
    server, cluster = way
    refuse = once(status, *kinds)
    refused: list[Call] = []

    def noted(call: Call) -> int:
        if found := refuse(call):
            refused.append(call)
        return found

    server.refuse = noted
    with running_operator(cluster, namespace):
        run = await create(export_manifest(namespace, ttlSecondsAfterSuccess=600))
        await run.finish()
        await settled(run)
    assert {(call.verb, call.what) for call in refused} == set(kinds)
    assert await jobs_per_step(run) == EACH_ONCE


async def settled(run: Run) -> None:
    """The Jobs of a run that has ended have their time to live."""
    limit = time.monotonic() + 20
    while any("ttlSecondsAfterFinished" not in job["spec"] for job in await run.jobs()):
        assert time.monotonic() < limit
        await asyncio.sleep(0.1)


async def test_a_run_ends_although_every_event_of_what_it_owns_is_lost(
    way: tuple[FaultyServer, Cluster], namespace: str, create: Apply
) -> None:
    server, cluster = way
    server.hide = lambda call: call.what in KEPT_BACK
    with running_operator(cluster, namespace, resync_seconds=2):
        run = await create(export_manifest(namespace))
        await run.finish()
    assert await jobs_per_step(run) == EACH_ONCE


async def test_what_happens_while_watches_are_broken_is_found_afterwards(
    way: tuple[FaultyServer, Cluster], namespace: str, create: Apply
) -> None:
    server, cluster = way
    with running_operator(cluster, namespace):
        run = await create(export_manifest(namespace))
        await run.pod("plan")
        server.hide = lambda call: True
        await run.succeed("plan", plan=PLAN)
        server.hide = lambda call: False
        server.cut_watches()
        await run.succeed("files")
        await run.succeed("database")
        await run.phase("Succeeded")
    assert await jobs_per_step(run) == EACH_ONCE


@pytest.mark.parametrize("step", ["plan", "files", "database"])
async def test_an_api_server_that_goes_away_in_a_step_is_waited_for(
    way: tuple[FaultyServer, Cluster], namespace: str, create: Apply, step: str
) -> None:
    server, cluster = way
    told: dict[str, Object] = {"plan": {"plan": PLAN}, "files": {}, "database": {}}
    with running_operator(cluster, namespace):
        run = await create(export_manifest(namespace))
        for each, members in told.items():
            await run.pod(each)
            if each == step:
                await be_away(server, run.succeed(each, **members))
            else:
                await run.succeed(each, **members)
        await run.phase("Succeeded")
    assert await jobs_per_step(run) == EACH_ONCE


async def be_away(server: FaultyServer, meanwhile: object) -> None:
    """Nobody gets an answer until the operator has asked several times in vain."""
    server.is_away = True
    server.cut_watches()
    asked = len(server.calls)
    await meanwhile  # type: ignore[misc]
    while len(server.calls) < asked + 5:
        await asyncio.sleep(0.05)
    server.is_away = False


async def test_a_status_is_written_once_a_change_and_never_without_one(
    way: tuple[FaultyServer, Cluster], namespace: str, create: Apply
) -> None:
    server, cluster = way
    with running_operator(cluster, namespace, resync_seconds=0.5):
        run = await create(export_manifest(namespace))
        await run.start("plan")
        await run.report("plan")
        await looked_at(server, run, times=5)
        quiet = len(server.written)
        await looked_at(server, run, times=5)
        assert len(server.written) == quiet, "looking alone writes nothing"
        await run.finish()
        await settled(run)
    written = [call.body["status"] for call in server.written if call.what == "orgexports/status"]
    assert all(written), "each write changes something"
    shown = [status["phase"] for status in written if "phase" in status]
    assert shown == ["Running", "Succeeded"]
    steps = [status["step"] for status in written if status.get("step")]
    assert steps == ["plan", "files", "database"]
    assert len(written) <= 8


async def looked_at(server: FaultyServer, run: Run, times: int) -> None:
    """The operator has looked at the run so often."""
    limit = time.monotonic() + 30
    reads = sum(call == Call("GET", "orgexports") for call in server.calls)
    while sum(call == Call("GET", "orgexports") for call in server.calls) < reads + 2 * times:
        assert time.monotonic() < limit
        await asyncio.sleep(0.05)


async def test_the_probe_fails_while_the_resync_does(
    way: tuple[FaultyServer, Cluster], namespace: str, monkeypatch: pytest.MonkeyPatch, kinds: None
) -> None:
    server, cluster = way
    monkeypatch.setattr(resync, "LATE_SECONDS", 1.0)
    port = free_port()
    with running_operator(cluster, namespace, resync_seconds=0.2, liveness_port=port):
        await probed(port, 200)
        server.refuse = lambda call: 500 if call.verb == "GET" else 0
        await probed(port, 500)
        server.refuse = lambda _: 0
        await probed(port, 200)


async def probed(port: int, status: int) -> None:
    """The probe answers so, sooner or later."""
    limit = time.monotonic() + 30
    async with aiohttp.ClientSession() as session:
        while await probe(session, port) != status:
            assert time.monotonic() < limit
            await asyncio.sleep(0.1)


async def probe(session: aiohttp.ClientSession, port: int) -> int:
    try:
        async with session.get(f"http://127.0.0.1:{port}/healthz") as response:
            return response.status
    except aiohttp.ClientError:
        return 0
