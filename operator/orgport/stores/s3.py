"""A bucket of an S3 store: every key byte for byte, everything with an object that the store keeps of it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.s3_calls import CUT_OFF, Calls, open_calls, pause_after_cut
from orgport.stores.s3_errors import Refused, Unreachable, Where, refusal, unreachable
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
from orgport.stores.s3_parse import parse_head, plain_etag
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
CHUNK = 256 * 1024


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

    async def list(self, prefix: str) -> AsyncIterator[Listed]:
        """Every object whose key begins with the prefix, in the store's order."""
        token: str | None = None
        while True:
            params: dict[str, Any] = {"ContinuationToken": token} if token else {}
            try:
                page = await self._calls.call("ListObjectsV2", Prefix=prefix, **params)
            except Refused as refused:
                raise refusal(refused, self._calls.where, "ListObjectsV2") from None
            for entry in page.get("Contents", ()):
                etag = plain_etag(entry.get("ETag"))
                yield Listed(entry["Key"], int(entry["Size"]), etag, entry.get("StorageClass", ""))
            following = page.get("NextContinuationToken")
            if not page.get("IsTruncated"):
                return
            if not following or following == token:
                raise Failure(Reason.INTERNAL, f"{self._calls.where}: the listing does not go on")
            token = following

    async def head(self, key: str, *, part: int | None = None) -> Head | None:
        """What the store says of the object, or of one part of it; None: no such key."""
        params: dict[str, Any] = {} if part is None else {"PartNumber": part}
        try:
            return parse_head(await self._calls.call("HeadObject", Key=key, **params))
        except Refused as refused:
            if refused.is_missing:
                return None
            raise refusal(refused, self._calls.where, "HeadObject", key) from None
        except Failure as failure:
            if failure.reason is Reason.ACCESS_DENIED:
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

    async def stream(
        self, key: str, *, if_match: str | None = None, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes from start to before end. After a lost connection it goes on where it stood, in the same object.

        NoSuchObject when there is none, SourceChanged when it has another ETag than asked for or begun with.
        """
        position, cuts = start, 0
        while end is None or position < end:
            answer = await self._get(key, if_match, position, end)
            if_match, end = plain_etag(answer["ETag"]) or if_match, position + int(answer["ContentLength"])
            try:
                async with answer["Body"] as body:
                    while chunk := await body.content.read(CHUNK):
                        yield chunk
                        position += len(chunk)
                        cuts = 0
            except CUT_OFF as error:
                kind = type(error).__name__
            else:
                kind = "short body"
            if position < end:
                cuts += 1
                if cuts >= self._calls.patience.tries:
                    raise unreachable(Unreachable(kind), self._calls.where, "GetObject")
                await pause_after_cut(self._calls, cuts)

    async def write(
        self, key: str, body: bytes, *, content_type: str = "application/octet-stream", if_absent: bool = False
    ) -> str:
        """Write the object in one go; its ETag. AlreadyThere when it had to be absent and is not."""
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        headers = {"content-type": content_type, "content-md5": digest}
        return await self.put(key, body, len(body), headers, if_absent=if_absent)

    async def put(
        self, key: str, body: bytes | AsyncIterable[bytes], size: int, headers: Mapping[str, str], *, if_absent: bool
    ) -> str:
        """PutObject with these raw headers; a body that can be iterated again for a retry."""
        params: dict[str, Any] = {"IfNoneMatch": "*"} if if_absent else {}
        everything = {**headers, **self.placement.headers}
        try:
            answer = await self._calls.send("PutObject", body, size, headers=everything, Key=key, **params)
        except Refused as refused:
            raise self._unmet(refused, "PutObject", key) from None
        return plain_etag(answer.get("ETag"))

    async def copy(
        self, source: Bucket, source_key: str, key: str, *, if_match: str | None = None, if_absent: bool = False
    ) -> str:
        """CopyObject with all that belongs to the source; the ETag. NoSuchObject, SourceChanged, AlreadyThere."""
        params: dict[str, Any] = {"IfNoneMatch": "*"} if if_absent else {}
        if if_match:
            params["CopySourceIfMatch"] = f'"{if_match}"'
        origin = {"Bucket": source.name, "Key": source_key}
        try:
            answer = await self._calls.call(
                "CopyObject", headers=self.placement.headers, Key=key, CopySource=origin, **params
            )
        except Refused as refused:
            if refused.is_missing:
                raise NoSuchObject(source.url(source_key), source_key) from None
            # Stores do not say which of the two conditions was not met.
            if if_absent and refused.is_unmet and await self.head(key) is not None:
                raise AlreadyThere(self.url(key)) from None
            raise SourceChanged(source.url(source_key), source_key) from None
        return plain_etag(answer.get("CopyObjectResult", {}).get("ETag"))

    async def upload(self, key: str, headers: Mapping[str, str]) -> Upload:
        """Begin a multipart upload of an object with these raw headers and the bucket's placement."""
        everything = {**headers, **self.placement.headers}
        answer = await self._calls.call("CreateMultipartUpload", headers=everything, Key=key)
        return Upload(self._calls, self.url(key), key, answer["UploadId"])

    def writer(
        self, key: str, *, content_type: str = "application/octet-stream"
    ) -> AbstractAsyncContextManager[Writer]:
        """Write an object of unknown size; it comes into being at a clean exit only."""
        return open_writer(self, key, content_type)

    async def tags(self, key: str) -> dict[str, str]:
        """The object's tags; {} where the store has none, or does not let us read them."""
        try:
            answer = await self._calls.call("GetObjectTagging", Key=key)
        except (Refused, Failure):
            return {}
        return {tag["Key"]: tag["Value"] for tag in answer.get("TagSet", ())}

    async def tag(self, key: str, tags: Mapping[str, str]) -> None:
        """Set the object's tags."""
        tag_set = [{"Key": name, "Value": value} for name, value in tags.items()]
        await self._calls.call("PutObjectTagging", Key=key, Tagging={"TagSet": tag_set})

    async def delete(self, keys: Iterable[str]) -> None:
        """Delete the objects, one after the other; one that is not there is none too many."""
        for key in keys:
            try:
                await self._calls.call("DeleteObject", Key=key)
            except Refused as refused:
                if not refused.is_missing:
                    raise refusal(refused, self._calls.where, "DeleteObject", key) from None

    async def _get(self, key: str, if_match: str | None, start: int, end: int | None) -> dict[str, Any]:
        params: dict[str, Any] = {"IfMatch": f'"{if_match}"'} if if_match else {}
        if start or end is not None:
            params["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        try:
            return await self._calls.call("GetObject", Key=key, **params)
        except Refused as refused:
            if refused.is_missing:
                raise NoSuchObject(self.url(key), key) from None
            raise SourceChanged(self.url(key), key) from None

    def _unmet(self, refused: Refused, operation: str, key: str) -> Exception:
        if refused.is_unmet:
            return AlreadyThere(self.url(key))
        return refusal(refused, self._calls.where, operation, key)

    async def _ask_why(self, key: str) -> None:
        """A refused HEAD has no body; the same question by GET says whether it is the key or the permission."""
        try:
            await self._get(key, None, 0, 1)
        except (NoSuchObject, SourceChanged):
            return
        except Failure as failure:
            if failure.reason is not Reason.INTERNAL:
                raise


@asynccontextmanager
async def open_bucket(
    connection: Connection, name: str, placement: Placement = AS_THE_STORE_LIKES, title: str = ""
) -> AsyncIterator[Bucket]:
    """The bucket, for as long as the context lasts; `title` names it in messages, as "spec.destination" does."""
    async with open_calls(connection, Where(title, name, connection.endpoint)) as calls:
        yield Bucket(connection, name, placement, calls)
