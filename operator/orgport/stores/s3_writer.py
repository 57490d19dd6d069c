"""Writing an object whose size is not known beforehand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from orgport.stores.s3_model import MIB
from orgport.stores.s3_upload import Upload

if TYPE_CHECKING:
    from orgport.stores.s3 import Bucket

PART_BYTES = 16 * MIB
"""10,000 of them are 156 GiB; equal parts, as some stores want them."""


class Writer:
    """Takes bytes in order. One part is sent while the next is filled."""

    def __init__(self, bucket: Bucket, key: str, content_type: str, part_bytes: int) -> None:
        self.size = 0
        self.etag = ""
        """Of the object, once it is there."""
        self._bucket, self._key = bucket, key
        self._content_type, self._part_bytes = content_type, part_bytes
        self._buffer = bytearray()
        self._upload: Upload | None = None
        self._sending: asyncio.Task[None] | None = None
        self._parts = 0

    async def write(self, data: bytes) -> None:
        """Append the bytes."""
        self.size += len(data)
        self._buffer += data
        while len(self._buffer) > self._part_bytes:
            await self._send(bytes(self._buffer[: self._part_bytes]))
            del self._buffer[: self._part_bytes]

    async def close(self) -> None:
        """Make the object."""
        rest = bytes(self._buffer)
        if self._upload is None:
            self.etag = await self._bucket.write(self._key, rest, content_type=self._content_type)
            return
        await self._send(rest)
        await self._sent()
        self.etag = await self._upload.complete()

    async def abort(self) -> None:
        """Leave nothing behind."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
        if self._upload is not None:
            await self._upload.abort()

    async def _send(self, part: bytes) -> None:
        if self._upload is None:
            self._upload = await self._bucket.upload(self._key, {"content-type": self._content_type})
        await self._sent()
        start = self._parts * self._part_bytes
        self._parts += 1
        self._sending = asyncio.create_task(self._upload.put(self._parts, part, start, start + len(part)))

    async def _sent(self) -> None:
        if self._sending is not None:
            await self._sending


@asynccontextmanager
async def open_writer(
    bucket: Bucket, key: str, content_type: str, part_bytes: int = PART_BYTES
) -> AsyncIterator[Writer]:
    """A writer that completes its object at a clean exit, and aborts at any exception."""
    writer = Writer(bucket, key, content_type, part_bytes)
    try:
        yield writer
        await writer.close()
    except BaseException:
        await writer.abort()
        raise
