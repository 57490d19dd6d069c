"""What an export keeps on disk: the objects that records name, and the lines of its inventory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from orgport.archive.inventory import InventoryLine, encode_line
from orgport.browsertrix.references import UNKNOWN_SIZE
from orgport.transfer.inventory import in_order
from orgport.transfer.table import Table


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


class PairTable(Table):
    """ETags of objects in storages and of their copies, where the two differ and are known to be of one content."""

    columns = """
        CREATE TABLE pairs (storage BLOB, key BLOB, source_etag TEXT, etag TEXT,
                            PRIMARY KEY (storage, key)) WITHOUT ROWID
    """

    def __init__(self) -> None:
        super().__init__()
        self._is_empty = True

    def add(self, line: InventoryLine) -> None:
        row = line.storage.encode(), in_order(line.key), line.source_etag, line.etag
        self._do("INSERT OR REPLACE INTO pairs VALUES (?, ?, ?, ?)", *row)
        self._is_empty = False

    def get(self, storage: str, key: str, source_etag: str) -> str | None:
        """The copy's ETag, if the storage's object has that one still."""
        if self._is_empty:
            return None
        rows = self._do("SELECT * FROM pairs WHERE storage = ? AND key = ?", storage.encode(), in_order(key))
        return next((str(etag) for _, _, before, etag in rows if before == source_etag), None)


class LineTable(Table):
    """Lines of an inventory, sorted by key and storage."""

    columns = "CREATE TABLE lines (key BLOB, storage BLOB, line BLOB, PRIMARY KEY (key, storage)) WITHOUT ROWID"

    def add(self, line: InventoryLine) -> None:
        row = in_order(line.key), line.storage.encode(), encode_line(line)
        self._do("INSERT OR REPLACE INTO lines VALUES (?, ?, ?)", *row)

    def __iter__(self) -> Iterator[bytes]:
        return (line for (line,) in self._do("SELECT line FROM lines ORDER BY key, storage"))
