"""Answers of S3 as our own data. What lacks that which it has to tell is refused, as if the store had said no."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import Element

from orgport.stores.s3_errors import INCOMPLETE, NOT_S3, Refused
from orgport.stores.s3_listing import BadPage, Page, parse_page
from orgport.stores.s3_message import Answer
from orgport.stores.s3_model import Head
from orgport.stores.s3_xml import NotXml, children, name_of, parse_echo, text_in

CONTENT_HEADERS = ("cache-control", "content-disposition", "content-encoding", "content-language", "expires")

COPIED = re.compile(
    rb"\s*(?:<\?xml[^<>&]*\?>)?\s*<(Copy(?:Object|Part)Result)(?: xmlns=\"[^\"<>&]*\")?>"
    rb"(?:<LastModified>[\w:.+-]*</LastModified>)?"
    rb"<ETag>(?:&quot;|&#34;|\")?([\w./+=-]+)(?:&quot;|&#34;|\")?</ETag>"
    rb"(?:<LastModified>[\w:.+-]*</LastModified>)?</\1>\s*"
)
"""What nearly all stores answer to copies, which is a third of what a copy costs us if XML is parsed for it."""


@dataclass(frozen=True)
class Part:
    """A part of an upload that is not finished."""

    number: int
    size: int
    etag: str


def plain_etag(text: str | None) -> str:
    """An ETag without its quotes."""
    return (text or "").strip('"')


def error_of(answer: Answer) -> Refused:
    """What an answer with an error's status says. One without a body, as to HEAD, has its status for a code."""
    status = str(answer.status)
    try:
        root = parse_echo(answer.body) if answer.body else None
    except NotXml:
        return _refused(answer, NOT_S3 if answer.status < 500 else status)
    if root is None or name_of(root) != "Error":
        return _refused(answer, status)
    return _refused(answer, text_in(root, "Code") or status, text_in(root, "Region"))


def incomplete(answer: Answer) -> Refused:
    """For a good answer that lacks what it has to tell."""
    return _refused(answer, INCOMPLETE)


def result(answer: Answer, name: str) -> Element:
    """The root element of that name. A store may only find out that it has to say no when it has begun to answer."""
    try:
        root = parse_echo(answer.body)
    except NotXml:
        raise _refused(answer, NOT_S3) from None
    if name_of(root) == "Error":
        raise _refused(answer, text_in(root, "Code") or INCOMPLETE)
    if name_of(root) != name:
        raise incomplete(answer)
    return root


def told(answer: Answer, name: str, element: str) -> str:
    """The text of an element that may not be missing."""
    text = text_in(result(answer, name), element)
    if not text:
        raise incomplete(answer)
    return text


def parse_written(answer: Answer) -> str:
    """The ETag in the headers."""
    etag = plain_etag(answer.headers.get("etag"))
    if not etag:
        raise incomplete(answer)
    return etag


def parse_copied(answer: Answer, name: str = "CopyObjectResult") -> str:
    """The ETag of what was copied. Where the pattern knows the answer, it says what a parser of XML would."""
    known = COPIED.fullmatch(answer.body)
    if known is not None and known[1].decode() == name:
        return known[2].decode()
    return plain_etag(told(answer, name, "ETag"))


def parse_copied_part(answer: Answer) -> str:
    return parse_copied(answer, "CopyPartResult")


def parse_upload_id(answer: Answer) -> str:
    return told(answer, "InitiateMultipartUploadResult", "UploadId")


def parse_completed(answer: Answer) -> str:
    return plain_etag(told(answer, "CompleteMultipartUploadResult", "ETag"))


def parse_parts(answer: Answer) -> tuple[list[Part], str | None]:
    """The parts of a page, and the marker of the next page."""
    page = result(answer, "ListPartsResult")
    parts = [_part(answer, element) for element in children(page, "Part")]
    is_truncated, marker = text_in(page, "IsTruncated"), text_in(page, "NextPartNumberMarker")
    return parts, marker if is_truncated == "true" else None


def parse_tags(answer: Answer) -> dict[str, str]:
    sets = children(result(answer, "Tagging"), "TagSet")
    tags = (tag for each in sets for tag in children(each, "Tag"))
    return {text_in(tag, "Key") or "": text_in(tag, "Value") or "" for tag in tags}


def parse_listed(answer: Answer) -> Page:
    try:
        return parse_page(answer.body)
    except NotXml:
        raise _of_no_page(answer) from None
    except BadPage:
        raise incomplete(answer) from None


def parse_head(answer: Answer) -> Head:
    headers, etag = answer.headers, parse_written(answer)
    if not headers.get("content-length", "").isdigit():
        raise incomplete(answer)
    return Head(
        size=int(headers["content-length"]),
        etag=etag,
        content_type=headers.get("content-type", "application/octet-stream"),
        headers=content_headers(headers),
        metadata=_metadata(headers),
        storage_class=headers.get("x-amz-storage-class", ""),
        encryption=headers.get("x-amz-server-side-encryption", ""),
        tag_count=int(headers.get("x-amz-tagging-count", 0)),
        part_count=int(headers["x-amz-mp-parts-count"]) if "x-amz-mp-parts-count" in headers else None,
    )


def content_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The content headers that are kept with an object, without what only belonged to an upload's framing."""
    kept = {name: headers[name] for name in CONTENT_HEADERS if name in headers}
    encodings = [coding.strip() for coding in kept.pop("content-encoding", "").split(",")]
    real = [coding for coding in encodings if coding and coding != "aws-chunked"]
    return {**kept, "content-encoding": ",".join(real)} if real else kept


def parse_date(text: str | None) -> float | None:
    """A date of HTTP's, in seconds since 1970."""
    try:
        return parsedate_to_datetime(text or "").timestamp()
    except ValueError:
        return None


def _metadata(headers: Mapping[str, str]) -> dict[str, str]:
    lower = ((name.lower(), value) for name, value in headers.items())
    return {name.removeprefix("x-amz-meta-"): value for name, value in lower if name.startswith("x-amz-meta-")}


def _part(answer: Answer, element: Element) -> Part:
    number, size = text_in(element, "PartNumber") or "", text_in(element, "Size") or ""
    if not (number.isdigit() and size.isdigit()):
        raise incomplete(answer)
    return Part(int(number), int(size), plain_etag(text_in(element, "ETag")))


def _of_no_page(answer: Answer) -> Refused:
    try:
        result(answer, "ListBucketResult")
    except Refused as refused:
        return refused
    return incomplete(answer)


def _refused(answer: Answer, code: str, region: str | None = None) -> Refused:
    headers = answer.headers
    return Refused(
        code,
        answer.status,
        request_id=headers.get("x-amz-request-id", ""),
        retry_after=_wait(headers.get("retry-after", ""), headers.get("date")),
        region=headers.get("x-amz-bucket-region") or region,
        date=parse_date(headers.get("date")),
    )


def _wait(asked: str, now: str | None) -> float | None:
    """Seconds until a store wants to be asked again; it may name the time instead."""
    if asked.isdecimal():
        return float(asked)
    then, here = parse_date(asked), parse_date(now)
    return max(then - here, 0.0) if then is not None and here is not None else None
