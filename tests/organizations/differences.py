"""Documents compared field by field, types included; an expected value may leave room."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()


@dataclass(frozen=True)
class Room:
    """An expected value that more than one found value satisfies; `says` is how messages put it."""

    accepts: Callable[[Any], bool]
    says: str

    def __repr__(self) -> str:
        return self.says


ANYTHING = Room(lambda found: True, "anything")


def one_of(*values: Any) -> Room:
    """Any of the values; ABSENT among them lets the field be missing."""
    return Room(lambda found: any(same(value, found) for value in values), " or ".join(map(repr, values)))


def same(expected: Any, found: Any) -> bool:
    return next(differences(expected, found), None) is None


def differences(expected: Any, found: Any, path: str = "") -> Iterator[str]:
    """One line for each field that differs: its path, what is expected and what is there."""
    if isinstance(expected, Room):
        if not expected.accepts(found):
            yield _line(path, expected, found)
    elif isinstance(expected, dict) and isinstance(found, dict):
        for key in [*expected, *(key for key in found if key not in expected)]:
            inner = f"{path}.{key}" if path else str(key)
            yield from differences(expected.get(key, ABSENT), found.get(key, ABSENT), inner)
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (mine, other) in enumerate(zip(expected, found, strict=True)):
            yield from differences(mine, other, f"{path}[{index}]")
    elif not _equal(expected, found):
        yield _line(path, expected, found)


def _equal(expected: Any, found: Any) -> bool:
    if isinstance(expected, float) and isinstance(found, float) and math.isnan(expected):
        return math.isnan(found)
    return _kind(expected) is _kind(found) and bool(expected == found)


def _kind(value: Any) -> type:
    """The value's type as BSON sees it: an integer's width is no matter, but 1, 1.0 and True are three things."""
    return int if isinstance(value, int) and not isinstance(value, bool) else type(value)


def _line(path: str, expected: Any, found: Any) -> str:
    return f"{path or 'document'}: expected {_shown(expected)}, found {_shown(found)}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
