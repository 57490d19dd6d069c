"""What is too long for a pod's memory, on its disk."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

Left = TypeVar("Left")
Right = TypeVar("Right")


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


class PairedTable(Table, Generic[Left, Right]):
    """What two sides have under a key. Only this process reads what it writes."""

    columns = "CREATE TABLE pairs (rank BLOB PRIMARY KEY, ours BLOB, theirs BLOB) WITHOUT ROWID"

    def add_left(self, rank: bytes, item: Left) -> None:
        self._do("INSERT INTO pairs (rank, ours) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET ours = ?2", rank, _in(item))

    def add_right(self, rank: bytes, item: Right) -> None:
        self._do(
            "INSERT INTO pairs (rank, theirs) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET theirs = ?2", rank, _in(item)
        )

    def __iter__(self) -> Iterator[tuple[Left | None, Right | None]]:
        """In the order of the ranks."""
        for ours, theirs in self._do("SELECT ours, theirs FROM pairs ORDER BY rank"):
            yield _out(ours), _out(theirs)


def _in(item: object) -> bytes:
    return pickle.dumps(item, pickle.HIGHEST_PROTOCOL)


def _out(data: bytes | None) -> Any:
    return None if data is None else pickle.loads(data)
