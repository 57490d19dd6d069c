"""JSON cut into its members, elements and values while it arrives, in any layout of whitespace.

Where each element of an array has a line of its own, as Browsertrix and orgport write them, the line is the value;
elsewhere brackets are counted. Either way a value is decoded strictly, and what is not JSON is refused with the place
where it breaks. Only NaN and Infinity, which Browsertrix's exports can hold, are taken for null.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import AsyncIterator
from typing import Any, NoReturn

import orjson

from orgport.api.failures import Failure
from orgport.api.reasons import Reason

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
"""MongoDB's own limit."""
MAX_TEXT_BYTES = 3 * MAX_DOCUMENT_BYTES
"""A document's JSON may be longer than the document: \\u00e9 takes six bytes for the two of an é."""
MAX_DEPTH = 100

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|["{}\[\]]', re.DOTALL)
"""A whole string, a quote that opens an unfinished one, or a bracket."""
_NO_SPACE = re.compile(rb"[^ \t\r\n]")
_SCALAR_END = re.compile(rb"[ \t\r\n,\]}]")
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_NOT_A_NUMBER = re.compile(rb"NaN|Infinity")
_BOM = b"\xef\xbb\xbf"


class Text:
    """The JSON as far as it is in memory, and the place where reading stands."""

    def __init__(self, chunks: AsyncIterator[bytes], name: str) -> None:
        self._chunks = chunks
        self._name = name
        self._where = ""
        self._data = b""
        self._position = 0
        self._offset = 0
        """Where in the whole text `_data` begins."""
        self._line_each = False
        """Whether each document of the present array has a line of its own."""

    # the frame

    async def begin(self) -> None:
        while len(self._data) < len(_BOM) and await self._more():
            pass
        if self._data.startswith(_BOM):
            self.refuse("it begins with a byte order mark")

    async def end(self) -> None:
        if await self._peek():
            self.refuse("there is more after its end")

    async def members(self, path: str) -> AsyncIterator[str]:
        """The names of an object's members. Whoever iterates reads the value before it asks for the next name."""
        seen: set[str] = set()
        await self._take(b"{", path)
        separator = b"," if await self._peek() != b"}" else await self._step()
        while separator == b",":
            if await self._peek() != b'"':
                self.refuse("a member's name is missing")
            name = str(await self.value())
            if name in seen:
                self.refuse(f"{name!r} is there twice")
            seen.add(name)
            await self._take(b":", path)
            self._where = f"{path}.{name}".lstrip(".")
            yield name
            separator = await self._separator(b"}", path)

    async def elements(self, path: str) -> AsyncIterator[Any]:
        """The decoded elements of an array."""
        await self._take(b"[", path)
        self._line_each = await self._is_end_of_line()
        separator, index = b",", 0
        if await self._peek() == b"]":
            separator = await self._step()
        while separator == b",":
            self._where = f"{path}[{index}]"
            yield await self.value()
            index += 1
            separator = await self._separator(b"]", path)
        self._line_each = False

    def as_object(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.refuse("it is no object")
        return value

    async def pass_over(self, path: str) -> None:
        """A value that means nothing to an import; it has to be JSON all the same."""
        if await self._peek() != b"[":
            await self.value()
            return
        async for _ in self.elements(path):
            pass

    # values

    async def value(self) -> Any:
        """The next value, decoded."""
        first = await self._peek()
        if first == b"{" and self._line_each:
            found, value = await self._line()
            if found:
                return value
        end = await self._end_of_value(first)
        raw = self._data[self._position : end]
        self._position = end
        return self._decoded(raw)

    async def _line(self) -> tuple[bool, Any]:
        """The rest of the line, if it is one document: no document of JSON can go on after its last bracket."""
        searched = self._position
        while (end := self._data.find(b"\n", searched)) < 0:
            searched = len(self._data) - self._position
            if searched > MAX_TEXT_BYTES or not await self._more():
                break
        raw = self._data[self._position : end].rstrip(b", \t\r") if end >= 0 else b""
        if not raw.endswith(b"}") or _depth(raw) > MAX_DEPTH:
            self._line_each = False
            return False, None
        try:
            value = _loads(raw)
        except ValueError:
            self._line_each = False
            return False, None
        self._check_size(raw, value)
        self._position += len(raw)
        return True, value

    async def _end_of_value(self, first: bytes) -> int:
        if first in (b"{", b"[", b'"'):
            return await self._end_of_brackets()
        while (match := _SCALAR_END.search(self._data, self._position)) is None:
            self._check_length()
            if not await self._more():
                self._truncated()
        return match.start()

    async def _end_of_brackets(self) -> int:
        depth, at = 0, self._position
        while True:
            for token in _TOKEN.finditer(self._data, at):
                kind = token[0]
                if kind == b'"':
                    break
                at = token.end()
                if kind in (b"{", b"["):
                    depth += 1
                    self._check_depth(depth)
                elif kind in (b"}", b"]"):
                    depth -= 1
                if depth <= 0:
                    return at
            self._check_length()
            at -= self._position
            if not await self._more():
                self._truncated()

    def _decoded(self, raw: bytes) -> Any:
        try:
            value = _loads(raw)
        except ValueError as error:
            # The decoder's text quotes nothing of the document.
            self.refuse(f"it is no JSON: {error}", raw)
        self._check_size(raw, value)
        return value

    # steps

    async def _peek(self) -> bytes:
        """The next byte that is no whitespace, without taking it; empty at the end."""
        while (match := _NO_SPACE.search(self._data, self._position)) is None:
            self._position = len(self._data)
            if not await self._more():
                return b""
        self._position = match.start()
        return match[0]

    async def _step(self) -> bytes:
        byte = await self._peek()
        self._position += 1
        return byte

    async def _take(self, byte: bytes, path: str) -> None:
        self._where = path or self._where
        found = await self._peek()
        if found != byte:
            self._expected(byte, found)
        self._position += 1

    async def _separator(self, end: bytes, path: str) -> bytes:
        found = await self._peek()
        if found not in (b",", end):
            self._expected(b"," + end, found)
        self._position += 1
        self._where = path
        return found

    async def _is_end_of_line(self) -> bool:
        if self._position == len(self._data):
            await self._more()
        return self._data[self._position : self._position + 2].startswith((b"\n", b"\r\n"))

    async def _more(self) -> bool:
        """Read on; what has been read is let go, so that positions begin at 0 again. False at the end."""
        chunk: bytes | None = b""
        while chunk == b"":
            chunk = await anext(self._chunks, None)
        self._data = self._data[self._position :] + (chunk or b"")
        self._offset += self._position
        self._position = 0
        return chunk is not None

    # refusals

    def _check_depth(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            self.refuse(f"it is deeper than {MAX_DEPTH} levels")

    def _check_length(self) -> None:
        if len(self._data) - self._position > MAX_TEXT_BYTES:
            self.refuse(f"a document of more than {MAX_DOCUMENT_BYTES // 2**20} MiB")

    def _check_size(self, raw: bytes, value: Any) -> None:
        if len(raw) > MAX_DOCUMENT_BYTES and len(orjson.dumps(value)) > MAX_DOCUMENT_BYTES:
            self.refuse(f"a document of more than {MAX_DOCUMENT_BYTES // 2**20} MiB")

    def _expected(self, bytes_: bytes, found: bytes) -> NoReturn:
        if not found:
            self._truncated()
        expected = " or ".join(chr(byte) for byte in bytes_)
        self.refuse(f"expected {expected}, found {found.decode(errors='replace')!r}")

    def _truncated(self) -> NoReturn:
        self._position = len(self._data)
        self.refuse("it ends too early")

    def refuse(self, problem: str, raw: bytes = b"") -> NoReturn:
        place = f"{self._where or 'the top level'}, byte {self._offset + self._position - len(raw)}"
        raise Failure(Reason.EXPORT_CORRUPT, f"{self._name}, {place}: {problem}")


def _depth(raw: bytes) -> int:
    """How deep the brackets go; a cheap bound where that will do."""
    bound = raw.count(b"{") + raw.count(b"[")
    if bound <= MAX_DEPTH:
        return bound
    depth = deepest = 0
    for token in _TOKEN.finditer(raw):
        if token[0] in (b"{", b"["):
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in (b"}", b"]"):
            depth -= 1
    return deepest


def _loads(raw: bytes) -> Any:
    if _LONG_NUMBER.search(raw) is not None:
        return _exact(raw)
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        if _NOT_A_NUMBER.search(raw) is None:
            raise
        return _exact(raw)


def _exact(raw: bytes) -> Any:
    # orjson makes a float of an integer that is too long; here it is refused.
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
