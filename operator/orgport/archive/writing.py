"""The writer of org-export.json: a stream that Browsertrix's POST /api/orgs/import/json takes.

    {"data": {
    "dbVersion": "0058",
    "org": {...},
    "profiles": [                      and the other sections that Browsertrix knows, all of them, in its order
    {...},
    {...}
    ],
    ...
    "held": {                          what Browsertrix's importer would choke on, by section; it skips this member
    "pages": [
    {"rule": "...", "document": {...}}
    ]},
    "fileUploads": [                   sections that Browsertrix's importer skips
    ]},
    "orgport": {"formatVersion": 1, "counts": {"profiles": 2, ...}}}

One document a line; commas come from what was written, never from a count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from orgport.archive.encoding import encode
from orgport.browsertrix.sections import UPSTREAM_SECTIONS

FORMAT_VERSION = 1
HELD = "held."
"""Begins the name of a section with documents that Browsertrix's importer refuses: "held.pages"."""
BUFFER_BYTES = 1 << 20

Sink = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True)
class Written:
    """What became of the documents. `documents` counts them by section, without the organization itself."""

    size: int
    sha256: str
    documents: dict[str, int]


class ExportWriter:
    """Writes sections in the order they are begun; those of Browsertrix that were left out are written empty.

    `sink` takes the bytes in pieces of about BUFFER_BYTES. Its size, hash and counts are taken on the way.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer = bytearray()
        self._hash = hashlib.sha256()
        self._size = 0
        self._counts: dict[str, int] = {}
        self._section: str | None = None
        self._pending = [section.name for section in UPSTREAM_SECTIONS]

    async def begin(self, db_version: str, organization: Mapping[str, Any]) -> None:
        """The head: version and organization."""
        await self._put(b'{"data": {\n"dbVersion": %b,\n"org": %b' % (orjson.dumps(db_version), encode(organization)))

    async def section(self, name: str) -> None:
        """End the section before and begin this one; ValueError where Browsertrix's order is broken."""
        if name in self._counts:
            raise ValueError(f"section {name} was written before")
        if name in self._pending:
            while self._pending[0] != name:
                await self._open(self._pending[0])
        else:
            await self._open_pending()
            if any(section.name == name for section in UPSTREAM_SECTIONS):
                raise ValueError(f"section {name} comes too late")
        await self._open(name)

    async def add(self, document: Mapping[str, Any]) -> None:
        """A document of the section."""
        await self.add_lines(encode(document), 1)

    async def add_lines(self, lines: bytes, count: int) -> None:
        """So many documents of the section, each as `encode` gives it, with ",\\n" between them."""
        if self._section is None:
            raise ValueError("no section was begun")
        if count:
            self._buffer += b",\n" if self._counts[self._section] else b"\n"
            self._counts[self._section] += count
            await self._put(lines)

    async def finish(self) -> Written:
        """The tail, with the counts."""
        await self._open_pending()
        end = b"\n]}" if self._is_held else b"\n]"
        tail = {"formatVersion": FORMAT_VERSION, "counts": self._counts}
        await self._put(end + b'},\n"orgport": %b}' % orjson.dumps(tail))
        await self._flush()
        return Written(self._size, self._hash.hexdigest(), dict(self._counts))

    async def _open_pending(self) -> None:
        while self._pending:
            await self._open(self._pending[0])

    async def _open(self, name: str) -> None:
        if name in self._pending:
            self._pending.remove(name)
        before = self._section
        self._section = name
        self._counts[name] = 0
        await self._put(_between(before, name) + b"%b: [" % orjson.dumps(name.removeprefix(HELD)))

    @property
    def _is_held(self) -> bool:
        return self._section is not None and self._section.startswith(HELD)

    async def _put(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) >= BUFFER_BYTES:
            await self._flush()

    async def _flush(self) -> None:
        data = bytes(self._buffer)
        self._buffer.clear()
        self._hash.update(data)
        self._size += len(data)
        await self._sink(data)


def _between(before: str | None, name: str) -> bytes:
    """What stands between two sections: the end of one array, and of "held" or its beginning where it changes."""
    was_held, is_held = (section is not None and section.startswith(HELD) for section in (before, name))
    end = b"" if before is None else b"\n]"
    if was_held and not is_held:
        end += b"}"
    return end + (b',\n"held": {\n' if is_held and not was_held else b",\n")
