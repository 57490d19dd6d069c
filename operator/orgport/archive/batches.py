"""Documents as a MongoDB server sends them, many at a time: cut apart, told from each other, and decoded."""

from __future__ import annotations

import struct
from collections.abc import Iterator
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
