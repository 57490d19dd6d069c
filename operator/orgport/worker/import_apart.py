"""Objects of an archive that come from places of their own, by where they go: on disk, for they may be many."""

from __future__ import annotations

from orgport.transfer.inventory import Entry, in_order
from orgport.transfer.table import Table


class Apart(Table):
    """By the target's storage and key; the first of a key stays."""

    columns = """
        CREATE TABLE apart (storage TEXT, key BLOB, at TEXT, size INTEGER, etag TEXT,
                            PRIMARY KEY (storage, key)) WITHOUT ROWID
    """

    def __init__(self) -> None:
        super().__init__()
        self._is_empty = True

    def add(self, storage: str, entry: Entry) -> None:
        row = storage, in_order(entry.key), entry.at, entry.size, entry.etag
        self._do("INSERT OR IGNORE INTO apart VALUES (?, ?, ?, ?, ?)", *row)
        self._is_empty = False

    def get(self, storage: str, key: str) -> Entry | None:
        if self._is_empty:
            return None
        rows = self._do("SELECT at, size, etag FROM apart WHERE storage = ? AND key = ?", storage, in_order(key))
        return next((Entry(key, *row) for row in rows), None)
