"""Whether a folder's files are what its index says, and an index for files that have none."""

from __future__ import annotations

import hashlib
import mimetypes
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import IO

from orgport.stores.folder import Folder
from orgport.stores.folder_files import PIECE_BYTES, FolderError, opened, told, walk
from orgport.stores.folder_index import Record, etag_of
from orgport.stores.folder_names import HOME
from orgport.stores.s3_model import MAX_PARTS, MIB

PART_BYTES = 64 * MIB
"""Of files without an index; larger ones count as if a client had sent them in such parts."""
LARGEST = MAX_PARTS * PART_BYTES


def broken(folder: Folder) -> Iterator[Record]:
    """Objects whose files are gone or changed. A file of another date is read, and believed if its content is right."""
    for record in folder.index.records():
        try:
            with told(folder.root / record.file), opened(folder.root, record.file) as file:
                found = os.fstat(file.fileno())
                if found.st_size != record.size:
                    yield record
                    continue
        except FolderError:
            yield record
            continue
        if found.st_mtime_ns == record.modified:
            continue
        if etag_in(folder, record.file, record.part_bytes) == record.etag:
            folder.index.put(replace(record, modified=found.st_mtime_ns))
        else:
            yield record


def unknown(folder: Folder) -> Iterator[str]:
    """Files that are in the folder, and not in its index."""
    return (path for path in walk(folder.root, without=HOME) if not folder.index.knows_file(path))


def adopt(folder: Folder, on_file: Callable[[str], None]) -> None:
    """Make the index of a folder that nothing was pulled into: each file becomes the object that its path names.

    What an earlier time has read, and has the same date, is not read again. FolderError for a file that can be none.
    """
    for record in list(folder.index.records()):
        if not (folder.root / record.file).is_file():
            folder.index.remove(record.key)
    for path in walk(folder.root, without=HOME):
        on_file(path)
        with told(folder.root / path):
            found = (folder.root / path).stat()
        if found.st_size > LARGEST or path.encode(errors="replace") != os.fsencode(path):
            problem = "its name is no text in UTF-8" if found.st_size <= LARGEST else "it is too large for a store"
            raise FolderError(f"{folder.root / path!r}: {problem}; move it away")
        known = folder.index.find(path)
        if known is not None and (known.size, known.modified) == (found.st_size, found.st_mtime_ns):
            continue
        folder.index.take(path)
        part_bytes = PART_BYTES if found.st_size > PART_BYTES else None
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        etag = etag_in(folder, path, part_bytes)
        folder.index.put(Record(path, path, found.st_size, etag, found.st_mtime_ns, part_bytes, kind))


def etag_in(folder: Folder, path: str, part_bytes: int | None) -> str:
    """The ETag that a store gives the file's content, whole or in parts of that size."""
    with told(folder.root / path), opened(folder.root, path) as file:
        size = os.fstat(file.fileno()).st_size
        if part_bytes is None:
            return _md5_of(file, size).hex()
        return etag_of([_md5_of(file, min(part_bytes, size - start)) for start in range(0, size, part_bytes)])


def _md5_of(file: IO[bytes], count: int) -> bytes:
    """Of the next so many bytes."""
    digest = hashlib.md5(usedforsecurity=False)
    while count > 0 and (piece := file.read(min(PIECE_BYTES, count))):
        digest.update(piece)
        count -= len(piece)
    return digest.digest()
