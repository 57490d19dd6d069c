"""`orgport verify`: the checks of each resource of a file, as a table or as JSON."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orgport.worker.context import Progress
from orgport.worker.terminal import FRAME_SECONDS, Document, inputs_of, with_document
from orgport.worker.verify import verify
from orgport.worker.verify_report import Verification

STYLES = {"ok": "green", "failed": "bold red", "skipped": "dim"}
WIDTH = 160
"""Of a table that no terminal shows."""


def main(file: str, secrets: Path | None, output: str, *, checksum: bool) -> int:
    """Verify the resources of a file ("-": standard input); 0 if all is well, 65 if something differs."""
    return with_document(file, lambda document: verify_all(document, secrets, output, sys.stdout, checksum=checksum))


async def verify_all(document: Document, secrets: Path | None, output: str, out: TextIO, *, checksum: bool) -> int:
    """Verify one resource after the other; the first exit code that is not 0."""
    inputs, code = inputs_of(document, secrets), 0
    for resource in document.resources:
        async with _shown(Console(stderr=True)) as watch:
            found = await verify(resource, inputs, checksum=checksum, observe=watch.observe)
        out.write(inputs.redactor(as_json(found) if output == "json" else as_table(found, out)))
        code = code or found.exit_code
    return code


def as_json(body: Verification) -> str:
    """For programs: one object a resource."""
    return orjson.dumps(body.dump(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def as_table(found: Verification, out: TextIO) -> str:
    """For people."""
    table = Table("Check", "Result", "Numbers", "Message", box=None, pad_edge=False)
    for check in found.checks:
        numbers = ", ".join(f"{count} {name}" for name, count in check.numbers.items())
        table.add_row(check.name, Text(check.state, STYLES[check.state]), numbers, Text(check.message))
    console = console_for(out)
    with console.capture() as captured:
        console.print(Text(f"{found.kind} {found.name}: {found.subject}"))
        console.print(table)
        console.print(*_answer(found), sep="\n")
    return captured.get()


def console_for(out: TextIO) -> Console:
    """A console of a width that needs no terminal."""
    return Console(file=out) if out.isatty() else Console(file=out, width=WIDTH)


def _answer(found: Verification) -> list[Text]:
    if found.reasons is None:
        return [Text("Everything is there." if found.is_well else "Something differs.")]
    if not found.reasons:
        return [Text("May the source be deleted? Yes: the target holds what the source gave.")]
    return [Text("May the source be deleted? No:"), *(Text(f"  - {reason}") for reason in found.reasons)]


@dataclass
class Watch:
    """What is under way, for a terminal."""

    progress: Progress | None = None

    def observe(self, progress: Progress) -> None:
        self.progress = progress

    @property
    def line(self) -> str:
        return (self.progress.message if self.progress else "") or "verifying"


@asynccontextmanager
async def _shown(console: Console) -> AsyncIterator[Watch]:
    """Say on a terminal what is under way."""
    watch = Watch()
    with console.status(watch.line) as status:

        async def follow() -> Any:
            while True:
                status.update(Text(watch.line))
                await asyncio.sleep(FRAME_SECONDS)

        following = asyncio.create_task(follow())
        try:
            yield watch
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
