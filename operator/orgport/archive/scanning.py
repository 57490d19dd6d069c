"""JSON cut into its members, elements and values while it arrives, in any layout of whitespace.

Where elements of an array have lines of their own, as Browsertrix and orgport write them, whole lines are taken for
values: no line break can be inside one that decodes. Elsewhere brackets are counted. What is not JSON is refused with
the place where it breaks.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any, NoReturn

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.archive.values import (
    LONG_DIGITS,
    MAX_DEPTH,
    MAX_DOCUMENT_BYTES,
    MAX_TEXT_BYTES,
    TOKEN,
    has_long_digits,
    is_too_deep,
    is_too_large,
    loads,
    may_be_too_large,
)

_NO_SPACE = re.compile(rb"[^ \t\r\n]")
_SCALAR_END = re.compile(rb"[ \t\r\n,\]}]")
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
        self._long_digits = False

    # the frame

    async def begin(self) -> None:
        """Nothing comes before the text."""
        await self._more(len(_BOM))
        if self._data.startswith(_BOM):
            self.refuse("it begins with a byte order mark")

    async def end(self) -> None:
        """Nothing comes after it."""
        if await self._peek():
            self.refuse("there is more after its end")

    async def members(self, path: str) -> AsyncIterator[str]:
        """The names of an object's members. Whoever iterates reads the value before it asks for the next name."""
        seen: set[str] = set()
        await self._take(b"{", path)
        separator = await self._first_separator(b"}")
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

    async def elements(self, path: str, *, objects: bool = True) -> AsyncIterator[list[Any]]:
        """The elements of an array, as many at a time as are at hand; all have to be objects, unless anything goes."""
        await self._take(b"[", path)
        by_line = await self._is_end_of_line()
        separator, index = await self._first_separator(b"]"), 0
        while separator == b",":
            if by_line and (lines := self._whole_lines()):
                index += len(lines)
                yield lines
            self._where = f"{path}[{index}]"
            value = await self.value()
            yield [self.as_object(value) if objects else value]
            index += 1
            separator = await self._separator(b"]", path)

    async def pass_over(self, path: str) -> None:
        """A value that means nothing to an import; it has to be JSON all the same."""
        if await self._peek() != b"[":
            await self.value()
            return
        async for _ in self.elements(path, objects=False):
            pass

    def as_object(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.refuse("it is no object")
        return value

    # values

    async def value(self) -> Any:
        """The next value, decoded."""
        first = await self._peek()
        end = await (self._end_of_brackets() if first in (b"{", b"[", b'"') else self._end_of_scalar())
        raw = self._data[self._position : end]
        try:
            value = loads(raw)
        except ValueError as error:
            # The decoder's text quotes nothing of the document.
            self.refuse(f"it is no JSON: {error}")
        if is_too_large(raw, value):
            self._too_large()
        self._position = end
        return value

    def _whole_lines(self) -> list[dict[str, Any]]:
        """The objects of all lines at hand, but the last: their commas are taken, and another element must follow."""
        data, start, values = self._data, self._position, []
        while (end := data.find(b",\n", start)) >= 0:
            raw = data[start:end]
            if may_be_too_large(raw) or is_too_deep(raw):
                break
            try:
                value = loads(raw, digits=self._long_digits)
            except ValueError:
                break
            if not isinstance(value, dict):
                break
            values.append(value)
            start = end + 2
        self._position = start
        return values

    async def _end_of_scalar(self) -> int:
        while (match := _SCALAR_END.search(self._data, self._position)) is None:
            await self._need_more()
        return match.start()

    async def _end_of_brackets(self) -> int:
        depth, at = 0, self._position
        while True:
            for token in TOKEN.finditer(self._data, at):
                kind = token[0]
                if kind == b'"':
                    break
                at = token.end()
                if kind in (b"{", b"["):
                    depth += 1
                    if depth > MAX_DEPTH:
                        self.refuse(f"it is deeper than {MAX_DEPTH} levels")
                elif kind in (b"}", b"]"):
                    depth -= 1
                if depth <= 0:
                    return at
            at -= self._position
            await self._need_more()

    async def _need_more(self) -> None:
        """Read as much again as is at hand, so that a long value is not looked through too often."""
        length = len(self._data) - self._position
        if length > MAX_TEXT_BYTES:
            self._too_large()
        if not await self._more(length):
            self._truncated()

    # steps

    async def _peek(self) -> bytes:
        """The next byte that is no whitespace, without taking it; empty at the end."""
        while (match := _NO_SPACE.search(self._data, self._position)) is None:
            self._position = len(self._data)
            if not await self._more():
                return b""
        self._position = match.start()
        return match[0]

    async def _take(self, byte: bytes, path: str) -> None:
        self._where = path or self._where
        found = await self._peek()
        if found != byte:
            self._expected(byte, found)
        self._position += 1

    async def _first_separator(self, end: bytes) -> bytes:
        """What `_separator` says after an element, where there may be none at all."""
        if await self._peek() != end:
            return b","
        self._position += 1
        return end

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
        return self._data.startswith(b"\n", self._position)

    async def _more(self, at_least: int = 1) -> bool:
        """Read on; what has been read is let go, so that positions begin at 0 again. False at the end."""
        kept = self._data[self._position :]
        pieces, length = [kept], 0
        while length < at_least and (chunk := await anext(self._chunks, None)) is not None:
            pieces.append(chunk)
            length += len(chunk)
        fresh = b"".join((kept[1 - LONG_DIGITS :], *pieces[1:]))
        self._long_digits = (self._long_digits and bool(kept)) or has_long_digits(fresh)
        self._data = b"".join(pieces)
        self._offset += self._position
        self._position = 0
        return length > 0

    # refusals

    def refuse(self, problem: str) -> NoReturn:
        """EXPORT_CORRUPT at the present place."""
        place = f"{self._where or 'the top level'}, byte {self._offset + self._position}"
        raise Failure(Reason.EXPORT_CORRUPT, f"{self._name}, {place}: {problem}")

    def _expected(self, bytes_: bytes, found: bytes) -> NoReturn:
        if not found:
            self._truncated()
        expected = " or ".join(chr(byte) for byte in bytes_)
        self.refuse(f"expected {expected}, found {found.decode(errors='replace')!r}")

    def _truncated(self) -> NoReturn:
        self._position = len(self._data)
        self.refuse("it ends too early")

    def _too_large(self) -> NoReturn:
        self.refuse(f"a document of more than {MAX_DOCUMENT_BYTES // 2**20} MiB")
