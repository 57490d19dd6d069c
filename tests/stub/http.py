"""HTTP/1.1 as far as stores speak it, down to the bytes: whole requests come in, and any bytes may go out."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal
from urllib.parse import urlsplit

HEAD_BYTES = 1 << 18
NO_BODY = (204, 304)


@dataclass(frozen=True)
class Request:
    """A request with its whole body. `target`: path and query as they were sent; names of headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def raw(self) -> bytes:
        """The request as it can be sent on."""
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


@dataclass(frozen=True)
class Answer:
    """What is sent back. `status` 0: nothing is. `length`: what Content-Length says; None: the truth."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: int | None = None
    times: int = 1
    """How often it is sent."""
    then: Literal["go on", "close", "reset"] = "go on"

    @property
    def raw(self) -> bytes:
        if not self.status:
            return b""
        phrase = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "Odd"
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {value}" for name, value in self.headers.items())]
        if self.status not in NO_BODY:
            lines.append(f"content-length: {len(self.body) if self.length is None else self.length}")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


Handler = Callable[[Request], Awaitable[Answer]]


@asynccontextmanager
async def serving(handler: Handler, port: int = 0) -> AsyncIterator[str]:
    """Serve on a port of this machine; the endpoint's URL."""
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            await _converse(handler, reader, writer)
        except (asyncio.IncompleteReadError, OSError):
            pass  # the client went away
        finally:
            connections.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port, limit=HEAD_BYTES)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def _converse(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while (request := await _read_request(reader, writer)) is not None:
        answer = await handler(request)
        writer.write(answer.raw * answer.times)
        await writer.drain()
        if answer.then == "reset":
            _reset_at_close(writer)
        if answer.then != "go on":
            return


def _reset_at_close(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    """The next request; None when there is no more. Who waits for leave to send the body gets it."""
    try:
        first, headers = await _read_head(reader)
    except asyncio.IncompleteReadError:
        return None
    if headers.pop("expect", "") == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    method, target, _ = first.split(" ", 2)
    return Request(method, target, headers, await _read_body(reader, headers))


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    pairs = (line.split(":", 1) for line in lines)
    return first, {name.lower(): value.strip() for name, value in pairs}


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    body = bytearray()
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    del headers["transfer-encoding"]
    return bytes(body)


class Forwarding:
    """Hands requests on to a real server. Its connections are kept."""

    def __init__(self, endpoint: str) -> None:
        url = urlsplit(endpoint)
        self._address = (url.hostname, url.port)
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def __call__(self, request: Request) -> Answer:
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection(*self._address)
        try:
            writer.write(request.raw)
            await writer.drain()
            answer, is_last = await _read_answer(reader, request.method)
        except BaseException:
            writer.close()
            raise
        if is_last:
            writer.close()
        else:
            self._idle.append((reader, writer))
        return answer

    async def close(self) -> None:
        for _, writer in self._idle:
            writer.close()
            await writer.wait_closed()


async def _read_answer(reader: asyncio.StreamReader, method: str) -> tuple[Answer, bool]:
    """The answer, and whether the connection ends with it."""
    first, headers = await _read_head(reader)
    status = int(first.split(" ", 2)[1])
    is_last = headers.get("connection", "").lower() == "close"
    if method == "HEAD" or status in NO_BODY:
        return Answer(status, headers, length=int(headers.pop("content-length", 0))), is_last
    body = await _read_body(reader, headers)
    headers.pop("content-length", None)
    return Answer(status, headers, body), is_last
