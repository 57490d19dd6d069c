"""The one outgoing filter: no text leaves a worker with a secret value in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

MASK = "***"
SHORTEST = 6
"""Shorter values are words such as "root", whose replacement would garble messages and hide nothing."""
PUBLIC_KEYS = frozenset({"MONGO_HOST"})


class Redactor:
    """Replaces every secret value it was told of."""

    def __init__(self) -> None:
        self._values: list[str] = []

    def add(self, secret: Mapping[str, str]) -> None:
        """Remember the values of a Secret, those inside JSON and the password of a URI too."""
        found = {value for key, text in secret.items() if key not in PUBLIC_KEYS for value in _secrets_in(text)}
        known = found.union(self._values)
        self._values = sorted(known, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for value in self._values:
            text = text.replace(value, MASK)
        return text


def _secrets_in(text: str) -> Iterator[str]:
    text = text.strip()
    is_json = text[:1] in ("[", "{")
    for value in _keys_in_json(text) if is_json else (text, *_password_in_uri(text)):
        if len(value) >= SHORTEST:
            yield value
            yield quote(value, safe="")


def _keys_in_json(text: str) -> Iterator[str]:
    try:
        yield from _leaves(json.loads(text), secret=False)
    except ValueError:
        yield text


def _leaves(value: Any, *, secret: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _leaves(member, secret=any(word in key.lower() for word in ("key", "secret", "password")))
    elif isinstance(value, list):
        for member in value:
            yield from _leaves(member, secret=secret)
    elif secret and isinstance(value, str):
        yield value


def _password_in_uri(text: str) -> list[str]:
    if "://" not in text:
        return []
    try:
        password = urlsplit(text).password
    except ValueError:
        return []
    return [password, unquote(password)] if password else []


class RedactingFormatter(logging.Formatter):
    """A formatter whose lines, tracebacks included, pass through the filter."""

    def __init__(self, redactor: Redactor, fmt: str) -> None:
        super().__init__(fmt)
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor(super().format(record))
