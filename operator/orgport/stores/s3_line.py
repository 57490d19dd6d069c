"""One connection of aiohttp's: a request goes out, its answer comes in."""

from __future__ import annotations

import asyncio
import select
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, RawResponseMessage, StreamWriter
from aiohttp.streams import EofStream, StreamReader

from orgport.stores.s3_errors import Unreachable
from orgport.stores.s3_message import Answer, Content

BUFFER = 2**18
"""Bytes; what is longer is sent and read piece by piece."""
LONGEST = 2**26
"""Bytes of an answer that is read as a whole; a page of the longest keys has a tenth of it."""
LOST = (aiohttp.ClientError, HttpProcessingError, EofStream, TimeoutError, OSError)
"""What a lost connection, and one that never came about, looks like."""
Response = tuple[RawResponseMessage, StreamReader]


class Line:
    """One connection, which carries one request at a time."""

    def __init__(self, connection: Connection, protocol: ResponseHandler, descriptor: int) -> None:
        self.protocol = protocol
        self.idle_since = 0.0
        self._connection = connection
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def is_fit(self) -> bool:
        """Whether it can carry a request: it is open, and nothing has come that nobody asked for."""
        return self.protocol.is_connected() and not self.protocol.should_close and not self._poll.poll(0)

    def close(self) -> None:
        self._connection.close()

    async def ask(self, method: str, head: bytes, body: Content, size: int, seconds: float) -> Response:
        self.protocol.set_response_params(
            skip_payload=method == "HEAD",
            read_until_eof=True,
            auto_decompress=False,
            read_timeout=seconds,
            read_bufsize=BUFFER,
        )
        if not isinstance(body, bytes) or len(body) > BUFFER:
            return await self._answer_during(self._send(head, body, size, seconds))
        if self.protocol.transport is None:
            raise ConnectionResetError
        self.protocol.transport.write(head + body)
        self.protocol.start_timeout()
        return await self._answer()

    async def _answer(self) -> Response:
        while True:
            message, payload = await self.protocol.read()
            if message.code >= 200:
                return message, payload

    async def _answer_during(self, sending: Coroutine[Any, Any, None]) -> Response:
        """A store may say no before it has the whole body; then the rest is not sent."""
        sent, answer = asyncio.ensure_future(sending), asyncio.ensure_future(self._answer())
        try:
            await asyncio.wait((sent, answer), return_when=asyncio.FIRST_COMPLETED)
            if answer.done() and not sent.done():
                self.protocol.force_close()
            elif not answer.done():
                sent.result()
            return await answer
        finally:
            sent.cancel()
            answer.cancel()
            await asyncio.gather(sent, answer, return_exceptions=True)

    async def _send(self, head: bytes, body: Content, size: int, seconds: float) -> None:
        writer, left = StreamWriter(self.protocol, asyncio.get_running_loop()), size
        await writer.write(head)
        async with aclosing(_pieces(body)) as pieces:
            async for piece in pieces:
                left -= len(piece)
                async with asyncio.timeout(seconds):
                    await writer.write(piece)
        if left:
            raise _BodyError(ValueError(f"a body of {size} bytes came out as {size - left}"))
        self.protocol.start_timeout()


def line_of(connection: Connection) -> Line:
    """OSError when the other side hung up as soon as the connection stood."""
    protocol = connection.protocol
    if protocol is None or protocol.transport is None:
        connection.close()
        raise ConnectionResetError
    return Line(connection, protocol, protocol.transport.get_extra_info("socket").fileno())


@dataclass
class Opened:
    """An answer whose body is still to come. `headers`: their names have no case."""

    status: int
    headers: Mapping[str, str]
    _payload: StreamReader
    _line: Line
    _keep: Callable[[Line], None]
    _is_closed: bool = False

    async def whole(self) -> Answer:
        """The answer with its body; it is closed. Unreachable when the body breaks off, or does not come to an end."""
        body, size = [], 0
        try:
            async for piece in self.pieces():
                body.append(piece)
                size += len(piece)
                if size > LONGEST:
                    raise Unreachable("an answer without end")
        finally:
            self.close()
        return Answer(self.status, self.headers, b"".join(body))

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes. Unreachable when it breaks off."""
        try:
            while piece := await self._payload.readany():
                yield piece
        except LOST as error:
            raise translated(error) from None

    def close(self) -> None:
        """A connection whose body was read to its end is kept for the next request."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._payload.is_eof() and not self._line.protocol.should_close:
            self._keep(self._line)
        else:
            self._line.close()


class _BodyError(Exception):
    """What went wrong in the making of a body, which is no fault of the connection's."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(cause)
        self.cause = cause


async def _pieces(body: Content) -> AsyncGenerator[bytes | memoryview, None]:
    if isinstance(body, bytes):
        for start in range(0, len(body), BUFFER):
            yield memoryview(body)[start : start + BUFFER]
        return
    pieces = aiter(body)
    try:
        async for piece in pieces:
            yield piece
    except Exception as error:
        raise _BodyError(error) from error
    finally:
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()


def translated(error: BaseException) -> BaseException:
    """Foreign exceptions in our words; ours, and who interrupts us, as they are."""
    if isinstance(error, _BodyError):
        return error.cause
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return Unreachable("the certificate is not trusted", certificate=True)
    return Unreachable(type(error).__name__) if isinstance(error, LOST) else error
