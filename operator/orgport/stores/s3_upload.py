"""One multipart upload: invisible until it is completed."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from typing import TYPE_CHECKING, Any

from orgport.api.failures import Failure
from orgport.stores.s3_calls import Calls
from orgport.stores.s3_errors import Refused, refusal
from orgport.stores.s3_model import AlreadyThere, NoSuchObject, SourceChanged
from orgport.stores.s3_parse import plain_etag

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

    async def put(self, number: int, body: bytes | AsyncIterable[bytes], size: int) -> None:
        """Send one part; a body that can be iterated again for a retry."""
        part = {"Key": self.key, "UploadId": self.upload_id, "PartNumber": number}
        try:
            answer = await self._calls.send("UploadPart", body, size, **part)
        except Refused as refused:
            raise refusal(refused, self._calls.where, "UploadPart", self.key) from None
        self._etags[number] = plain_etag(answer.get("ETag"))

    async def copy(self, number: int, source: Bucket, key: str, start: int, end: int, if_match: str | None) -> None:
        """Copy the bytes from start to before end of another object as one part. NoSuchObject, SourceChanged."""
        params: dict[str, Any] = {"CopySourceIfMatch": f'"{if_match}"'} if if_match else {}
        params["CopySource"] = {"Bucket": source.name, "Key": key}
        params["CopySourceRange"] = f"bytes={start}-{end - 1}"
        try:
            answer = await self._calls.call(
                "UploadPartCopy", Key=self.key, UploadId=self.upload_id, PartNumber=number, **params
            )
        except Refused as refused:
            if refused.is_unmet:
                raise SourceChanged(source.url(key), key) from None
            if refused.code == "NoSuchUpload":
                raise refusal(refused, self._calls.where, "UploadPartCopy", self.key) from None
            raise NoSuchObject(source.url(key), key) from None
        self._etags[number] = plain_etag(answer.get("CopyPartResult", {}).get("ETag"))

    async def adopt(self, sizes: Mapping[int, int]) -> set[int] | None:
        """Let the parts count as sent that an earlier process sent in the sizes given; their numbers.

        None: there is no such upload any more. Needs s3:ListMultipartUploadParts.
        """
        found, marker = dict[int, str](), 0
        while (page := await self._parts_after(marker)) is not None:
            for part in page.get("Parts", ()):
                if sizes.get(part["PartNumber"]) == part["Size"]:
                    found[part["PartNumber"]] = plain_etag(part["ETag"])
            last, marker = marker, int(page.get("NextPartNumberMarker") or 0)
            if not page.get("IsTruncated") or marker <= last:
                self._etags.update(found)
                return set(found)
        return None

    async def complete(self, *, if_absent: bool = False) -> str:
        """Make the object; its ETag. AlreadyThere when it had to be absent and is not."""
        parts = [{"PartNumber": number, "ETag": f'"{etag}"'} for number, etag in sorted(self._etags.items())]
        params: dict[str, Any] = {"IfNoneMatch": "*"} if if_absent else {}
        params["MultipartUpload"] = {"Parts": parts}
        try:
            answer = await self._calls.call("CompleteMultipartUpload", Key=self.key, UploadId=self.upload_id, **params)
        except Refused as refused:
            if refused.is_unmet:
                raise AlreadyThere(self._url) from None
            return await self._completed_before(refused)
        return plain_etag(answer.get("ETag"))

    async def abort(self) -> None:
        """Give the upload up; a store that does not let us is left to its lifecycle rule."""
        try:
            await self._calls.call("AbortMultipartUpload", Key=self.key, UploadId=self.upload_id)
        except (Refused, Failure):
            return

    async def _parts_after(self, marker: int) -> dict[str, Any] | None:
        try:
            return await self._calls.call("ListParts", Key=self.key, UploadId=self.upload_id, PartNumberMarker=marker)
        except Refused as refused:
            if refused.is_missing:
                return None
            raise refusal(refused, self._calls.where, "ListParts", self.key) from None

    async def _completed_before(self, refused: Refused) -> str:
        """The object's ETag, if an earlier try's answer was lost: the upload is gone then, and the object is there."""
        try:
            answer = await self._calls.call("HeadObject", Key=self.key)
        except Refused:
            raise refusal(refused, self._calls.where, "CompleteMultipartUpload", self.key) from None
        return plain_etag(answer.get("ETag"))


def begun_upload(bucket: Bucket, key: str, upload_id: str) -> Upload:
    """An upload that an earlier process began."""
    return Upload(bucket._calls, bucket.url(key), key, upload_id)
