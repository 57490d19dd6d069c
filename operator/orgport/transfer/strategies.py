"""One object from bucket to bucket: the same bytes, the same ETag where it can be, everything that belongs to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from orgport.api.failures import Failure
from orgport.api.plan import Leg
from orgport.api.reasons import Reason
from orgport.stores.objects import Objects, Uploading
from orgport.stores.s3 import (
    MAX_SINGLE_BYTES,
    AlreadyThere,
    Head,
    NoPace,
    NoSuchObject,
    Pace,
    SourceChanged,
)
from orgport.stores.s3_model import encode_tags
from orgport.transfer.crowd import for_each
from orgport.transfer.inventory import Entry, same
from orgport.transfer.journal import Journal, Unfinished
from orgport.transfer.layout import own_part_bytes, part_count, parts, source_part_bytes
from orgport.transfer.opacity import KMS
from orgport.transfer.resuming import begin
from orgport.transfer.worklists import WorkItem

TAG_HEADER_BYTES = 2048
"""Longer ones do not fit into a request's headers."""
PARTS_AT_ONCE = 16
"""Of one object, and only where slots are free."""
How = Literal["copy", "part-copy", "stream", "part-stream", "present"]


@dataclass(frozen=True)
class Copied:
    """What the destination has now, and how it got it; "present": it was there, with the same content."""

    etag: str
    size: int
    how: How


@dataclass(frozen=True)
class Terms:
    """What every request of a copy waits for: a free slot, the pace, and the right to write.

    Without a journal, an upload that is not finished is given up.
    """

    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(8))
    pace: Pace = field(default_factory=NoPace)
    may_write: Callable[[], Awaitable[None]] | None = None
    journal: Journal | None = None

    async def allow(self) -> None:
        if self.may_write is not None:
            await self.may_write()


async def copy_object(
    source: Objects,
    destination: Objects,
    item: WorkItem,
    leg: Leg,
    on_bytes: Callable[[int], None],
    terms: Terms | None = None,
) -> Copied:
    """Copy the object that the item names, if it still has the item's ETag.

    NoSuchObject, SourceChanged: of the source. OBJECT_CONFLICT: the destination has other content under the key.
    """
    copy = _Copy(source, destination, item, leg, on_bytes, terms or Terms())
    try:
        return await copy.run()
    except AlreadyThere:
        copy.uncount()
        return await copy.settle()
    except Failure:
        copy.uncount()
        raise


