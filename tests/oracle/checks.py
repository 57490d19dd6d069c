"""Whether a JSON value passes for a type of Browsertrix's models: a check gives what is wrong with it, line by line.

Every check knows what it takes and what it refuses by example; `faulty` makes of them a bad value for each rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

SPECIAL_DOMAINS = ("arpa", "invalid", "local", "localhost", "onion", "test")
"""Top-level domains of which the address validator takes no address."""


class Check(Protocol):
    """Takes a value; gives "path: what is wrong", the path relative to the value."""

    def __call__(self, value: Any) -> Iterator[str]: ...

    def example(self) -> Any:
        """A value that passes, with something in every member."""

    def faulty(self) -> Iterator[tuple[str, Any]]:
        """Values that do not pass, each breaking one rule, with the path of it."""


def _at_itself(*values: Any) -> Iterator[tuple[str, Any]]:
    return (("", value) for value in values)


@dataclass(frozen=True)
class Leaf:
    """A rule for a value that has nothing below it."""

    accepts: Callable[[Any], bool]
    says: str
    good: Any
    bad: tuple[Any, ...]

    def __call__(self, value: Any) -> Iterator[str]:
        if not self.accepts(value):
            yield f": {value!r} {self.says}"

    def example(self) -> Any:
        return self.good

    def faulty(self) -> Iterator[tuple[str, Any]]:
        yield from _at_itself(*self.bad)


def text_of(low: int, high: int | None = None) -> Check:
    bound = "or more" if high is None else f"to {high}"
    return Leaf(
        lambda value: isinstance(value, str) and low <= len(value) and (high is None or len(value) <= high),
        f"is no text of {low} {bound} characters",
        "x" * low,
        (None, 7, *([""] if low else []), *([] if high is None else ["x" * (high + 1)])),
    )


def matching(pattern: str, good: str) -> Check:
    return Leaf(
        lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None,
        f"does not match {pattern}",
        good,
        (None, 58, "", f"{good} {good}"),
    )


def strict_integer(low: int, high: int) -> Check:
    return Leaf(
        lambda value: type(value) is int and low <= value <= high,
        f"is not one of {low}..{high}",
        low,
        (None, low - 1, high + 1, float(low), str(low), True),
    )


def at_most(high: int) -> Check:
    return Leaf(
        lambda value: type(value) is int and value <= high,
        f"is no whole number up to {high}",
        high,
        (None, high + 1, "1", True),
    )


def among(*values: Any) -> Check:
    return Leaf(
        lambda value: isinstance(value, str) and value in values,
        f"is none of {', '.join(map(str, values))}",
        values[0],
        (None, "", "another", 7, []),
    )


def _is_whole(value: Any) -> bool:
    try:
        return not isinstance(value, list | dict | None) and float(value).is_integer()
    except (TypeError, ValueError):
        return False


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_flag(value: Any) -> bool:
    words = ("true", "false", "t", "f", "yes", "no", "y", "n", "on", "off", "1", "0")
    return value.lower() in words if isinstance(value, str) else isinstance(value, int | float) and value in (0, 1)


def _is_uuid(value: Any) -> bool:
    try:
        UUID(value)
    except (TypeError, ValueError, AttributeError):
        return False
    return True


def _is_instant(value: Any) -> bool:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_http_url(value: Any) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except (TypeError, ValueError, AttributeError):
        return False


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", value) is not None


UUID_TEXT = "11111111-2222-4333-8444-555555555555"
text = Leaf(lambda value: isinstance(value, str), "is no text", "text", (None, 7, True, [], {}))
integer = Leaf(_is_whole, "is no whole number", 3, (None, 2.5, "many", [], {}))
"""A whole number, as lenient models take it: 3.0 and "3" too."""
number = Leaf(_is_number, "is no number", 0.5, (None, "half", [], {}))
flag = Leaf(_is_flag, "is neither true nor false", True, (None, "maybe", 7, []))
"""True and false, and what lenient models take for them."""
null = Leaf(lambda value: value is None, "is not null", None, ("", 0, []))
uuid = Leaf(_is_uuid, "is no UUID", UUID_TEXT, (None, "", "upload-1", f"{UUID_TEXT}0", 7, []))
instant = Leaf(_is_instant, "is no date", "2024-07-01T17:26:10Z", (None, "", "yesterday", "2024-13-01T00:00:00Z", []))
http_url = Leaf(
    _is_http_url,
    "is no http URL",
    "https://example.org/",
    (None, "", "home", "about:blank", "ftp://a.b/", "https://", 7),
)
address = Leaf(_is_address, "is no address", "olga@example.org", (None, "", "nobody", "x@localhost", "a b@example.org"))
public = Leaf(
    lambda value: str(value).rsplit(".", 1)[-1].lower() not in SPECIAL_DOMAINS,
    "is an address of a special domain",
    "olga@example.org",
    tuple(f"olga@host.{domain}" for domain in SPECIAL_DOMAINS),
)


@dataclass(frozen=True)
class Both:
    """What passes for each of these."""

    checks: tuple[Check, ...]

    def __call__(self, value: Any) -> Iterator[str]:
        for check in self.checks:
            if faults := list(check(value)):
                yield from faults
                return

    def example(self) -> Any:
        return self.checks[0].example()

    def faulty(self) -> Iterator[tuple[str, Any]]:
        for check in self.checks:
            yield from check.faulty()


email = Both((address, public))


@dataclass(frozen=True)
class Maybe:
    """Null, or what passes for this."""

    inner: Check

    def __call__(self, value: Any) -> Iterator[str]:
        if value is not None:
            yield from self.inner(value)

    def example(self) -> Any:
        return self.inner.example()

    def faulty(self) -> Iterator[tuple[str, Any]]:
        yield from ((path, value) for path, value in self.inner.faulty() if value is not None)


@dataclass(frozen=True)
class Either:
    """What passes for one of these."""

    choices: tuple[Check, ...]

    def __call__(self, value: Any) -> Iterator[str]:
        faults = [list(choice(value)) for choice in self.choices]
        if all(faults):
            yield from faults[-1]

    def example(self) -> Any:
        return self.choices[0].example()

    def faulty(self) -> Iterator[tuple[str, Any]]:
        yield from _at_itself(7.5, {"another": 7})


@dataclass(frozen=True)
class Each:
    """A list of what passes for this."""

    inner: Check

    def __call__(self, value: Any) -> Iterator[str]:
        if not isinstance(value, list):
            yield f": {value!r} is no list"
            return
        for index, entry in enumerate(value):
            yield from (f"[{index}]{fault}" for fault in self.inner(entry))

    def example(self) -> Any:
        return [self.inner.example(), self.inner.example()]

    def faulty(self) -> Iterator[tuple[str, Any]]:
        yield from _at_itself(None, "x", 7, {})
        for path, value in self.inner.faulty():
            yield f"[1]{path}", [self.inner.example(), value]


@dataclass(frozen=True)
class Values:
    """An object with whatever members, each of which passes for this."""

    inner: Check

    def __call__(self, value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f": {value!r} is no object"
            return
        for key, entry in value.items():
            yield from (f".{key}{fault}" for fault in self.inner(entry))

    def example(self) -> Any:
        return {"one": self.inner.example(), "another": self.inner.example()}

    def faulty(self) -> Iterator[tuple[str, Any]]:
        yield from _at_itself(None, "x", 7, [])
        for path, value in self.inner.faulty():
            yield f".another{path}", {"one": self.inner.example(), "another": value}


@dataclass(frozen=True)
class Record:
    """An object with these members; what it has beside them is nobody's concern."""

    required: Mapping[str, Check]
    optional: Mapping[str, Check] = field(default_factory=dict)

    def __call__(self, value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f": {value!r} is no object"
            return
        yield from (f".{name}: is missing" for name in self.required if name not in value)
        for name, inner in {**self.required, **self.optional}.items():
            if name in value:
                yield from (f".{name}{fault}" for fault in inner(value[name]))

    def example(self) -> Any:
        return {name: inner.example() for name, inner in {**self.required, **self.optional}.items()}

    def faulty(self) -> Iterator[tuple[str, Any]]:
        yield from _at_itself("x", 7, [])
        whole = self.example()
        for name in self.required:
            yield f".{name}", {each: value for each, value in whole.items() if each != name}
        for name, inner in {**self.required, **self.optional}.items():
            for path, value in inner.faulty():
                yield f".{name}{path}", {**whole, name: value}


def maybe(inner: Check) -> Check:
    return Maybe(inner)


def either(*choices: Check) -> Check:
    return Either(choices)


def list_of(inner: Check) -> Check:
    return Each(inner)


def map_of(inner: Check) -> Check:
    return Values(inner)


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Record:
    assert not required.keys() & (optional or {}).keys()
    return Record(required, optional or {})
