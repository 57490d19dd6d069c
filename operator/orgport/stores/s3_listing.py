"""Pages of a listing: read in one pass of a pattern where they have the usual shape, else by the strict parser.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
The pattern takes a third of the parser's time. Of a page whose every byte it does not know it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote_plus
from xml.etree.ElementTree import Element

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.s3_model import Listed
from orgport.stores.s3_xml import NotXml, children, name_of, parse_xml, text_in

ROOT, FIRST, LAST = "ListBucketResult", b"<Contents>", b"</Contents>"
ROW = re.compile(
    rb"<Contents><Key>([!-%'-;=?-~]+)</Key>(?:<LastModified>[\w:.+-]*</LastModified>)?"
    rb"<ETag>(?:&quot;|&#34;|\")?([\w./+=-]*)(?:&quot;|&#34;|\")?</ETag>"
    rb"(?:<ChecksumAlgorithm>\w*</ChecksumAlgorithm>)*(?:<ChecksumType>\w*</ChecksumType>)?"
    rb"<Size>([0-9]{1,18})</Size>"
    rb"(?:<Owner><ID>\w*</ID><DisplayName>[\w.-]*</DisplayName></Owner>)?"
    rb"(?:<StorageClass>(\w*)</StorageClass>)?</Contents>"
)
"""One object as AWS, MinIO, Ceph and their like write it, under a key that XML has nothing to escape in."""
COLUMNS = 1 + ROW.groups
"""What splitting at the rows gives for each: what stands before it, and its groups."""


@dataclass(frozen=True)
class Page:
    """`following`: the token of the next page; None: this is the last one."""

    rows: list[Listed]
    following: str | None


class BadPage(Exception):
    """What came is no page, or lacks what a page has to tell."""


def parse_page(text: bytes) -> Page:
    """The page; NotXml or BadPage if it is none."""
    return read_by_pattern(text) or read_strictly(text)


def read_by_pattern(text: bytes) -> Page | None:
    """The page, if the pattern knows all of it."""
    start, end = text.find(FIRST), text.rfind(LAST) + len(LAST)
    if start < 0 or b"<!" in text:
        return None
    cells = ROW.split(text[start:end])
    if any(cells[::COLUMNS]):
        return None
    frame = _frame(text[:start] + text[end:])
    keys, etags, sizes, classes = (cells[at::COLUMNS] for at in range(1, COLUMNS))
    rows = map(Listed, _keys(frame, keys), map(int, sizes), _texts(etags), _texts([name or b"" for name in classes]))
    return Page(list(rows), _following(frame))


def _keys(frame: Element, encoded: list[bytes]) -> list[str]:
    keys = _texts(encoded)
    if not any(b"%" in key or b"+" in key for key in encoded):
        return keys
    return list(map(_decoder(frame), keys))


def _texts(cells: list[bytes]) -> list[str]:
    """Decoded all at once. No cell has a line feed in it."""
    return b"\n".join(cells).decode().split("\n")


def read_strictly(text: bytes) -> Page:
    """The page by a parser of XML; NotXml, BadPage."""
    frame = _frame(text)
    key_of = _decoder(frame)
    return Page([_row(entry, key_of) for entry in children(frame, "Contents")], _following(frame))


def _frame(text: bytes) -> Element:
    frame = parse_xml(text)
    if name_of(frame) != ROOT:
        raise NotXml
    return frame


def _decoder(frame: Element) -> Callable[[str], str]:
    """Keys are decoded only if the store says that it encoded them: not every store does, whatever it is asked for."""
    return _decoded if (text_in(frame, "EncodingType") or "").lower() == "url" else str


def _decoded(key: str) -> str:
    if "%" not in key and "+" not in key:
        return key
    try:
        return unquote_plus(key, errors="strict")
    except UnicodeDecodeError:
        message = f"the store lists {key}, percent-encoded, which is no UTF-8"
        raise Failure(Reason.KEY_REFUSED, message, keys=[key]) from None


def _row(entry: Element, key_of: Callable[[str], str]) -> Listed:
    key, size = text_in(entry, "Key"), text_in(entry, "Size") or ""
    if not key or not (size.isascii() and size.isdigit()):
        raise BadPage("an object without key or size")
    etag = (text_in(entry, "ETag") or "").strip('"')
    return Listed(key_of(key), int(size), etag, text_in(entry, "StorageClass") or "")


def _following(frame: Element) -> str | None:
    match text_in(frame, "IsTruncated"), text_in(frame, "NextContinuationToken"):
        case "false", _:
            return None
        case "true", str(token) if token:
            return token
    raise BadPage("it does not say how the listing goes on")
