"""docs/reliability.md, written from what was seen."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from tests.chaos.campaign import Record
from tests.chaos.places import PLACES
from tests.cluster.settings import REPOSITORY

PAGE = REPOSITORY / "docs" / "reliability.md"
TEXT = """\
# Reliability

What was done to runs, and how long after it they had succeeded. Every run was held in the middle of a step, by a gate
between it and the store or the database; then the fault came, and the gate was opened. The cells are seconds from
the fault to the end of the run; pods that failed on the way, and are counted as such, stand behind a plus sign.

After each, the archive was compared with that of an undisturbed export, or the organization with its source, document
by document and object by object, and there was no second Job of a step, no unfinished upload, and, once the resource
was deleted, no Job, Lease, ServiceAccount, Role or RoleBinding.

`make chaos` does all of it on the embedded cluster and writes this page; `make test` does eight of the cells. The
times are those of one machine with {cores} cores on {date}, on which up to six runs went on at once. The node was away
for 30 s, the API server for 60 s, stores and databases for 30 s. Keys were rotated as careful administrators do it: the
Secrets first, the store 90 s later, which the time includes.

| What happened | {heads} |
|---|{rules}
"""


def write(records: Iterable[Record]) -> None:
    """Write the page of these records; a cell without one is empty."""
    rows = list(records)
    heads = " | ".join(str(place).replace("-", ", ") for place in PLACES)
    head = TEXT.format(
        cores=os.cpu_count(), date=f"{datetime.now(UTC):%Y-%m-%d}", heads=heads, rules="---|" * len(PLACES)
    )
    PAGE.write_text(head + "".join(lines(rows)))


def lines(records: list[Record]) -> Iterator[str]:
    for what in dict.fromkeys(record.what for record in records):
        mine = {record.place: record for record in records if record.what == what}
        cells = [shown(mine[place]) if place in mine else "" for place in PLACES]
        yield f"| {what} | {' | '.join(cells)} |\n"


def shown(record: Record) -> str:
    return f"{record.seconds:.0f}" + (f" +{record.failed_pods}" if record.failed_pods else "")
