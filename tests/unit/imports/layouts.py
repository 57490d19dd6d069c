"""org-export.json in every layout that JSON allows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from orgport.archive.reading import Found, read_documents


async def chunks(text: bytes, sizes: Iterable[int]) -> AsyncIterator[bytes]:
    """The text in pieces of these sizes, empty ones too; the rest in one."""
    start = 0
    for size in sizes:
        yield text[start : start + size]
        start += size
    yield text[start:]


def read(text: bytes, sizes: Iterable[int] = ()) -> list[Found]:
    """Everything that the reader finds."""

    async def collect() -> list[Found]:
        return [found async for found in read_documents(chunks(text, sizes), "export.json")]

    return asyncio.run(collect())


def a_line_each(data: dict[str, Any], **more: Any) -> bytes:
    """As Browsertrix and orgport write it: one document a line."""
    members = ",\n".join(f"{json.dumps(name)}: {_value(value)}" for name, value in data.items())
    rest = "".join(f",\n{json.dumps(name)}: {json.dumps(value)}" for name, value in more.items())
    return f'{{"data": {{\n{members}\n}}{rest}}}'.encode()


def _value(value: Any) -> str:
    if not isinstance(value, list):
        return json.dumps(value)
    return "[\n" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in value) + "\n]"


LAYOUTS: dict[str, Callable[..., bytes]] = {
    "a line each": a_line_each,
    "compact": lambda data, **more: json.dumps({"data": data, **more}, separators=(",", ":")).encode(),
    "spread out": lambda data, **more: json.dumps({"data": data, **more}, indent=3, ensure_ascii=False).encode(),
    "Windows lines": lambda data, **more: a_line_each(data, **more).replace(b"\n", b"\r\n"),
    "wide": lambda data, **more: json.dumps({"data": data, **more}, separators=(" , \t", " :\n ")).encode(),
}
