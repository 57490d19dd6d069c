"""The files of a folder of objects: written whole or not at all, and never beyond the folder.

Exception
  FolderError           the folder, or a file in it, cannot be used; the message says what to do
"""

from __future__ import annotations

import asyncio
import errno
import filecmp
import hashlib
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from orgport.stores.folder_names import folders_of
from orgport.stores.s3_model import MIB

PIECE_BYTES = MIB
ADVICE = {
    errno.ENOSPC: "make room, and run it again: it goes on where it stood",
    errno.EDQUOT: "make room, and run it again: it goes on where it stood",
    errno.EACCES: "let this user write there",
    errno.EPERM: "let this user write there",
    errno.EROFS: "choose a folder that can be written to",
}
REFUSED_NAMES = (errno.EINVAL, errno.ENAMETOOLONG, errno.EILSEQ)
"""What file systems say of names that they do not take."""


class FolderError(Exception):
    """The folder cannot be used as it is."""


@contextmanager
def told(path: Path) -> Iterator[None]:
    """The system's errors become ours."""
    try:
        yield
    except OSError as error:
        advice = ADVICE.get(error.errno or 0)
        raise FolderError(f"{path}: {error.strerror}" + (f"; {advice}" if advice else "")) from None


async def _pieces(body: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(body, bytes):
        yield body
        return
    async for piece in body:
        yield piece


async def write_all(file: IO[bytes], body: bytes | AsyncIterable[bytes]) -> tuple[int, bytes]:
    """Write the body where the file stands; how many bytes, and their MD5. They are on the disk when this returns."""
    digest, size = hashlib.md5(usedforsecurity=False), 0
    async for piece in _pieces(body):
        file.write(piece)
        digest.update(piece)
        size += len(piece)
    file.flush()
    await asyncio.to_thread(os.fsync, file.fileno())
    return size, digest.digest()


def move_into(partial: Path, root: Path, path: str) -> os.stat_result:
    """Give a file that is whole its name below the root. OSError where the file system refuses the name.

    FolderError if something else lies there, or a link on the way.
    """
    for folder in folders_of(path):
        _make_folder(root / folder)
    target = root / path
    if target.is_symlink() or (target.exists() and not filecmp.cmp(partial, target, shallow=False)):
        raise FolderError(f"{target} is there already, and not of this organization's objects: move it away")
    os.replace(partial, target)
    return target.stat()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir()
    except FileExistsError:
        if folder.is_symlink() or not folder.is_dir():
            raise FolderError(f"{folder} is in the way: it is no folder; move it away") from None


@contextmanager
def opened(root: Path, path: str) -> Iterator[IO[bytes]]:
    """A file of the folder, to be read. FileNotFoundError if it is a link, or lies behind one that leads elsewhere."""
    target = root / path
    if not target.resolve().is_relative_to(root.resolve()):
        raise FileNotFoundError(errno.ENOENT, "it lies elsewhere", str(target))
    with open(os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        yield file


def walk(root: Path, *, without: str) -> Iterator[str]:
    """Paths of all files below the root, in the order of their names; links are not followed, and not named."""
    for folder, folders, files in os.walk(root):
        here = Path(folder).relative_to(root)
        folders[:] = sorted(each for each in folders if str(here / each) != without)
        yield from (str(here / each) for each in sorted(files) if not (root / here / each).is_symlink())
