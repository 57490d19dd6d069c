"""The inventory of an archive, objects.ndjson: a line an object, sorted by key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from orgport.api.failures import Failure
from orgport.api.reasons import Reason


@dataclass(frozen=True, slots=True)
class InventoryLine:
    """An object of the archive.

    `key` is the one that records use, "<org id>/..."; `at` is where it lies, below the archive's prefix. `etag` is the
    archive's, `source_etag` the storage's that it came from. `referrers` counts the references to it.
    """

    key: str
    at: str
    size: int
    etag: str
    source_etag: str
    storage: str
    referrers: int = 0
    sha256: str | None = None

    @property
    def order(self) -> tuple[str, str]:
        return self.key, self.storage


def encode_line(line: InventoryLine) -> bytes:
    """The line, with its line feed."""
    row: dict[str, Any] = {
        "key": line.key,
        "at": line.at,
        "size": line.size,
        "etag": line.etag,
        "sourceETag": line.source_etag,
        "sha256": line.sha256,
        "referrers": line.referrers,
        "storage": line.storage,
    }
    if line.sha256 is None:
        del row["sha256"]
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def decode_line(data: bytes) -> InventoryLine:
    """The object of a line; EXPORT_CORRUPT if it is not one."""
    try:
        row = orjson.loads(data)
        line = InventoryLine(
            row["key"],
            row["at"],
            row["size"],
            row["etag"],
            row["sourceETag"],
            row["storage"],
            row["referrers"],
            row.get("sha256"),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _corrupt(data) from None
    if not _is_sound(line):
        raise _corrupt(data)
    return line


def _is_sound(line: InventoryLine) -> bool:
    texts = (line.key, line.at, line.etag, line.source_etag, line.storage)
    numbers = (line.size, line.referrers)
    return (
        all(isinstance(text, str) for text in texts)
        and all(type(number) is int and number >= 0 for number in numbers)
        and bool(line.key and line.at)
        and (line.sha256 is None or isinstance(line.sha256, str))
    )


def _corrupt(data: bytes) -> Failure:
    shown = data[:80].decode(errors="replace").strip()
    return Failure(Reason.EXPORT_CORRUPT, f"the inventory has a line that is none: {shown!r}")


class InventoryTotals:
    """Count, size and hashes of an inventory, taken line by line.

    `digest` is the SHA-256 over [key, size] of every line: the same for every archive of the same objects, whatever the
    store makes of ETags.
    """

    def __init__(self) -> None:
        self.count = 0
        self.size = 0
        self._file = hashlib.sha256()
        self._digest = hashlib.sha256()

    def add(self, line: InventoryLine, encoded: bytes) -> None:
        self.count += 1
        self.size += line.size
        self._file.update(encoded)
        self._digest.update(orjson.dumps([line.key, line.size], option=orjson.OPT_APPEND_NEWLINE))

    @property
    def sha256(self) -> str:
        """Of the file."""
        return self._file.hexdigest()

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()
