"""org-export.json read as a stream: bytes in, one decoded document after the other out.

Members may come in any order, sections may be absent, and unknown ones are passed over.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, NamedTuple

from orgport.archive.scanning import Text
from orgport.browsertrix.sections import by_name

DATABASE_VERSION, ORGANIZATION, STATEMENT = "dbVersion", "org", "orgport"
HELD = "held."
"""Prefix of the sections with documents that Browsertrix's own importer refuses."""


class Found(NamedTuple):
    """`dbVersion` (a string), `org`, `orgport`, or one document of a section; `held` ones came from held.<section>."""

    section: str
    document: Any
    held: bool = False


async def read_documents(chunks: AsyncIterator[bytes], name: str = "org-export.json") -> AsyncGenerator[Found, None]:
    """Everything the JSON holds, in its order. Failure EXPORT_CORRUPT, with `name` and the place, where it is broken.

    Dates and ids are still strings: `browsertrix.sections.decode` knows their paths.
    """
    text = Text(chunks, name)
    await text.begin()
    has_data = False
    async for member in text.members(""):
        if member == "data":
            has_data = True
            async for found in _sections(text):
                yield found
        elif member == STATEMENT:
            yield Found(STATEMENT, await text.value())
        else:
            await text.pass_over(member)
    await text.end()
    if not has_data:
        text.refuse('it has no member "data"')


async def _sections(text: Text) -> AsyncIterator[Found]:
    async for member in text.members("data"):
        section, held = member.removeprefix(HELD), member.startswith(HELD)
        if member == ORGANIZATION:
            yield Found(member, text.as_object(await text.value()))
        elif member == DATABASE_VERSION:
            yield Found(member, await text.value())
        elif section in by_name and section != ORGANIZATION:
            async for element in text.elements(f"data.{member}"):
                document = text.as_object(element)
                yield Found(section, text.as_object(document.get("document")) if held else document, held)
        else:
            await text.pass_over(f"data.{member}")
