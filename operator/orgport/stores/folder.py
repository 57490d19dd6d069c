"""A local folder in the place of a bucket: every key, with all that a store keeps of an object."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from orgport.stores.folder_files import (
    PIECE_BYTES,
    REFUSED_NAMES,
    FolderError,
    move_into,
    opened,
    told,
    write_all,
)
from orgport.stores.folder_index import BEGUN, Index, Record
from orgport.stores.folder_names import HOME
from orgport.stores.folder_upload import FolderUpload
from orgport.stores.s3_model import AlreadyThere, Head, Listed, NoSuchObject, Placement, SourceChanged, shown

METADATA = "x-amz-meta-"
TAGGING = "x-amz-tagging"
TYPE = "content-type"
INDEX = "index.sqlite3"


class Folder:
    """Objects below a folder. Nothing has its name before it is whole; the index knows what belongs to it."""

    placement = Placement()

    def __init__(self, root: Path, index: Index) -> None:
        self.root = root
        self.index = index
        self.notes = FolderNotes(root / HOME)
        self.to_fetch: set[str] = set()
        """Keys whose files are not what the index says: until they have come again they count as absent."""

    def find(self, key: str) -> Record | None:
        """The object's record; None: no such key."""
        return None if key in self.to_fetch else self.index.find(key)

    def url(self, key: str) -> str:
        """The object's file, for people."""
        record = self.find(key)
        return str(self.root / record.file) if record is not None else f"{self.root}: {shown(key)}"

    async def list(self, prefix: str) -> AsyncGenerator[Listed, None]:
        """Every object whose key begins with the prefix, in the order of the keys' bytes."""
        for record in self.index.records(prefix):
            if record.key not in self.to_fetch:
                yield Listed(record.key, record.size, record.etag)

    async def head(self, key: str, *, part: int | None = None) -> Head | None:
        """What is known of the object, or how large the parts are that its source had; None: no such key."""
        record = self.find(key)
        if record is None:
            return None
        if part is None or record.part_bytes is None:
            return record.head
        parts = -(-record.size // record.part_bytes)
        return replace(record.head, size=min(record.part_bytes, record.size), part_count=parts)

    async def stream(
        self, key: str, *, if_match: str | None = None, start: int = 0, end: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The bytes from start to before end. NoSuchObject, SourceChanged: the file is not what was indexed."""
        record = self.find(key)
        if record is None:
            raise NoSuchObject(self.url(key), key)
        with told(self.root / record.file), opened(self.root, record.file) as file:
            found = os.fstat(file.fileno())
            if (found.st_size, found.st_mtime_ns, record.etag) != (
                record.size,
                record.modified,
                if_match or record.etag,
            ):
                raise SourceChanged(self.url(key), key)
            file.seek(start)
            left = (record.size if end is None else end) - start
            while left > 0 and (piece := await asyncio.to_thread(file.read, min(PIECE_BYTES, left))):
                yield piece
                left -= len(piece)
            if left > 0:
                raise SourceChanged(self.url(key), key)

    async def tags(self, key: str) -> dict[str, str]:
        record = self.find(key)
        return {} if record is None else record.tags

    async def tag(self, key: str, tags: Mapping[str, str]) -> None:
        """Set the object's tags."""
        record = self.find(key)
        if record is None:
            raise NoSuchObject(self.url(key), key)
        self.index.put(replace(record, tags=dict(tags)))

    async def copy(
        self, source: Any, source_key: str, key: str, *, if_match: str | None = None, if_absent: bool = False
    ) -> str:
        """A folder has no server that copies: what comes here is streamed."""
        raise TypeError("a folder does not copy from another place by itself")

    async def put(
        self, key: str, body: bytes | AsyncIterable[bytes], size: int, headers: Mapping[str, str], *, if_absent: bool
    ) -> str:
        """Write the object with what these raw headers say of it; its ETag, the MD5. AlreadyThere."""
        partial = self.partial(uuid4().hex)
        try:
            with told(partial), partial.open("wb") as file:
                written, digest = await write_all(file, body)
            if written != size:
                raise SourceChanged(self.url(key), key)
            self.keep(partial, key, size, digest.hex(), None, headers, if_absent=if_absent)
        finally:
            partial.unlink(missing_ok=True)
        return digest.hex()

    async def upload(self, key: str, headers: Mapping[str, str]) -> FolderUpload:
        """Begin an object that comes in parts, with what these raw headers say of it."""
        upload_id = uuid4().hex
        self.index.begin_upload(upload_id, headers)
        return self.begun_upload(key, upload_id)

    def begun_upload(self, key: str, upload_id: str) -> FolderUpload:
        """One that an earlier process began."""
        return FolderUpload(self, key, upload_id)

    def partial(self, name: str) -> Path:
        """Where what is not whole lies."""
        return self.root / HOME / "partial" / name

    def keep(
        self,
        partial: Path,
        key: str,
        size: int,
        etag: str,
        part_bytes: int | None,
        headers: Mapping[str, str],
        *,
        if_absent: bool,
    ) -> None:
        """Make an object of a file that is whole. AlreadyThere when it had to be absent and is not."""
        if if_absent and self.find(key) is not None:
            raise AlreadyThere(self.url(key))
        if self.index.state != BEGUN:
            self.index.state = BEGUN
        path = self.index.path_for(key)
        with told(self.root / path):
            try:
                found = move_into(partial, self.root, path)
            except OSError as error:
                if error.errno not in REFUSED_NAMES:
                    raise
                self.index.give_up(path)
                path = self.index.path_for(key, may_be_natural=False)
                found = move_into(partial, self.root, path)
        self.index.put(described(Record(key, path, size, etag, found.st_mtime_ns, part_bytes), headers))
        self.to_fetch.discard(key)


class FolderNotes:
    """Small files of our own beside the index."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def url(self, key: str) -> str:
        return str(self._home / key)

    async def read(self, key: str) -> bytes | None:
        file = self._home / key
        with told(file):
            return file.read_bytes() if file.exists() else None

    async def write(self, key: str, body: bytes, *, content_type: str = "") -> str:
        """Write the note, whole or not at all; there are no ETags of notes."""
        file, partial = self._home / key, self._home / f"{key}.new"
        with told(file):
            with partial.open("wb") as opened_file:
                await write_all(opened_file, body)
            os.replace(partial, file)
        return ""


def described(record: Record, headers: Mapping[str, str]) -> Record:
    """The record with what a request's raw headers say of the object."""
    metadata = {name.removeprefix(METADATA): value for name, value in headers.items() if name.startswith(METADATA)}
    others = {name: value for name, value in headers.items() if not name.startswith((METADATA, TAGGING, TYPE))}
    tags = dict(parse_qsl(headers.get(TAGGING, ""), keep_blank_values=True, strict_parsing=False))
    kind = headers.get(TYPE, record.content_type)
    return replace(record, content_type=kind, headers=others, metadata=metadata, tags=tags)


@contextmanager
def open_folder(root: Path, *, create: bool) -> Iterator[Folder]:
    """The folder, for as long as the context lasts. FolderError: it is not there, or another process has it."""
    with told(root):
        if not create and not root.is_dir():
            raise FileNotFoundError(errno.ENOENT, "there is no such folder")
        for ours in (HOME, f"{HOME}/partial", f"{HOME}/{INDEX}"):
            if (root / ours).is_symlink():
                raise FolderError(f"{root / ours} is a link, and may lead anywhere; move it away")
        (root / HOME / "partial").mkdir(parents=True, exist_ok=True)
    try:
        index = Index(root / HOME / INDEX)
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise FolderError(f"{root}: another orgport is at work there; let it end") from None
        raise FolderError(f"{root}: the index cannot be opened ({error})") from None
    except sqlite3.DatabaseError as error:
        raise FolderError(f"{root}: the index is damaged ({error}); move {root / HOME} away, and pull again") from None
    try:
        yield Folder(root, index)
    finally:
        index.close()
