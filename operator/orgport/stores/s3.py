"""A bucket of an S3 store: every key byte for byte, everything with an object that the store keeps of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores import s3_requests as requests
from orgport.stores.s3_calls import Calls, open_calls
from orgport.stores.s3_errors import Refused, Where, refusal
from orgport.stores.s3_message import Answer
from orgport.stores.s3_model import (
    MAX_SINGLE_BYTES,
    MIB,
    AlreadyThere,
    Connection,
    Head,
    Listed,
    NoPace,
    NoSuchObject,
    Pace,
    Placement,
    SourceChanged,
    shown,
)
from orgport.stores.s3_parse import (
    parse_copied,
    parse_head,
    parse_tags,
    parse_upload_id,
    parse_written,
)
from orgport.stores.s3_reading import listing, open_body, streaming
from orgport.stores.s3_upload import Upload
from orgport.stores.s3_writer import Writer, open_writer

__all__ = [
    "MAX_SINGLE_BYTES",
    "AlreadyThere",
    "Bucket",
    "Connection",
    "Head",
    "Listed",
    "NoPace",
    "NoSuchObject",
    "Pace",
    "Placement",
    "SourceChanged",
    "Upload",
    "Writer",
    "open_bucket",
]
AS_THE_STORE_LIKES = Placement()
WITHOUT_A_WORD = (Reason.ACCESS_DENIED, Reason.INTERNAL)
"""What a refused HEAD comes to: it does not say why."""


class Bucket:
    """All keys are full keys of the bucket."""

    def __init__(self, connection: Connection, name: str, placement: Placement, calls: Calls) -> None:
        self.name = name
        self.connection = connection
        self.placement = placement
        self._calls = calls

    def url(self, key: str) -> str:
        """s3://bucket/key, for people."""
        return f"s3://{self.name}/{shown(key)}"

    def keep_pace(self, pace: Pace) -> None:
        """Let every further call wait for the pace."""
        self._calls.pace = pace

    def list(self, prefix: str) -> AsyncGenerator[Listed, None]:
        """Every object whose key begins with the prefix, in the store's order."""
        return listing(self._calls, prefix)

    async def head(self, key: str, *, part: int | None = None) -> Head | None:
        """What the store says of the object, or of one part of it; None: no such key."""
        try:
            return await self._calls.ask(requests.head(key, part), parse_head)
        except Refused as refused:
            if refused.is_missing:
                return None
            raise refusal(refused, self._calls.where, "HeadObject", key) from None
        except Failure as failure:
            if failure.reason in WITHOUT_A_WORD:
                await self._ask_why(key)
            raise

    async def read(self, key: str, *, limit: int = 64 * MIB) -> bytes | None:
        """The object's bytes; None: no such key. EXPORT_CORRUPT beyond the limit."""
        body = bytearray()
        try:
            async for chunk in self.stream(key):
                body += chunk
                if len(body) > limit:
                    raise Failure(Reason.EXPORT_CORRUPT, f"{self.url(key)} has more than {limit} bytes", keys=[key])
        except NoSuchObject:
            return None
        return bytes(body)

    def stream(
        self, key: str, *, if_match: str | None = None, start: int = 0, end: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The bytes from start to before end. After a lost connection it goes on where it stood, in the same object.

        NoSuchObject when there is none, SourceChanged when it has another ETag than asked for or begun with.
        """
        return streaming(self._calls, self.url(key), key, if_match, start, end)

    async def write(
        self, key: str, body: bytes, *, content_type: str = "application/octet-stream", if_absent: bool = False
    ) -> str:
        """Write the object in one go; its ETag. AlreadyThere when it had to be absent and is not."""
        headers = {"content-type": content_type, "content-md5": requests.md5_of(body)}
        return await self.put(key, body, len(body), headers, if_absent=if_absent)

    async def put(
        self, key: str, body: bytes | AsyncIterable[bytes], size: int, headers: Mapping[str, str], *, if_absent: bool
    ) -> str:
        """PutObject with these raw headers; a body that can be iterated again for a retry."""
        request = requests.put(key, body, size, {**headers, **self.placement.headers}, if_absent=if_absent)
        try:
            return await self._calls.ask(request, parse_written)
        except Refused as refused:
            if refused.is_unmet:
                raise AlreadyThere(self.url(key)) from None
            raise refusal(refused, self._calls.where, "PutObject", key) from None

    async def copy(
        self, source: Bucket, source_key: str, key: str, *, if_match: str | None = None, if_absent: bool = False
    ) -> str:
        """CopyObject with all that belongs to the source; the ETag. NoSuchObject, SourceChanged, AlreadyThere."""
        headers = self.placement.headers
        request = requests.copy(source.name, source_key, key, headers, if_match, if_absent=if_absent)
        try:
            return await self._calls.ask(request, parse_copied)
        except Refused as refused:
            if refused.is_missing:
                raise NoSuchObject(source.url(source_key), source_key) from None
            # Stores do not say which of the two conditions was not met.
            if if_absent and refused.is_unmet and await self.head(key) is not None:
                raise AlreadyThere(self.url(key)) from None
            raise SourceChanged(source.url(source_key), source_key) from None

    async def upload(self, key: str, headers: Mapping[str, str]) -> Upload:
        """Begin a multipart upload of an object with these raw headers and the bucket's placement."""
        request = requests.begin_upload(key, {**headers, **self.placement.headers})
        try:
            upload_id = await self._calls.ask(request, parse_upload_id)
        except Refused as refused:
            raise refusal(refused, self._calls.where, "CreateMultipartUpload", key) from None
        return Upload(self._calls, self.url(key), key, upload_id)

    def begun_upload(self, key: str, upload_id: str) -> Upload:
        """An upload that an earlier process began."""
        return Upload(self._calls, self.url(key), key, upload_id)

    def writer(
        self, key: str, *, content_type: str = "application/octet-stream"
    ) -> AbstractAsyncContextManager[Writer]:
        """Write an object of unknown size; it comes into being at a clean exit only."""
        return open_writer(self, key, content_type)

    async def tags(self, key: str) -> dict[str, str]:
        """The object's tags; {} where the store has none, or does not let us read them."""
        try:
            return await self._calls.ask(requests.get_tags(key), parse_tags)
        except (Refused, Failure):
            return {}

    async def tag(self, key: str, tags: Mapping[str, str]) -> None:
        """Set the object's tags."""
        try:
            await self._calls.ask(requests.put_tags(key, tags), _nothing)
        except Refused as refused:
            raise refusal(refused, self._calls.where, "PutObjectTagging", key) from None

    async def delete(self, keys: Iterable[str]) -> None:
        """Delete the objects, one after the other; one that is not there is none too many."""
        for key in keys:
            try:
                await self._calls.ask(requests.delete(key), _nothing)
            except Refused as refused:
                if not refused.is_missing:
                    raise refusal(refused, self._calls.where, "DeleteObject", key) from None

    async def _ask_why(self, key: str) -> None:
        """A refused HEAD has no body; the same question by GET says whether it is the key or the permission."""
        try:
            (await open_body(self._calls, self.url(key), key, None, 0, 1)).opened.close()
        except (NoSuchObject, SourceChanged):
            return
        except Failure as failure:
            if failure.reason is not Reason.INTERNAL:
                raise


def _nothing(_: Answer) -> None:
    """Read nothing from the answer: that it is a good one is all."""


@asynccontextmanager
async def open_bucket(
    connection: Connection, name: str, placement: Placement = AS_THE_STORE_LIKES, title: str = ""
) -> AsyncIterator[Bucket]:
    """The bucket, for as long as the context lasts; `title` names it in messages, as "spec.destination" does."""
    async with open_calls(connection, Where(title, name, connection.endpoint)) as calls:
        yield Bucket(connection, name, placement, calls)
