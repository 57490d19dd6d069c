"""A way to a store on which things go wrong: requests pass through to it, but those that a fault takes."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from yarl import URL

Fault = Callable[[web.Request, "Way"], Awaitable[web.StreamResponse]]
ERROR = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{}</Code><Message>m</Message></Error>'


@dataclass
class Way:
    """The way itself. `faults` are used up in order, each by one request whose method and query it names."""

    target: str
    client: aiohttp.ClientSession
    endpoint: str = ""
    faults: list[tuple[str, str, Fault]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def break_next(self, method: str, fault: Fault, query: str = "", times: int = 1) -> None:
        self.faults += [(method, query, fault)] * times

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request.method)
        for one in self.faults:
            method, query, fault = one
            if request.method == method and query in request.raw_path:
                self.faults.remove(one)
                return await fault(request, self)
        return await self.forward(request)

    async def forward(self, request: web.Request, keep: int | None = None) -> web.StreamResponse:
        """The store's answer; its body cut off after `keep` bytes."""
        url = URL(self.target + request.raw_path, encoded=True)
        headers = {name: value for name, value in request.headers.items() if name != "Expect"}
        call = self.client.request(request.method, url, headers=headers, data=io.BytesIO(await request.read()))
        async with call as answer:
            body = await answer.read()
            kept = {name: value for name, value in answer.headers.items() if name != "Transfer-Encoding"}
            response = web.StreamResponse(status=answer.status, headers=kept)
            await response.prepare(request)
            await response.write(body if keep is None else body[:keep])
            if keep is not None and request.transport is not None:
                request.transport.close()
            return response


def refuse(status: int, code: str, **headers: str) -> Fault:
    async def fault(request: web.Request, _: Way) -> web.StreamResponse:
        await request.read()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=ERROR.format(code), headers=named, content_type="application/xml")

    return fault


def answer(status: int, text: str) -> Fault:
    async def fault(request: web.Request, _: Way) -> web.StreamResponse:
        return web.Response(status=status, text=text, content_type="text/html")

    return fault


def cut(keep: int) -> Fault:
    """The store does what it was asked, but the answer's body breaks off."""

    async def fault(request: web.Request, way: Way) -> web.StreamResponse:
        return await way.forward(request, keep)

    return fault


def lose_answer() -> Fault:
    """The store does what it was asked, but nobody hears of it."""

    async def fault(request: web.Request, way: Way) -> web.StreamResponse:
        url = URL(way.target + request.raw_path, encoded=True)
        async with way.client.request(
            request.method, url, headers=request.headers, data=await request.read()
        ) as answer:
            await answer.read()
        return await hang_up()(request, way)

    return fault


def hang_up() -> Fault:
    async def fault(request: web.Request, _: Way) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    return fault


@asynccontextmanager
async def way_to(target: str) -> AsyncIterator[Way]:
    """A way to the store at `target`, on a port of this machine."""
    async with aiohttp.ClientSession(auto_decompress=False) as client:
        way = Way(target, client)
        app = web.Application(client_max_size=2**30)
        app.router.add_route("*", "/{path:.*}", way.handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            way.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield way
        finally:
            await runner.cleanup()
