"""A work list where it lies, read as a stream: it may be longer than a pod's memory."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from itertools import takewhile

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.s3 import Bucket, NoSuchObject
from orgport.transfer.worklists import WorkItem, decode_line, position


@dataclass
class Stretch:
    """The part of a work list that belongs to one leg: where it lies in the file, and its destination keys' range."""

    leg: int
    start: int
    end: int
    first: str
    last: str
    objects: int = 1

    @property
    def prefix(self) -> str:
        """What all destination keys begin with."""
        alike = takewhile(lambda pair: pair[0] == pair[1], zip(self.first, self.last, strict=False))
        return "".join(char for char, _ in alike)


@dataclass(frozen=True)
class WorkFile:
    """A work list that was read through once: it is what the plan says, and in order."""

    bucket: Bucket
    key: str
    etag: str
    stretches: list[Stretch]

    async def items(self, stretch: Stretch) -> AsyncIterator[WorkItem]:
        """The stretch's items, in the order of their destination keys' UTF-8 bytes."""
        chunks = self.bucket.stream(self.key, if_match=self.etag, start=stretch.start, end=stretch.end)
        async for line in lines(chunks):
            yield decode_line(line)


async def open_work_file(bucket: Bucket, key: str, sha256: str) -> WorkFile:
    """Read the list through. EXPORT_CORRUPT when it is not the one with this SHA-256, or not in order."""
    head = await bucket.head(key)
    if head is None:
        raise NoSuchObject(bucket.url(key), key)
    digest = hashlib.sha256()
    stretches = await _survey(bucket, key, digest_of(bucket.stream(key, if_match=head.etag), digest))
    if digest.hexdigest() != sha256:
        raise _corrupt(bucket, key, "is not the one that the plan names")
    return WorkFile(bucket, key, head.etag, stretches)


async def _survey(bucket: Bucket, key: str, chunks: AsyncIterable[bytes]) -> list[Stretch]:
    stretches: list[Stretch] = []
    offset, last = 0, (-1, b"")
    async for line in lines(chunks):
        item = decode_line(line)
        if position(item) <= last:
            raise _corrupt(bucket, key, "is not in order")
        offset, last, start = offset + len(line) + 1, position(item), offset
        if stretches and stretches[-1].leg == item.leg:
            stretch = stretches[-1]
            stretch.end, stretch.last, stretch.objects = offset, item.destination, stretch.objects + 1
        else:
            stretches.append(Stretch(item.leg, start, offset, item.destination, item.destination))
    return stretches


async def digest_of(chunks: AsyncIterable[bytes], digest: hashlib._Hash) -> AsyncIterator[bytes]:
    """The same chunks, while the digest takes them in."""
    async for chunk in chunks:
        digest.update(chunk)
        yield chunk


async def lines(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The lines, without their ends; the last need not have one."""
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line
    if rest:
        yield rest


def _corrupt(bucket: Bucket, key: str, what: str) -> Failure:
    return Failure(Reason.EXPORT_CORRUPT, f"the work list {bucket.url(key)} {what}")
