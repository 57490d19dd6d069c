"""One document as Browsertrix's JSON has it: UUIDs in lower case, dates with "Z", and nothing that is not JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from bson import Binary, Decimal128, ObjectId
from bson.datetime_ms import DatetimeMS

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


def encode(document: Mapping[str, Any]) -> bytes:
    """The document in one line. NaN and infinities become null, for they are no JSON."""
    return orjson.dumps(document, default=_foreign, option=OPTIONS)


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