class _Copy:
    def __init__(
        self,
        source: Objects,
        destination: Objects,
        item: WorkItem,
        leg: Leg,
        on_bytes: Callable[[int], None],
        terms: Terms,
    ) -> None:
        self.source, self.destination, self.item, self.leg = source, destination, item, leg
        self.on_bytes, self.terms = on_bytes, terms
        self.if_match = item.etag or None
        self.counted = 0

    async def run(self) -> Copied:
        await self.terms.allow()
        count = part_count(self.item.etag)
        whole = self.item.size <= MAX_SINGLE_BYTES and count is None
        if not self._guarded(whole) and await self.destination.head(self.item.destination) is not None:
            raise AlreadyThere
        if whole and self.leg.server_side:
            return await self._copy_whole()
        head = await self._head()
        part_bytes = None if count is None else await self._source_part_bytes(count)
        if part_bytes is None and self.item.size <= MAX_SINGLE_BYTES:
            return await (self._copy_whole() if self.leg.server_side else self._stream_whole(head))
        return await self._in_parts(head, part_bytes or own_part_bytes(self.item.size))

    async def settle(self) -> Copied:
        """What the destination has is fine if it is the same."""
        there = await self.destination.head(self.item.destination)
        if there is None:
            raise SourceChanged(self.destination.url(self.item.destination), self.item.destination)
        ours = Entry("", self.item.source, self.item.size, self.item.etag)
        theirs = Entry("", self.item.destination, there.size, there.etag)
        if not same(ours, theirs, opaque=self.leg.opaque or there.encryption.startswith(KMS)):
            raise conflict(self.destination, self.item)
        return Copied(there.etag, there.size, "present")

    def uncount(self) -> None:
        """Take back what was counted of an object that has not arrived."""
        self._count(-self.counted)

    def _count(self, size: int) -> None:
        self.counted += size
        if size:
            self.on_bytes(size)

    def _guarded(self, whole: bool) -> bool:
        """Whether the destination itself refuses to overwrite."""
        if whole and self.leg.server_side:
            return self.leg.conditional_copy
        return self.leg.conditional

    async def _copy_whole(self) -> Copied:
        await self.terms.pace.bytes(self.item.size)
        async with self.terms.slots:
            etag = await self.destination.copy(
                self.source,
                self.item.source,
                self.item.destination,
                if_match=self.if_match,
                if_absent=self.leg.conditional_copy,
            )
        self._count(self.item.size)
        return Copied(etag, self.item.size, "copy")

    async def _stream_whole(self, head: Head) -> Copied:
        headers, late_tags = await self._headers(head)
        async with self.terms.slots:
            etag = await self.destination.put(
                self.item.destination,
                _Piece(self, 0, self.item.size),
                self.item.size,
                headers,
                if_absent=self.leg.conditional,
            )
        await self._tag(late_tags)
        self._count(self.item.size)
        return Copied(etag, self.item.size, "stream")

    async def _in_parts(self, head: Head, part_bytes: int) -> Copied:
        headers, late_tags = await self._headers(head)
        pieces = dict(enumerate(parts(self.item.size, part_bytes), 1))
        sizes = {number: end - start for number, (start, end) in pieces.items()}
        wanted = Unfinished(self.leg.destination, self.item.destination, "", self.item.etag, part_bytes)
        sending = await begin(self.destination, wanted, headers, sizes, self.terms.journal)
        upload = sending.upload
        try:
            self._count(sum(sizes[number] for number in sending.sent))
            lacking = ((number, *piece) for number, piece in pieces.items() if number not in sending.sent)
            await for_each(lacking, lambda part: self._part(upload, *part), PARTS_AT_ONCE)
            # A store may pass over the condition on a part's source, and need not say what it took the part from.
            await self._head()
            await self.terms.allow()
            etag = await upload.complete(if_absent=self.leg.conditional)
        except BaseException as error:
            await sending.failed(error)
            raise
        await self._tag(late_tags)
        sending.finished()
        return Copied(etag, self.item.size, "part-copy" if self.leg.server_side else "part-stream")

    async def _part(self, upload: Uploading, number: int, start: int, end: int) -> None:
        async with self.terms.slots:
            await self.terms.allow()
            if self.leg.server_side:
                await self.terms.pace.bytes(end - start)
                await upload.copy(number, self.source, self.item.source, start, end, self.if_match)
            else:
                await upload.put(number, _Piece(self, start, end), start, end)
        self._count(end - start)

    async def _head(self) -> Head:
        head = await self.source.head(self.item.source)
        if head is None:
            raise NoSuchObject(self.source.url(self.item.source), self.item.source)
        if head.size != self.item.size or head.etag != (self.if_match or head.etag):
            raise SourceChanged(self.source.url(self.item.source), self.item.source)
        return head

    async def _source_part_bytes(self, count: int) -> int | None:
        first = await self.source.head(self.item.source, part=1)
        says = first is not None and first.part_count == count
        return source_part_bytes(self.item.size, count, first.size if first is not None and says else None)

    async def _headers(self, head: Head) -> tuple[dict[str, str], dict[str, str]]:
        """The new object's headers, and the tags that did not fit into them."""
        tags = await self.source.tags(self.item.source) if head.tag_count else {}
        if len(encode_tags(tags)) > TAG_HEADER_BYTES:
            return head.stored({}), tags
        return head.stored(tags), {}

    async def _tag(self, tags: dict[str, str]) -> None:
        if tags:
            await self.destination.tag(self.item.destination, tags)


class _Piece:
    """Bytes of the source; iterated again, they are read again."""

    def __init__(self, copy: _Copy, start: int, end: int) -> None:
        self.copy, self.start, self.end = copy, start, end

    async def __aiter__(self) -> AsyncIterator[bytes]:
        copy = self.copy
        if self.start == self.end:
            return
        async for chunk in copy.source.stream(copy.item.source, if_match=copy.if_match, start=self.start, end=self.end):
            await copy.terms.pace.bytes(len(chunk))
            yield chunk


def conflict(destination: Objects, item: WorkItem) -> Failure:
    """The Failure for a key that other content has taken."""
    return Failure(
        Reason.OBJECT_CONFLICT,
        f"{destination.url(item.destination)} has other content than the source's object",
        keys=[item.destination],
    )
