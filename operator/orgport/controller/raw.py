"""Reading what others wrote: whatever has the wrong shape counts as absent, so that no object can stop a decision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Raw = Mapping[str, Any]

LARGEST = 2**53


def dig(source: object, *path: str) -> object:
    """The value at a path of keys; None where there is none."""
    for key in path:
        if not isinstance(source, Mapping):
            return None
        source = source.get(key)
    return source


def text(source: object, *path: str) -> str:
    """The string at a path, else ""."""
    value = dig(source, *path)
    return value if isinstance(value, str) else ""


def count(source: object, *path: str) -> int:
    """The number at a path, or the one that a string there spells; else 0. Never negative."""
    value = dig(source, *path)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:16])
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return min(max(value, 0), LARGEST)


def moment(source: object, *path: str) -> datetime | None:
    """The time at a path, in UTC."""
    try:
        value = datetime.fromisoformat(text(source, *path))
        return value.astimezone(UTC) if value.tzinfo else None
    except (ValueError, OverflowError):
        return None


def later(start: datetime, seconds: float) -> datetime:
    """So many seconds later; the end of time at most."""
    try:
        return start + timedelta(seconds=seconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def items(source: object, *path: str) -> list[Raw]:
    """The objects of the list at a path."""
    value = dig(source, *path)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def true_condition(source: object, kind: str) -> Raw | None:
    """The condition of this type of a Job or Pod, if it is "True"."""
    for condition in items(source, "status", "conditions"):
        if condition.get("type") == kind and condition.get("status") == "True":
            return condition
    return None


def condition(source: object, kind: str) -> Raw:
    """The condition of this type, whatever its status; else {}."""
    return next((found for found in items(source, "status", "conditions") if found.get("type") == kind), {})


def is_controlled_by(source: object, uid: str) -> bool:
    """Whether the object's controller is the one with this uid."""
    owners = items(source, "metadata", "ownerReferences")
    return bool(uid) and any(owner.get("controller") is True and owner.get("uid") == uid for owner in owners)
