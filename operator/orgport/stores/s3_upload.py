"""One multipart upload: invisible until it is completed."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from typing import TYPE_CHECKING

from orgport.api.failures import Failure
from orgport.stores import s3_requests as requests
from orgport.stores.s3_calls import Calls
from orgport.stores.s3_errors import Refused, refusal
from orgport.stores.s3_model import AlreadyThere, NoSuchObject, SourceChanged
from orgport.stores.s3_parse import Part, parse_completed, parse_copied_part, parse_head, parse_parts, parse_written

if TYPE_CHECKING:
    from orgport.stores.s3 import Bucket


class Upload:
    """Parts may be sent in any order and side by side; numbers begin with 1."""

    def __init__(self, calls: Calls, url: str, key: str, upload_id: str) -> None:
        self.key = key
        self.upload_id = upload_id
        self._calls = calls
        self._url = url
        self._etags: dict[int, str] = {}

    async def put(self, number: int, body: bytes | AsyncIterable[bytes], start: int, end: int) -> None:
        """Send the bytes from start to before end as one part; a body that can be iterated again for a retry."""
        request = requests.put_part(self.key, self.upload_id, number, body, end - start)
        try:
            self._etags[number] = await self._calls.ask(request, parse_written)
        except Refused as refused:
            raise refusal(refused, self._calls.where, "UploadPart", self.key) from None

    async def copy(self, number: int, source: Bucket, key: str, start: int, end: int, if_match: str | None) -> None:
        """Copy the bytes from start to before end of another object as one part. NoSuchObject, SourceChanged."""
        request = requests.copy_part(self.key, self.upload_id, number, source.name, key, start, end, if_match)
        try:
            self._etags[number] = await self._calls.ask(request, parse_copied_part)
        except Refused as refused:
            if refused.is_unmet:
                raise SourceChanged(source.url(key), key) from None
            if refused.code == "NoSuchUpload":
                raise refusal(refused, self._calls.where, "UploadPartCopy", self.key) from None
            raise NoSuchObject(source.url(key), key) from None

    async def adopt(self, sizes: Mapping[int, int]) -> set[int] | None:
        """Let the parts count as sent that an earlier process sent in the sizes given; their numbers.

        None: there is no such upload any more. Needs s3:ListMultipartUploadParts.
        """
        found = dict[int, str]()
        marker: str | None = None
        while (page := await self._parts_after(marker)) is not None:
            parts, following = page
            found.update((part.number, part.etag) for part in parts if sizes.get(part.number) == part.size)
            if following is None or int(following) <= int(marker or 0):
                self._etags.update(found)
                return set(found)
            marker = following
        return None

    async def complete(self, *, if_absent: bool = False) -> str:
        """Make the object; its ETag. AlreadyThere when it had to be absent and is not."""
        request = requests.complete_upload(self.key, self.upload_id, self._etags, if_absent=if_absent)
        try:
            return await self._calls.ask(request, parse_completed)
        except Refused as refused:
            if refused.is_unmet:
                raise AlreadyThere(self._url) from None
            return await self._completed_before(refused)

    async def abort(self) -> None:
        """Give the upload up; a store that does not let us is left to its lifecycle rule."""
        try:
            await self._calls.ask(requests.abort_upload(self.key, self.upload_id), lambda answer: None)
        except (Refused, Failure):
            return

    async def _parts_after(self, marker: str | None) -> tuple[list[Part], str | None] | None:
        try:
            return await self._calls.ask(requests.list_parts(self.key, self.upload_id, marker), parse_parts)
        except Refused as refused:
            if refused.is_missing:
                return None
            raise refusal(refused, self._calls.where, "ListParts", self.key) from None

    async def _completed_before(self, refused: Refused) -> str:
        """The object's ETag, if an earlier try's answer was lost: the upload is gone then, and the object is there."""
        try:
            return (await self._calls.ask(requests.head(self.key, None), parse_head)).etag
        except Refused:
            raise refusal(refused, self._calls.where, "CompleteMultipartUpload", self.key) from None
