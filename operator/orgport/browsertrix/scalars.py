"""UUIDs and dates between JSON and BSON. Which text is one is decided by its path, never by its looks."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from orgport.browsertrix.paths import kind

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}").fullmatch
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
).fullmatch


def to_uuid(value: Any) -> UUID:
    """The UUID that a hyphenated text spells; ValueError for anything else. UUIDs pass."""
    if isinstance(value, str):
        return _parse_uuid(value)
    if isinstance(value, UUID):
        return value
    raise ValueError(f"holds {kind(value)} instead of a UUID")


@lru_cache(maxsize=1024)  # half of all UUIDs are the organization's own id
def _parse_uuid(text: str) -> UUID:
    if not _UUID(text):
        raise ValueError("holds a text that is no UUID")
    return UUID(text)


def to_date(value: Any) -> datetime:
    """The instant in UTC, cut to the millisecond as BSON keeps it; a text without offset is in UTC. Else ValueError."""
    if isinstance(value, str):
        if not _DATE(value):
            raise ValueError("holds a text that is no date")
        value = datetime.fromisoformat(value)
    elif not isinstance(value, datetime):
        raise ValueError(f"holds {kind(value)} instead of a date")
    return _to_milliseconds(value)


def to_map(value: Any) -> Any:
    """The value if it is a map; ValueError otherwise."""
    if not isinstance(value, dict):
        raise ValueError(f"holds {kind(value)} instead of a map")
    return value


def to_text(value: Any) -> str:
    """The value if it is a text; ValueError otherwise."""
    if not isinstance(value, str):
        raise ValueError(f"holds {kind(value)} instead of a text")
    return value


def to_number(value: Any) -> int:
    """The value if it is a whole number, in whatever class the database has for it; ValueError otherwise."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"holds {kind(value)} instead of a whole number")
    return value


def _to_milliseconds(value: datetime) -> datetime:
    if value.tzinfo is None:
        value = value.replace(tzinfo=UTC)
    elif value.tzinfo is not UTC:
        try:
            value = value.astimezone(UTC)
        except OverflowError:
            raise ValueError("holds a date before the year 1 or after 9999") from None
    beyond = value.microsecond % 1000
    return value.replace(microsecond=value.microsecond - beyond) if beyond else value
