"""Tables on disk, for an organization may have a million objects and a pod has little memory."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from orgport.transfer.inventory import in_order
from orgport.transfer.worklists import OBJECT_COST, WorkItem


class Table:
    """A table in a file of its own, which SQLite makes and removes; texts that are sorted by are kept as bytes."""

    columns = ""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("")
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(self.columns)

    def close(self) -> None:
        self._connection.close()

    def _do(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)


class WorkTable(Table):
    """What is to be copied."""

    columns = """
        CREATE TABLE items (leg INTEGER, destination BLOB, source TEXT, size INTEGER, etag TEXT, sha256 TEXT,
                            PRIMARY KEY (leg, destination)) WITHOUT ROWID;
        CREATE TABLE dealt (pod INTEGER, leg INTEGER, destination BLOB,
                            PRIMARY KEY (pod, leg, destination)) WITHOUT ROWID;
    """

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.bytes = 0

    def add(self, item: WorkItem) -> None:
        self.count += 1
        self.bytes += item.size
        row = (item.leg, in_order(item.destination), item.source, item.size, item.etag, item.sha256)
        self._do("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?)", *row)

    def __iter__(self) -> Iterator[WorkItem]:
        return map(_item, self._do("SELECT * FROM items ORDER BY leg, destination"))

    def split(self, pods: int) -> Iterator[Iterator[WorkItem]]:
        """The items of each pod, sorted; of about the same work, the largest being dealt first."""
        rows = self._do("SELECT size, leg, destination FROM items ORDER BY size DESC, leg, destination")
        dealt = ((pod, leg, destination) for pod, (_, leg, destination) in _deal(rows, pods))
        self._connection.executemany("INSERT INTO dealt VALUES (?, ?, ?)", dealt)
        for pod in range(pods):
            joined = self._do(
                "SELECT items.* FROM dealt JOIN items USING (leg, destination) WHERE pod = ? ORDER BY leg, destination",
                pod,
            )
            yield map(_item, joined)


def _deal(rows: Iterable[tuple[int, int, bytes]], pods: int) -> Iterator[tuple[int, tuple[int, int, bytes]]]:
    loads = [(0, pod) for pod in range(pods)]
    for row in rows:
        load, pod = loads[0]
        heapq.heapreplace(loads, (load + row[0] + OBJECT_COST, pod))
        yield pod, row


def _item(row: tuple[int, bytes, str, int, str, str]) -> WorkItem:
    leg, destination, source, size, etag, sha256 = row
    return WorkItem(leg, source, destination.decode("utf-8", "surrogatepass"), size, etag, sha256)
