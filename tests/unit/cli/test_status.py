"""`orgport status` over a run in every state."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from datetime import timedelta

import pytest
from kubernetes.aio.client.exceptions import ApiException
from rich.console import Console

from orgport.cli.runs import Row, row_of, rows_of
from orgport.cli.status import NOTHING, PATIENCE, Wanted, columns, shown, table, watch
from tests.unit.controller.simulation import BEGIN
from tests.unit.controller.states import MAKERS, PHASES, resources, state

NOW = BEGIN + timedelta(minutes=2)
ROWS = rows_of(resources(), NOW)


def row(which: str) -> Row:
    world = state(which)
    return row_of(world.resource, world.now)


def line(which: str) -> str:
    """The run's line, its columns one space apart."""
    _, found = columns([row(which)], False).splitlines()
    return " ".join(found.split())


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("new", "orgexport/new Pending 0% 0s"),
        ("planning", "orgexport/planning Running 0% 0s Planning"),
        ("copying", "orgexport/copying acme Running 36% 42/100 MiB 2 MiB/s 29s 25s CopyingFiles"),
        (
            "waiting_for_a_secret",
            "orgexport/waiting-for-a-secret Running 0% 0s WaitingForSecret: spec.destination.credentials: "
            "waiting for Secret s3 (key AWS_ACCESS_KEY_ID)",
        ),
        ("unschedulable", "orgexport/unschedulable Running 0% 0s PodUnschedulable: 0/3 nodes: memory"),
        (
            "retrying",
            "orgexport/retrying acme Running 36% 42/100 MiB 2 MiB/s 29s 25s RetryingStep: try 2 follows; "
            "pod exp-acme-1-files-bb940afc-0-1 failed: exit code 75",
        ),
        ("suspended", "orgexport/suspended acme Suspended 36% 42/100 MiB 25s Suspended: spec.suspend is true"),
        (
            "writing_the_json",
            "orgexport/writing-the-json acme Running 88% 200/500 documents 45s 1m ExportingDatabase",
        ),
        ("rolling_back", "orgimport/rolling-back acme RollingBack 80% 1m RollingBack"),
        ("failed", "orgexport/failed acme Failed 5% 0/100 MiB 35s AccessDenied: PutObject: 403"),
        ("rolled_back", "orgimport/rolled-back acme Failed 80% 0/500 documents 1m AccessDenied: PutObject: 403"),
        ("exported", "orgexport/exported acme Succeeded 100% 107 objects, 0 B 1m Exported"),
        ("imported", "orgimport/imported acme Succeeded 100% 107 objects, 0 B 1m Imported"),
        (
            "already_exported",
            "orgexport/already-exported acme Succeeded 100% 107 objects, 0 B 5s AlreadyExported: 3 days ago",
        ),
        ("planned_only", "orgexport/planned-only acme Succeeded 100% to copy: 100 objects, 100 MiB 5s Planned"),
    ],
)
def test_a_run_is_a_line(which: str, expected: str) -> None:
    assert line(which).startswith(expected)


def test_no_state_is_left_out_here() -> None:
    assert len(ROWS) == len(MAKERS) == len(PHASES)


def test_columns_stand_under_their_headings_and_runs_under_way_come_first() -> None:
    heading, *lines = columns(ROWS, True).splitlines()
    start = heading.index("PHASE")
    assert [found[start:].split()[0] for found in lines] == [found.phase for found in ROWS]
    assert heading.split()[0] == "NAMESPACE"
    assert [found.has_ended for found in ROWS] == sorted(found.has_ended for found in ROWS)


def test_a_column_that_nobody_fills_is_left_out() -> None:
    assert "RATE" not in columns([row("failed")], False)
    assert "RATE" in columns([row("copying")], False)


def test_plain_text_has_neither_colours_nor_bars() -> None:
    text = shown(ROWS, Wanted(), io.StringIO(), "x")
    assert re.fullmatch(r"[\x20-\x7e\n]*", text)


@pytest.mark.parametrize("width", [100, 120, 160])
def test_a_terminal_gets_bars_that_fit(width: int) -> None:
    console = Console(width=width, file=io.StringIO(), force_terminal=True)
    with console.capture() as captured:
        console.print(table(ROWS, True))
    text = re.sub(r"\x1b\[[0-9;]*m", "", captured.get())
    assert max(map(len, text.splitlines())) <= width
    assert text.count("━") > 100
    for found in ROWS:
        assert found.reason in text
    assert "orgexport/failed: PutObject: 403" in text


