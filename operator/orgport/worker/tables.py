"""Tables on disk, for an organization may have a million objects and a pod has little memory."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from orgport.transfer.inventory import in_order
from orgport.transfer.table import Table
from orgport.transfer.worklists import OBJECT_COST, WorkItem


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
        """Remember the item; a store that lists keys out of order may list one twice."""
        row = (item.leg, in_order(item.destination), item.source, item.size, item.etag, item.sha256)
        added = self._do("INSERT OR IGNORE INTO items VALUES (?, ?, ?, ?, ?, ?)", *row).rowcount
        self.count += added
        self.bytes += item.size * added

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
