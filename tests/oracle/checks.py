"""Whether a JSON value passes for a type of Browsertrix's models: a check gives what is wrong with it, line by line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

Check = Callable[[Any], Iterator[str]]
"""Takes a value; gives "path: what is wrong", the path relative to the value."""

SPECIAL_DOMAINS = ("arpa", "invalid", "local", "localhost", "onion", "test")
"""Top-level domains of which the address validator takes no address."""


def text(value: Any) -> Iterator[str]:
    if not isinstance(value, str):
        yield f": {value!r} is no text"


def text_of(low: int, high: int) -> Check:
    def check(value: Any) -> Iterator[str]:
        if not isinstance(value, str) or not low <= len(value) <= high:
            yield f": {value!r} is no text of {low} to {high} characters"

    return check


def matching(pattern: str) -> Check:
    def check(value: Any) -> Iterator[str]:
        if not isinstance(value, str) or re.fullmatch(pattern, value) is None:
            yield f": {value!r} does not match {pattern}"

    return check


def integer(value: Any) -> Iterator[str]:
    """A whole number, as lenient models take it: 3.0 and "3" too."""
    try:
        whole = not isinstance(value, list | dict | None) and float(value).is_integer()
    except (TypeError, ValueError):
        whole = False
    if not whole:
        yield f": {value!r} is no whole number"


def strict_integer(low: int, high: int) -> Check:
    def check(value: Any) -> Iterator[str]:
        if type(value) is not int or not low <= value <= high:
            yield f": {value!r} is not one of {low}..{high}"

    return check


def at_most(high: int) -> Check:
    def check(value: Any) -> Iterator[str]:
        if type(value) is not int or value > high:
            yield f": {value!r} is no whole number up to {high}"

    return check


def number(value: Any) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        yield f": {value!r} is no number"


def flag(value: Any) -> Iterator[str]:
    if not isinstance(value, bool):
        yield f": {value!r} is neither true nor false"


def null(value: Any) -> Iterator[str]:
    if value is not None:
        yield f": {value!r} is not null"


def uuid(value: Any) -> Iterator[str]:
    try:
        UUID(value)
    except (TypeError, ValueError, AttributeError):
        yield f": {value!r} is no UUID"


def instant(value: Any) -> Iterator[str]:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        yield f": {value!r} is no date"


def http_url(value: Any) -> Iterator[str]:
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except (TypeError, ValueError, AttributeError):
        good = False
    if not good:
        yield f": {value!r} is no http URL"


def email(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", value) is None:
        yield f": {value!r} is no address"
    elif value.rsplit(".", 1)[1].lower() in SPECIAL_DOMAINS:
        yield f": {value!r} is an address of a special domain"


def among(*values: Any) -> Check:
    def check(value: Any) -> Iterator[str]:
        if value not in values:
            yield f": {value!r} is none of {', '.join(map(str, values))}"

    return check


def maybe(inner: Check) -> Check:
    def check(value: Any) -> Iterator[str]:
        if value is not None:
            yield from inner(value)

    return check


def either(*choices: Check) -> Check:
    def check(value: Any) -> Iterator[str]:
        faults = [list(choice(value)) for choice in choices]
        if all(faults):
            yield from faults[-1]

    return check


def list_of(inner: Check) -> Check:
    def check(value: Any) -> Iterator[str]:
        if not isinstance(value, list):
            yield f": {value!r} is no list"
            return
        for index, entry in enumerate(value):
            yield from (f"[{index}]{fault}" for fault in inner(entry))

    return check


def map_of(inner: Check) -> Check:
    def check(value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f": {value!r} is no object"
            return
        for key, entry in value.items():
            yield from (f".{key}{fault}" for fault in inner(entry))

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these members; what it has beside them is nobody's concern."""
    known = {**required, **(optional or {})}

    def check(value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f": {value!r} is no object"
            return
        yield from (f".{name}: is missing" for name in required if name not in value)
        for name, inner in known.items():
            if name in value:
                yield from (f".{name}{fault}" for fault in inner(value[name]))

    return check
