"""What the stub's objects are made of: bytes that somebody sent, and stretches of made-up ones, which nobody stores."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from random import Random

PERIOD = 65_521
"""A prime: no part size is a multiple of it, so that no two stretches look alike."""


@dataclass(frozen=True)
class Stretch:
    """Bytes from start to before end of the endless made-up object of that name."""

    name: str
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def __getitem__(self, cut: slice) -> Stretch:
        start, end, _ = cut.indices(len(self))
        return Stretch(self.name, self.start + start, self.start + max(start, end))

    def read(self) -> bytes:
        offset = self.start % PERIOD
        times = -(-(offset + len(self)) // PERIOD)
        return (_pattern(self.name) * times)[offset : offset + len(self)]


Content = tuple[bytes | Stretch, ...]


@cache
def _pattern(name: str) -> bytes:
    return Random(name).randbytes(PERIOD)


def size_of(content: Content) -> int:
    return sum(map(len, content))


def cut(content: Content, start: int, end: int) -> Content:
    """The bytes from start to before end."""
    found: list[bytes | Stretch] = []
    offset = 0
    for piece in content:
        first, last = max(start - offset, 0), min(end - offset, len(piece))
        if first < last:
            found.append(piece[first:last])
        offset += len(piece)
    return tuple(found)


def joined(contents: Iterable[Content]) -> Content:
    """One after the other; stretches that follow each other become one."""
    pieces: list[bytes | Stretch] = []
    for piece in (piece for content in contents for piece in content):
        last = pieces[-1] if pieces else None
        if isinstance(last, bytes) and isinstance(piece, bytes):
            pieces[-1] = last + piece
        elif (
            isinstance(last, Stretch)
            and isinstance(piece, Stretch)
            and (last.name, last.end) == (piece.name, piece.start)
        ):
            pieces[-1] = Stretch(last.name, last.start, piece.end)
        else:
            pieces.append(piece)
    return tuple(pieces)


def read(content: Content) -> bytes:
    return b"".join(piece if isinstance(piece, bytes) else piece.read() for piece in content)


def md5(content: Content) -> str:
    """The MD5 of bytes; of made-up content a hash that is as good: the same for the same content alone."""
    digest = hashlib.md5(usedforsecurity=False)
    for piece in content:
        digest.update(piece if isinstance(piece, bytes) else repr(piece).encode())
    return digest.hexdigest()


def etag_of_parts(parts: Iterable[Content]) -> str:
    """As S3 makes it: the MD5 of the parts' MD5s, and their number."""
    digests = [bytes.fromhex(md5(part)) for part in parts]
    return f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"
