"""Documents as a MongoDB server sends them, many at a time: cut apart, told from each other, and decoded."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any

import bson
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions, DatetimeConversion

_LENGTH = struct.Struct("<i").unpack_from
_WHOLE: CodecOptions[dict[str, Any]] = CodecOptions(
    uuid_representation=UuidRepresentation.STANDARD,
    tz_aware=True,
    tzinfo=UTC,
    datetime_conversion=DatetimeConversion.DATETIME_AUTO,
)
_BARE: CodecOptions[dict[str, Any]] = CodecOptions()
_IDS = {
    name: (b"\x05%b\0\x10\0\0\0\4" % name.encode(), b"\x05%b\0\x10\0\0\0\0" % name.encode()) for name in ("_id", "oid")
}
"""Members by which nearly all documents are known: how they begin as a UUID, and as bytes of no kind."""


def split(batch: bytes) -> Iterator[bytes]:
    """The encoded documents of a batch."""
    start, end = 0, len(batch)
    while start < end:
        (length,) = _LENGTH(batch, start)
        yield batch[start : start + length]
        start += length


def mark(document: bytes) -> int:
    """A number that tells one version of an encoded document from the next, for as long as this process lives."""
    return hash(document)


def decode(document: bytes) -> dict[str, Any]:
    """The document with UUIDs, and dates in UTC; a date that Python has none for stays a number (DatetimeMS)."""
    return bson.decode(document, _WHOLE)


def decode_bare(documents: bytes) -> list[dict[str, Any]]:
    """Encoded documents, one after the other, with UUIDs as Binary and dates without a zone: for a third of the cost.

    InvalidBSON for a date that Python has none for.
    """
    return bson.decode_all(documents, _BARE)


def decode_with_plain_ids(piece: Sequence[bytes]) -> list[dict[str, Any]] | None:
    """Like `decode_bare`, with `_id` and `oid` as their 16 bytes, for a third of the cost once more.

    None where they are not UUIDs in all of these documents. InvalidBSON as there.
    """
    documents = b"".join(piece)
    for uuid, plain in _IDS.values():
        # A text can hold these bytes, too; if each document has a UUID there, and there are no more, then none does.
        if documents.count(uuid) != len(piece) or plain in documents:
            return None
        documents = documents.replace(uuid, plain)
    decoded = decode_bare(documents)
    return decoded if all(type(each.get(name)) is bytes for each in decoded for name in _IDS) else None
