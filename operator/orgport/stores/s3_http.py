"""Requests over HTTP/1.1 by aiohttp's connections, without the session above them, which costs twice what they cost.

aiohttp connects, through proxies too, encrypts and parses; what is here and in s3_line.py keeps the connections, and
sends a request's path as it is given. No other file knows aiohttp.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp.connector import Connection
from yarl import URL

from orgport.stores.s3_line import LOST, Line, Opened, line_of, translated
from orgport.stores.s3_message import Content

CONNECT_SECONDS, TCP_SECONDS = 15.0, 5.0
IDLE_SECONDS = 15.0
"""Servers and what stands before them hang up on connections that idle longer, some without a word."""


@dataclass(frozen=True)
class Route:
    """How an endpoint is reached. `origin`: scheme, host and port; `proxy`: its URL."""

    origin: str
    tls: ssl.SSLContext | None = None
    proxy: str | None = None


class Wire:
    """Connections to one endpoint. They are opened as they are needed: who asks limits how many there are."""

    def __init__(self, route: Route, clock: Callable[[], float] = time.monotonic) -> None:
        self._route, self._clock = route, clock
        self._connector = aiohttp.TCPConnector(limit=0)
        self._idle: deque[Line] = deque()
        self._proxy, self._at_proxy = _proxy(route.proxy)
        is_seen = self._proxy is not None and route.origin.startswith("http:")
        self._target_prefix, self._extra = (route.origin, self._at_proxy) if is_seen else ("", {})

    async def open(
        self, method: str, target: str, headers: Mapping[str, str], body: Content, size: int, seconds: float
    ) -> Opened:
        """The answer as soon as its headers are there; it has to be closed. Unreachable when none comes.

        `target`: path and query, encoded; `size`: of the body, in bytes; `seconds`: how long the store may be silent.
        """
        head = _head(method, self._target_prefix + target, {**headers, **self._extra})
        line = await self._line()
        try:
            message, payload = await line.ask(method, head, body, size, seconds)
        except BaseException as error:
            line.close()
            raise translated(error) from None
        return Opened(message.code, message.headers, payload, line, self._keep)

    async def close(self) -> None:
        for line in self._idle:
            line.close()
        self._idle.clear()
        await self._connector.close()

    def _keep(self, line: Line) -> None:
        line.idle_since = self._clock()
        self._idle.append(line)

    async def _line(self) -> Line:
        """The connection that has idled longest, so that what comes unasked on one is seen before it is used."""
        now = self._clock()
        while self._idle:
            line = self._idle.popleft()
            if now - line.idle_since < IDLE_SECONDS and line.is_fit():
                return line
            line.close()
        try:
            return line_of(await self._connected())
        except LOST as error:
            raise translated(error) from None

    async def _connected(self) -> Connection:
        loop = asyncio.get_running_loop()
        request = aiohttp.ClientRequest(
            "GET",
            URL(self._route.origin),
            loop=loop,
            proxy=self._proxy,
            proxy_headers=self._at_proxy,
            ssl=self._route.tls or True,
        )
        timeout = aiohttp.ClientTimeout(connect=CONNECT_SECONDS, sock_connect=TCP_SECONDS)
        return await self._connector.connect(request, [], timeout)


def _head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    """A header's value may not end its line."""
    text = "\r\n".join(
        [f"{method} {target} HTTP/1.1", *[f"{name}: {value}" for name, value in headers.items()], "\r\n"]
    )
    if text.count("\n") != len(headers) + 2 or text.count("\r") != len(headers) + 2 or "\0" in text:
        raise ValueError("a header has a line break in it")
    return text.encode("utf-8", "surrogateescape")


def _proxy(url: str | None) -> tuple[URL | None, dict[str, str]]:
    """The proxy, and the headers that say who we are there. It sees all of a request, unless that is encrypted."""
    if url is None:
        return None, {}
    proxy = URL(url)
    name = f"{proxy.user}:{proxy.password or ''}".encode()
    headers = {"proxy-authorization": f"Basic {base64.b64encode(name).decode()}"} if proxy.user else {}
    return proxy.with_user(None), headers
