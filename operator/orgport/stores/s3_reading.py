"""What is read piece by piece: listings, and objects in the bytes that they have."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores import s3_requests as requests
from orgport.stores.s3_calls import Calls
from orgport.stores.s3_errors import Refused, Unreachable, refusal, unreachable
from orgport.stores.s3_line import Opened
from orgport.stores.s3_listing import Page
from orgport.stores.s3_message import Answer
from orgport.stores.s3_model import Listed, NoSuchObject, SourceChanged
from orgport.stores.s3_parse import incomplete, parse_listed, plain_etag

RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


@dataclass(frozen=True)
class Body:
    """Bytes of the object that has the ETag. `end`: the offset at which the wanted ones end; None: nobody said."""

    etag: str
    end: int | None
    opened: Opened

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The bytes. Unreachable when they break off."""
        try:
            async for piece in self.opened.pieces():
                yield piece
        finally:
            self.opened.close()


def body_of(opened: Opened, start: int, end: int | None) -> Body:
    """The answer to GetObject for the bytes from start to before end. Refused: it is another one's."""
    etag = plain_etag(opened.headers.get("etag"))
    is_part = opened.status == 206
    if not etag or is_part != (start > 0 or end is not None):
        raise incomplete(Answer(opened.status, opened.headers))
    return Body(etag, _end_of_part(opened, start, end) if is_part else _length(opened), opened)


def _end_of_part(opened: Opened, start: int, end: int | None) -> int:
    """The last range of an object may end before the one that was asked for."""
    said = RANGE.fullmatch(opened.headers.get("content-range", ""))
    if said is None or int(said[1]) != start:
        raise incomplete(Answer(opened.status, opened.headers))
    last = int(said[2]) + 1
    total = last if said[3] == "*" else int(said[3])
    if last > (end or last) or last > total:
        raise incomplete(Answer(opened.status, opened.headers))
    return min(total, end or total)


def _length(opened: Opened) -> int | None:
    length = opened.headers.get("content-length", "")
    return int(length) if length.isdigit() else None


async def listing(calls: Calls, prefix: str) -> AsyncGenerator[Listed, None]:
    """Every object whose key begins with the prefix, in the store's order; the next page is fetched meanwhile."""
    token: str | None = None
    fetching = asyncio.create_task(_page(calls, prefix, token))
    try:
        while True:
            page = await fetching
            if page.following is not None:
                if page.following == token:
                    raise Failure(Reason.INTERNAL, f"{calls.where}: the listing does not go on")
                token = page.following
                fetching = asyncio.create_task(_page(calls, prefix, token))
            for listed in page.rows:
                yield listed
            if page.following is None:
                return
    finally:
        fetching.cancel()
        await asyncio.gather(fetching, return_exceptions=True)


async def _page(calls: Calls, prefix: str, token: str | None) -> Page:
    try:
        return await calls.ask(requests.list_page(prefix, token), parse_listed)
    except Refused as refused:
        raise refusal(refused, calls.where, "ListObjectsV2") from None


async def streaming(
    calls: Calls, url: str, key: str, if_match: str | None, start: int, end: int | None
) -> AsyncGenerator[bytes, None]:
    """The bytes from start to before end. After a lost connection it goes on where it stood, in the same object.

    `url`: the object's, for messages. NoSuchObject, SourceChanged.
    """
    position, cuts = start, 0
    while end is None or position < end:
        body = await open_body(calls, url, key, if_match, position, end)
        if_match, end = body.etag, body.end
        lost = "short body"
        try:
            async with aclosing(body.pieces()) as pieces:
                async for piece in pieces:
                    yield piece
                    position += len(piece)
                    cuts = 0
        except Unreachable as error:
            lost = error.kind
        else:
            end = position if end is None else end
        if end is None or position < end:
            cuts += 1
            if cuts >= calls.patience.tries:
                raise unreachable(Unreachable(lost), calls.where, "GetObject")
            await calls.patience.sleep(calls.patience.pause(cuts, Unreachable(lost)))


async def open_body(calls: Calls, url: str, key: str, if_match: str | None, start: int, end: int | None) -> Body:
    """The object's bytes from start to before end, on their way. NoSuchObject, SourceChanged."""
    request = requests.get(key, if_match, start, end)
    try:
        body = await calls.open(request, lambda opened: body_of(opened, start, end))
    except Refused as refused:
        if refused.is_missing:
            raise NoSuchObject(url, key) from None
        raise SourceChanged(url, key) from None
    if if_match and body.etag != if_match:
        body.opened.close()
        raise SourceChanged(url, key)
    return body
