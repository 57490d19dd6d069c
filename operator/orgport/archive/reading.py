"""org-export.json read as a stream: bytes in, one decoded document after the other out.

Members may come in any order, sections may be absent, and unknown ones are passed over.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, NamedTuple

from orgport.archive.scanning import Text
from orgport.browsertrix.sections import by_name

DATABASE_VERSION, ORGANIZATION, STATEMENT = "dbVersion", "org", "orgport"
HELD = "held"
"""The member with documents that Browsertrix's own importer refuses: lists of {rule, document} by section."""


class Found(NamedTuple):
    """`dbVersion` (a string), `org`, `orgport`, or one document of a section; `held` ones came from `held`."""

    section: str
    document: Any
    held: bool = False


async def read_documents(chunks: AsyncIterator[bytes], name: str = "org-export.json") -> AsyncGenerator[Found, None]:
    """Everything the JSON holds, in its order. Failure EXPORT_CORRUPT, with `name` and the place, where it is broken.

    Dates and ids are still strings: `browsertrix.decoding.decode` knows their paths.
    """
    text = Text(chunks, name)
    await text.begin()
    has_data = False
    async for member in text.members(""):
        if member == "data":
            has_data = True
            async for batch in _sections(text):
                for found in batch:
                    yield found
        elif member == STATEMENT:
            yield Found(STATEMENT, await text.value())
        else:
            await text.pass_over(member)
    await text.end()
    if not has_data:
        text.refuse('it has no member "data"')


async def _sections(text: Text) -> AsyncIterator[list[Found]]:
    async for member in text.members("data"):
        if member == HELD:
            async for batch in _held(text):
                yield batch
        elif member in by_name and member != ORGANIZATION:
            async for documents in text.elements(f"data.{member}"):
                yield [Found(member, document) for document in documents]
        elif member == ORGANIZATION:
            yield [Found(member, text.as_object(await text.value()))]
        elif member == DATABASE_VERSION:
            yield [Found(member, await text.value())]
        else:
            await text.pass_over(f"data.{member}")


async def _held(text: Text) -> AsyncIterator[list[Found]]:
    async for member in text.members(f"data.{HELD}"):
        path = f"data.{HELD}.{member}"
        if member not in by_name or member == ORGANIZATION:
            await text.pass_over(path)
            continue
        async for entries in text.elements(path):
            yield [Found(member, text.as_object(entry.get("document")), held=True) for entry in entries]
