"""Documents as Browsertrix's JSON has them: UUIDs in lower case, dates with "Z", and nothing that is not JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from bson import Binary, Decimal128, ObjectId
from bson.binary import UUID_SUBTYPE
from bson.datetime_ms import DatetimeMS

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC

_END_OF_LINE = orjson.Fragment(b"\n")


def encode(document: Mapping[str, Any]) -> bytes:
    """The document in one line. NaN and infinities become null, for they are no JSON."""
    return orjson.dumps(document, default=_foreign, option=OPTIONS)


def encode_bare(documents: Iterable[Any]) -> bytes:
    """Documents of `decode_bare`, or lines as Fragments, each in one line as `encode` has it, ",\\n" between them.

    orjson.JSONEncodeError for values that only `encode` knows.
    """
    with_ends = [entry for document in documents for entry in (document, _END_OF_LINE)]
    # No line break is inside a value, where it would be written as \n.
    text = orjson.dumps(with_ends, default=_bare_uuid, option=OPTIONS).replace(b"\n,", b"\n")
    return text[1:-3]


def text_of_uuid(value: bytes) -> str:
    """The text of a UUID's 16 bytes."""
    digits = value.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _bare_uuid(value: Any) -> str:
    if type(value) is Binary and value.subtype == UUID_SUBTYPE and len(value) == 16:
        return text_of_uuid(value)
    raise TypeError


def _foreign(value: Any) -> Any:
    # Browsertrix stores none of these in what it exports; a member that it does not know of must not stop an export.
    if isinstance(value, Binary) and value.subtype in (3, 4):
        return value.as_uuid(value.subtype)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, ObjectId | Decimal128):
        return str(value)
    if isinstance(value, DatetimeMS):
        return int(value)
    if isinstance(value, Mapping):
        return dict(value)
    return repr(value)
