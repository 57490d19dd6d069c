"""Copies on a store that answers late: orgport beside rclone, s5cmd and aws, in one run, and what each asks for.

`python -m bench latency [ROUNDS]`: the store's answers are canned, so that its own work is next to nothing.
"""

from __future__ import annotations

import json
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.s3.canned import ASKED, PREFIX, SOURCE
from bench.s3.tools import TOOLS, Job, environment, install
from bench.usage import Usage, compared, measured
from tests.organizations.buckets import Store
from tests.servers import ACCESS_KEY, SECRET_KEY, module

MILLISECONDS = (0, 20, 100)
OBJECTS = 5000


@dataclass
class Figures:
    """Of one tool on one store: what each round took, and the requests of the last one."""

    usages: list[Usage] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)


@contextmanager
def canned(folder: Path, milliseconds: int) -> Iterator[str]:
    """The store's endpoint."""
    with module("bench.s3.canned", folder, OBJECTS, milliseconds) as address:
        yield f"http://{address}"


def measure(endpoint: str, folder: Path, rounds: int) -> dict[str, Figures]:
    """Every tool, round by round in turn, into an empty bucket."""
    figures = {tool: Figures() for tool in TOOLS}
    for number in range(rounds):
        for tool, command_of in TOOLS.items():
            bucket = f"{tool}-{number}"
            Store(endpoint, ACCESS_KEY, SECRET_KEY).make_bucket(bucket)
            command = command_of(Job(f"{SOURCE}/{PREFIX}", f"{bucket}/{PREFIX}", endpoint, endpoint))
            assert command is not None
            asked(endpoint)
            figures[tool].usages.append(measured(command, folder / "tool.log", environment()))
            figures[tool].asked = asked(endpoint)
            print(f"  {tool}: {figures[tool].usages[-1]} {figures[tool].asked}", flush=True)
    return figures


def asked(endpoint: str) -> dict[str, int]:
    """What the store was asked for since the last time."""
    with urllib.request.urlopen(endpoint + ASKED) as answer:
        counts: dict[str, int] = json.load(answer)
    return counts


def rows(milliseconds: int, figures: dict[str, Figures]) -> Iterator[str]:
    for tool, found in figures.items():
        title = f"{OBJECTS} copies, {milliseconds} ms" if tool == "orgport" else ""
        requests = ", ".join(f"{count} {operation}" for operation, count in sorted(found.asked.items()))
        yield f"| {' | '.join([title, tool, *compared(found.usages, figures['orgport'].usages), requests])} |"


def main(rounds: str = "5") -> None:
    """Measure at every latency, and print the table."""
    install()
    lines = [
        "| what | tool | wall, s | ratio | processor, s | ratio | peak, MiB | requests |",
        "|---|---|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory(prefix="orgport-bench-") as folder:
        for milliseconds in MILLISECONDS:
            with canned(Path(folder), milliseconds) as endpoint:
                lines += rows(milliseconds, measure(endpoint, Path(folder), int(rounds)))
    print("\n".join(lines))
