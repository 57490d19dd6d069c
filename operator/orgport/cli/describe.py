"""`orgport describe NAME`: one run's steps, pods, last messages, result, and what to do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TextIO

from orgport.cli.connection import Connection
from orgport.cli.description import facts
from orgport.cli.prose import as_text
from orgport.cli.reading import read_around, read_runs
from orgport.cli.runs import Target, chosen


async def describe(connection: Connection, targets: Sequence[Target], output: str, out: TextIO, now: datetime) -> int:
    """Describe the runs that are named: an export and an import may share a name."""
    found = await read_runs(connection.kube, connection.namespace)
    described = []
    for resource in chosen(found, targets, f"the namespace {connection.namespace}"):
        around = await read_around(connection.kube, resource)
        described.append(facts(resource, around, now) if output == "json" else as_text(resource, around, now))
    out.write(json.dumps(described, indent=2) + "\n" if output == "json" else "\n".join(map(str, described)))
    return 0