def test_json_has_every_number() -> None:
    (found,) = json.loads(shown([row("copying")], Wanted(output="json"), io.StringIO(), "x"))
    assert found == {
        "kind": "OrgExport", "namespace": "btrix", "name": "copying", "org": "acme", "phase": "Running",
        "step": "files", "attempt": 1, "reason": "CopyingFiles", "message": "42 of 100 objects, 42 of 100 MiB",
        "hasEnded": False, "percent": 36, "objectsDone": 42, "objectsTotal": 100, "objectsPresent": 7,
        "bytesDone": 42 * 2**20, "bytesTotal": 100 * 2**20, "documentsDone": 0, "documentsTotal": 500,
        "estimatedCompletionTime": "2026-11-24T12:00:54Z", "bytesPerSecond": 2 * 2**20,
        "secondsLeft": 29, "secondsTaken": 25,
    }  # fmt: skip


def test_json_of_nothing_is_an_empty_list_and_text_says_so() -> None:
    assert json.loads(shown([], Wanted(output="json"), io.StringIO(), "x")) == []
    assert shown([], Wanted(), io.StringIO(), "the namespace x") == f"{NOTHING} in the namespace x\n"


class Terminal(io.StringIO):
    """What a person sits at."""

    def isatty(self) -> bool:
        return True


class Film:
    """Rows of one moment after the other, and sleeps that take no time."""

    def __init__(self, *scenes: Sequence[Row] | Exception) -> None:
        self.scenes = list(scenes)
        self.slept = 0.0

    async def read(self) -> list[Row]:
        scene = self.scenes.pop(0)
        if isinstance(scene, Exception):
            raise scene
        return list(scene)

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds


async def test_a_watch_tells_what_is_new_and_ends_with_the_last_run() -> None:
    copying, exported = row("copying"), row("exported")
    film, out = Film([copying], [copying], [exported, copying], [exported]), io.StringIO()
    last = await watch(film.read, Wanted(), out, film.sleep)
    assert last == [exported]
    assert film.scenes == []
    assert out.getvalue().splitlines() == [
        "2026-11-24T12:00:25Z btrix orgexport/copying Running: 36% 42/100 MiB, 2 MiB/s, 29s left, CopyingFiles",
        "2026-11-24T12:01:35Z btrix orgexport/exported Succeeded: 100% 107 objects, 0 B, Exported",
    ]


async def test_a_watch_for_programs_is_an_object_a_line() -> None:
    out = io.StringIO()
    film = Film([row("copying")], [row("failed")])
    await watch(film.read, Wanted(output="json"), out, film.sleep)
    assert [json.loads(found)["phase"] for found in out.getvalue().splitlines()] == ["Running", "Failed"]


async def test_a_watch_on_a_terminal_is_written_over_in_its_place() -> None:
    out = Terminal()
    film = Film([row("copying")], [row("exported")])
    await watch(film.read, Wanted(), out, film.sleep)
    assert "\x1b[2K" in out.getvalue() or "\x1b[1A" in out.getvalue()
    assert "orgexport/exported" in out.getvalue()


async def test_a_watch_outlives_an_api_server_that_is_away() -> None:
    away = [ConnectionRefusedError(), TimeoutError(), ApiException(status=503)]
    film = Film([row("copying")], *away, [row("exported")])
    assert [found.phase for found in await watch(film.read, Wanted(), io.StringIO(), film.sleep)] == ["Succeeded"]


async def test_a_watch_gives_an_api_server_up_after_a_minute() -> None:
    film = Film([row("copying")], *[ConnectionRefusedError()] * (PATIENCE + 1))
    with pytest.raises(ConnectionRefusedError):
        await watch(film.read, Wanted(), io.StringIO(), film.sleep)
    assert film.slept >= 60


async def test_a_watch_ends_at_once_where_it_may_not_read() -> None:
    film = Film([row("copying")], ApiException(status=403))
    with pytest.raises(ApiException):
        await watch(film.read, Wanted(), io.StringIO(), film.sleep)
