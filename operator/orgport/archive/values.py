"""One JSON text decoded strictly: what MongoDB could not hold, or hold as it stands, is refused."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import bson
import orjson

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
"""MongoDB's own limit."""
MAX_EXPANSION = 8
"""How much longer than its JSON a document may be: [1,1] has two bytes for each number, and thirteen are stored."""
MAX_TEXT_BYTES = 3 * MAX_DOCUMENT_BYTES
"""A document's JSON may be longer than the document: \\u00e9 takes six bytes for the two of an é."""
MAX_DEPTH = 100
LONG_DIGITS = 19
"""Integers of fewer digits have at most 64 bits."""

TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}\[\]]', re.DOTALL)
"""A whole string, a quote that opens an unfinished one, or a bracket."""
_NOT_A_NUMBER = re.compile(rb"NaN|Infinity")
_NUL = rb"\u0000"
_DIGITS_ALIKE = bytes.maketrans(b"123456789", b"000000000")


def loads(raw: bytes, *, digits: bool = True) -> Any:
    """The value of the text; NaN and Infinity, which Browsertrix's exports can hold, are taken for null.

    ValueError for anything that is no JSON, for integers of more than 64 bits, for doubles that are none, and for names
    that no database takes.
    `digits`: whether there may be long numbers in it (`has_long_digits`).
    """
    value = _loads(raw, digits)
    if _NUL in raw and _has_nul_in_a_name(value):
        raise ValueError("a member's name holds NUL, which no database takes")
    return value


def _loads(raw: bytes, digits: bool) -> Any:
    if digits and has_long_digits(raw):
        return _exact(raw)
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        if _NOT_A_NUMBER.search(raw) is None:
            raise
        return _exact(raw)


def has_long_digits(raw: bytes) -> bool:
    """Whether so many digits follow each other that an integer may be too long: orjson would make a float of it."""
    return b"0" * LONG_DIGITS in raw.translate(_DIGITS_ALIKE)


def is_too_deep(raw: bytes) -> bool:
    """Whether brackets go deeper than MAX_DEPTH; mostly there are too few of them for that."""
    if raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH:
        return False
    depth = 0
    for token in TOKEN.finditer(raw):
        if token[0] in (b"{", b"["):
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif token[0] in (b"}", b"]"):
            depth -= 1
    return False


def is_too_large(raw: bytes, value: Any) -> bool:
    """Whether the document has more bytes than MongoDB takes."""
    return may_be_too_large(raw) and len(bson.encode(value if isinstance(value, dict) else {"": value})) > (
        MAX_DOCUMENT_BYTES
    )


def may_be_too_large(raw: bytes) -> bool:
    """Whether `is_too_large` has to be asked."""
    return len(raw) > MAX_DOCUMENT_BYTES // MAX_EXPANSION


def _has_nul_in_a_name(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_nul_in_a_name, value))
    if not isinstance(value, dict):
        return False
    return any("\0" in name or _has_nul_in_a_name(inner) for name, inner in value.items())


def _exact(raw: bytes) -> Any:
    value = json.loads(raw, parse_int=_integer, parse_float=_float, parse_constant=lambda _: None)
    json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is refused, as orjson does
    return value


def _integer(text: str) -> int:
    value = int(text)
    if not -(2**63) <= value < 2**63:
        raise ValueError(f"an integer of more than 64 bits ({len(text)} digits)")
    return value


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number that no double can hold")
    return value
