"""The calls of the S3 API that are made here, as the API has them.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
Only plain S3 is spoken: no newer checksums, no ACLs, no bodies in chunks of their own framing. Headers are raw.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from xml.sax.saxutils import escape

from orgport.stores.s3_message import Content, Request
from orgport.stores.s3_sign import encode_path

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
Headers = Mapping[str, str]


def list_page(prefix: str, token: str | None) -> Request:
    query = {"list-type": "2", "prefix": prefix, "encoding-type": "url"}
    return Request("ListObjectsV2", "GET", None, {**query, "continuation-token": token} if token else query)


def head(key: str, part: int | None) -> Request:
    return Request("HeadObject", "HEAD", key, {} if part is None else {"partNumber": str(part)})


def get(key: str, if_match: str | None, start: int, end: int | None) -> Request:
    """The bytes from start to before end; without a range when that is all of them."""
    headers = {"if-match": f'"{if_match}"'} if if_match else {}
    if start or end is not None:
        headers["range"] = f"bytes={start}-{'' if end is None else end - 1}"
    return Request("GetObject", "GET", key, headers=headers)


def put(key: str, body: Content, size: int, headers: Headers, *, if_absent: bool) -> Request:
    return Request("PutObject", "PUT", key, {}, _guarded(headers, if_absent), body, size)


def copy(source: str, source_key: str, key: str, headers: Headers, if_match: str | None, *, if_absent: bool) -> Request:
    """`source`: its bucket."""
    return Request(
        "CopyObject", "PUT", key, {}, _guarded({**headers, **_from(source, source_key, if_match)}, if_absent)
    )


def begin_upload(key: str, headers: Headers) -> Request:
    return Request("CreateMultipartUpload", "POST", key, {"uploads": ""}, headers)


def put_part(key: str, upload_id: str, number: int, body: Content, size: int) -> Request:
    return Request("UploadPart", "PUT", key, _part(upload_id, number), {}, body, size)


def copy_part(
    key: str, upload_id: str, number: int, source: str, source_key: str, start: int, end: int, if_match: str | None
) -> Request:
    headers = {**_from(source, source_key, if_match), "x-amz-copy-source-range": f"bytes={start}-{end - 1}"}
    return Request("UploadPartCopy", "PUT", key, _part(upload_id, number), headers)


def list_parts(key: str, upload_id: str, marker: str | None) -> Request:
    query = {"uploadId": upload_id}
    return Request("ListParts", "GET", key, {**query, "part-number-marker": marker} if marker else query)


def complete_upload(key: str, upload_id: str, etags: Mapping[int, str], *, if_absent: bool) -> Request:
    parts = (
        f"<Part><PartNumber>{number}</PartNumber><ETag>&quot;{escape(etag)}&quot;</ETag></Part>"
        for number, etag in sorted(etags.items())
    )
    body = f'<CompleteMultipartUpload xmlns="{NAMESPACE}">{"".join(parts)}</CompleteMultipartUpload>'.encode()
    headers = _guarded({"content-type": "application/xml"}, if_absent)
    return Request("CompleteMultipartUpload", "POST", key, {"uploadId": upload_id}, headers, body, len(body))


def abort_upload(key: str, upload_id: str) -> Request:
    return Request("AbortMultipartUpload", "DELETE", key, {"uploadId": upload_id})


def get_tags(key: str) -> Request:
    return Request("GetObjectTagging", "GET", key, {"tagging": ""})


def put_tags(key: str, tags: Mapping[str, str]) -> Request:
    """S3 asks for the body's MD5."""
    each = (f"<Tag><Key>{escape(name)}</Key><Value>{escape(value)}</Value></Tag>" for name, value in tags.items())
    body = f'<Tagging xmlns="{NAMESPACE}"><TagSet>{"".join(each)}</TagSet></Tagging>'.encode()
    headers = {"content-type": "application/xml", "content-md5": md5_of(body)}
    return Request("PutObjectTagging", "PUT", key, {"tagging": ""}, headers, body, len(body))


def delete(key: str) -> Request:
    return Request("DeleteObject", "DELETE", key)


def md5_of(body: bytes) -> str:
    """As the header content-md5 has it."""
    return base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()


def _guarded(headers: Headers, if_absent: bool) -> Headers:
    return {**headers, "if-none-match": "*"} if if_absent else headers


def _from(bucket: str, key: str, if_match: str | None) -> dict[str, str]:
    headers = {"x-amz-copy-source": encode_path(f"{bucket}/{key}")}
    return {**headers, "x-amz-copy-source-if-match": f'"{if_match}"'} if if_match else headers


def _part(upload_id: str, number: int) -> dict[str, str]:
    return {"partNumber": str(number), "uploadId": upload_id}
