"""`orgport status`: all runs as a table, once or until they have ended; with bars on a terminal, as lines elsewhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TextIO

from kubernetes.aio.client.exceptions import ApiException
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from orgport.cli.connection import Connection
from orgport.cli.errors import FOREIGN
from orgport.cli.reading import read_runs
from orgport.cli.runs import HEADINGS, Row, Target, aligned, cells, chosen, rows_of, why

POLL_SECONDS = 2.0
PATIENCE = 30
BAR_WIDTH = 12
WHOLE = ("PHASE", "RATE", "LEFT", "AGE", "REASON")
STYLES = {"Succeeded": "green", "Failed": "bold red", "Running": "cyan", "Suspended": "yellow", "RollingBack": "yellow"}
NOTHING = "there is no OrgExport and no OrgImport"

Read = Callable[[], Awaitable[list[Row]]]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Wanted:
    """Which runs, and how they are shown."""

    targets: Sequence[Target] = ()
    all_namespaces: bool = False
    watch: bool = False
    output: str = "table"


async def status(connection: Connection, wanted: Wanted, out: TextIO, now: Callable[[], datetime]) -> int:
    """Show the runs; returns 1 if one was watched to its failure."""
    namespace = None if wanted.all_namespaces else connection.namespace
    where = "any namespace" if namespace is None else f"the namespace {namespace}"

    async def read() -> list[Row]:
        found = await read_runs(connection.kube, namespace)
        return rows_of(chosen(found, wanted.targets, where), now())

    if not wanted.watch:
        out.write(shown(await read(), wanted, out, where))
        return 0
    rows = await watch(read, wanted, out, asyncio.sleep)
    return int(any(row.phase == "Failed" for row in rows))


def shown(rows: Sequence[Row], wanted: Wanted, out: TextIO, where: str) -> str:
    """The rows as text: JSON, a table for a terminal, or plain columns."""
    if wanted.output == "json":
        return json.dumps([row.dump() for row in rows], indent=2) + "\n"
    if not rows:
        return f"{NOTHING} in {where}\n"
    if out.isatty():
        console = Console(file=out)
        with console.capture() as captured:
            console.print(table(rows, wanted.all_namespaces))
        return captured.get()
    return columns(rows, wanted.all_namespaces)


def columns(rows: Sequence[Row], all_namespaces: bool) -> str:
    """For pipes and logs: a line a run, nothing cut."""
    headings = ["NAMESPACE", *HEADINGS] if all_namespaces else list(HEADINGS)
    lines = [[row.namespace, *cells(row)] if all_namespaces else cells(row) for row in rows]
    return aligned([headings, *lines])


def table(rows: Sequence[Row], all_namespaces: bool) -> Group:
    """For a terminal: with bars and colours, and messages below, where there is room for them."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("NAMESPACE", *HEADINGS) if all_namespaces else HEADINGS:
        made.add_column(heading, overflow="fold", no_wrap=heading in WHOLE)
    for row in rows:
        name, org, phase, progress, rate, left, age, _ = cells(row)
        place = [Text(row.namespace)] if all_namespaces else []
        coloured, others = Text(phase, STYLES.get(phase, "")), map(Text, (rate, left, age, row.reason))
        made.add_row(*place, Text(name), Text(org), coloured, _bar(row, progress), *others)
    said = [Text(f"{row.title}: {row.message}", STYLES.get(row.phase, "")) for row in rows if row.reason != why(row)]
    return Group(made, *([Text("")] if said else []), *said)


def _bar(row: Row, words: str) -> Table:
    style = STYLES.get(row.phase, "")
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=BAR_WIDTH)
    grid.add_column(overflow="fold")
    grid.add_row(ProgressBar(100, row.progress.percent, complete_style=style, finished_style=style), Text(words))
    return grid


def words(row: Row) -> str:
    """A run as a sentence, for a log."""
    _, _, phase, progress, rate, left, _, reason = cells(row)
    numbers = (progress, rate, f"{left} left" if left else "", reason)
    return f"{row.namespace} {row.title} {phase}: {', '.join(filter(None, numbers))}"


def stamped(row: Row) -> str:
    return f"{row.now:%Y-%m-%dT%H:%M:%SZ} {words(row)}"


def as_json_line(row: Row) -> str:
    return json.dumps(row.dump())


@dataclass
class News:
    """Tells of every run that is not as it was: time that passes is no news."""

    tell: Callable[[Row], str]
    _known: dict[str, str] = field(default_factory=dict)

    def lines(self, rows: Sequence[Row]) -> list[str]:
        before, self._known = self._known, {f"{row.namespace}/{row.title}": words(row) for row in rows}
        changed = (row for row in rows if before.get(key := f"{row.namespace}/{row.title}") != self._known[key])
        return [self.tell(row) for row in changed]


async def watch(read: Read, wanted: Wanted, out: TextIO, sleep: Sleep) -> list[Row]:
    """Show the runs until all have ended; returns them as they are then."""
    if out.isatty() and wanted.output == "table":
        console = Console(file=out)
        with Live(console=console, auto_refresh=False) as live:
            return await follow(read, lambda rows: live.update(_picture(rows, wanted), refresh=True), sleep)
    news = News(as_json_line if wanted.output == "json" else stamped)

    def tell(rows: Sequence[Row]) -> None:
        out.writelines(f"{line}\n" for line in news.lines(rows))
        out.flush()

    return await follow(read, tell, sleep)


def _picture(rows: Sequence[Row], wanted: Wanted) -> Group | Text:
    return table(rows, wanted.all_namespaces) if rows else Text(NOTHING)


async def follow(read: Read, show: Callable[[Sequence[Row]], None], sleep: Sleep) -> list[Row]:
    """Read and show until all runs have ended."""
    while True:
        rows = await patiently(read, sleep)
        show(rows)
        if all(row.has_ended for row in rows):
            return rows
        await sleep(POLL_SECONDS)


async def patiently(read: Read, sleep: Sleep) -> list[Row]:
    """Read; an API server that is away for a minute does not end a watch of hours."""
    for _ in range(PATIENCE):
        try:
            return await read()
        except FOREIGN as error:
            if isinstance(error, ApiException) and error.status in (401, 403, 404):
                raise
        await sleep(POLL_SECONDS)
    return await read()
