"""Tables on disk, for an organization may have a million objects and a pod has little memory."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from orgport.archive.inventory import InventoryLine, encode_line
from orgport.browsertrix.references import UNKNOWN_SIZE
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


@dataclass(slots=True)
class Wanted:
    """An object that records name. `section` and `document` are of the first that does."""

    storage: str
    key: str
    size: int
    """Bytes; UNKNOWN_SIZE where the records do not know or disagree."""
    sha256: str
    replicas: tuple[str, ...]
    section: str
    document: Any
    referrers: int = 1

    def fits(self, size: int) -> bool:
        return self.size < 0 or self.size == size


class WantedTable(Table):
    """The objects that records name, by storage and key."""

    columns = """
        CREATE TABLE wanted (storage BLOB, key BLOB, size, sha256, replicas, section, document, is_uuid, referrers,
                             PRIMARY KEY (storage, key)) WITHOUT ROWID
    """

    def add(self, wanted: Wanted) -> None:
        """Remember the object, or count one more reference to it."""
        document, is_uuid = str(wanted.document), isinstance(wanted.document, UUID)
        self._do(
            f"""
            INSERT INTO wanted VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET
            referrers = referrers + 1, size = CASE size WHEN excluded.size THEN size ELSE {UNKNOWN_SIZE} END
            """,
            *(wanted.storage.encode(), in_order(wanted.key), wanted.size, wanted.sha256),
            *("\n".join(wanted.replicas), wanted.section, document, is_uuid),
        )

    def storages(self) -> set[str]:
        return {storage.decode() for (storage,) in self._do("SELECT DISTINCT storage FROM wanted")}

    def of(self, storage: str) -> Iterator[Wanted]:
        """The objects in one storage, in the order of their keys' UTF-8 bytes."""
        for row in self._do("SELECT * FROM wanted WHERE storage = ? ORDER BY key", storage.encode()):
            _, key, size, sha256, replicas, section, document, is_uuid, referrers = row
            yield Wanted(
                storage=storage,
                key=key.decode("utf-8", "surrogatepass"),
                size=size,
                sha256=sha256,
                replicas=tuple(replicas.split("\n")) if replicas else (),
                section=section,
                document=UUID(document) if is_uuid else document,
                referrers=referrers,
            )


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


class LineTable(Table):
    """Lines of an inventory, sorted by key and storage."""

    columns = "CREATE TABLE lines (key BLOB, storage BLOB, line BLOB, PRIMARY KEY (key, storage)) WITHOUT ROWID"

    def add(self, line: InventoryLine) -> None:
        self._do("INSERT INTO lines VALUES (?, ?, ?)", in_order(line.key), line.storage.encode(), encode_line(line))

    def __iter__(self) -> Iterator[bytes]:
        return (line for (line,) in self._do("SELECT line FROM lines ORDER BY key, storage"))
