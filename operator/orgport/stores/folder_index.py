"""What a folder of objects knows of them: SQLite in `.orgport/index.sqlite3`, which a killed process leaves sound."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import md5
from pathlib import Path
from typing import Any

from orgport.stores.folder_names import folded, folders_of, natural, stand_in
from orgport.stores.s3_model import Head

TABLES = """
    CREATE TABLE IF NOT EXISTS objects (
        key BLOB PRIMARY KEY, file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, part_bytes INTEGER,
        head TEXT NOT NULL, tags TEXT NOT NULL, modified INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS names (folded TEXT PRIMARY KEY, key BLOB) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS uploads (id TEXT PRIMARY KEY, headers TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS parts (
        upload TEXT, number INTEGER, size INTEGER NOT NULL, md5 BLOB NOT NULL,
        PRIMARY KEY (upload, number)) WITHOUT ROWID;
"""
"""`names`: which key has a path, as file systems compare them; NULL: it is a folder."""

ADOPTED, BEGUN, WHOLE = 0, 1, 2
"""Of an index: made of files that were there; a pull is under way, or was broken off; a pull has ended well."""


@dataclass(frozen=True)
class Record:
    """An object of the folder. `file`: its path there; `part_bytes`: of one that its source had in parts."""

    key: str
    file: str
    size: int
    etag: str
    modified: int
    """Of the file, in nanoseconds: what has another one is read again before it is believed."""
    part_bytes: int | None = None
    content_type: str = "application/octet-stream"
    headers: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def head(self) -> Head:
        return Head(self.size, self.etag, self.content_type, self.headers, self.metadata, tag_count=len(self.tags))


class Index:
    """The index of one folder; one process at a time has it."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None, timeout=0)
        self._connection.executescript(
            f"PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; {TABLES}"
        )
        self._connection.execute("BEGIN IMMEDIATE").execute("COMMIT")

    def close(self) -> None:
        self._connection.close()

    @property
    def state(self) -> int:
        found: int = self._do("PRAGMA user_version").fetchone()[0]
        return found

    @state.setter
    def state(self, state: int) -> None:
        self._do(f"PRAGMA user_version = {state:d}")

    def find(self, key: str) -> Record | None:
        row = self._do("SELECT * FROM objects WHERE key = ?", _blob(key)).fetchone()
        return None if row is None else _record(row)

    def records(self, prefix: str = "") -> Iterator[Record]:
        """Every object whose key begins with the prefix, in the order of the keys' bytes."""
        first = _blob(prefix)
        for row in self._do("SELECT * FROM objects WHERE key >= ? ORDER BY key", first):
            if not row[0].startswith(first):
                return
            yield _record(row)

    def knows_file(self, file: str) -> bool:
        """Whether the path is that of an object."""
        found = self._do("SELECT key FROM names WHERE folded = ?", folded(file)).fetchone()
        return found is not None and found[0] is not None

    def put(self, record: Record) -> None:
        head = json.dumps([record.content_type, record.headers, record.metadata])
        values = (record.size, record.etag, record.part_bytes, head, json.dumps(record.tags), record.modified)
        statement = "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        self._do(statement, _blob(record.key), record.file, *values)

    def remove(self, key: str) -> None:
        """Forget the object; its path stays its own."""
        self._do("DELETE FROM objects WHERE key = ?", _blob(key))

    def path_for(self, key: str, *, may_be_natural: bool = True) -> str:
        """The path that is the key's from now on: its own, unless another one has it, or is a folder there."""
        path = natural(key) if may_be_natural else None
        if path is None:
            return stand_in(key)
        with self._transaction():
            if not self._is_free(path, key):
                return stand_in(key)
            for folder in folders_of(path):
                self._do("INSERT OR IGNORE INTO names VALUES (?, NULL)", folded(folder))
            self._do("INSERT OR REPLACE INTO names VALUES (?, ?)", folded(path), _blob(key))
        return path

    def take(self, path: str) -> None:
        """Let the path be that of the key of the same name: a file lies there."""
        self._do("INSERT OR REPLACE INTO names VALUES (?, ?)", folded(path), _blob(path))

    def give_up(self, path: str) -> None:
        """Nothing lies under the path after all."""
        self._do("DELETE FROM names WHERE folded = ?", folded(path))

    def begin_upload(self, upload: str, headers: Mapping[str, str]) -> None:
        self._do("INSERT INTO uploads VALUES (?, ?)", upload, json.dumps(dict(headers)))

    def headers_of(self, upload: str) -> dict[str, str] | None:
        """None: there is no such upload."""
        row = self._do("SELECT headers FROM uploads WHERE id = ?", upload).fetchone()
        return None if row is None else json.loads(row[0])

    def add_part(self, upload: str, number: int, size: int, digest: bytes) -> None:
        self._do("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?)", upload, number, size, digest)

    def parts(self, upload: str) -> dict[int, tuple[int, bytes]]:
        """Sizes and MD5s by number."""
        rows = self._do("SELECT number, size, md5 FROM parts WHERE upload = ? ORDER BY number", upload)
        return {number: (size, digest) for number, size, digest in rows}

    def end_upload(self, upload: str) -> None:
        self._do("DELETE FROM parts WHERE upload = ?", upload)
        self._do("DELETE FROM uploads WHERE id = ?", upload)

    def _is_free(self, path: str, key: str) -> bool:
        taken = self._do("SELECT key FROM names WHERE folded = ?", folded(path)).fetchone()
        if taken is not None and taken[0] != _blob(key):
            return False
        above = (
            self._do("SELECT key FROM names WHERE folded = ?", folded(each)).fetchone() for each in folders_of(path)
        )
        return all(found is None or found[0] is None for found in above)

    def _transaction(self) -> sqlite3.Connection:
        self._do("BEGIN")
        return self._connection

    def _do(self, statement: str, *values: Any) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)


def etag_of(digests: list[bytes]) -> str:
    """The ETag that S3 gives an object that came in parts with these MD5s."""
    return f"{md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"


def _blob(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")


def _record(row: tuple[Any, ...]) -> Record:
    key, file, size, etag, part_bytes, head, tags, modified = row
    content_type, headers, metadata = json.loads(head)
    return Record(
        key.decode("utf-8", "surrogatepass"),
        file,
        size,
        etag,
        modified,
        part_bytes,
        content_type,
        headers,
        metadata,
        json.loads(tags),
    )
