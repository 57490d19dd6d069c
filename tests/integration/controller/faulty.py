"""An API server with faults: everything goes to the real one, but for what a test has it do instead."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.cluster.access import Cluster

STATUS = {409: "Conflict", 410: "Expired", 429: "TooManyRequests", 500: "InternalError"}
HOPS = {"connection", "transfer-encoding", "content-length", "content-encoding", "host"}


@dataclass(frozen=True)
class Call:
    """What the operator has asked for."""

    verb: str
    """Such as "PATCH", or "WATCH"."""
    what: str
    """The plural of the kind, with the subresource: "jobs", "orgexports/status"."""
    body: Any = None

    @property
    def is_write(self) -> bool:
        return self.verb not in ("GET", "WATCH")


@dataclass
class FaultyServer:
    """Runs in a thread of its own. The fields may be set at any time."""

    upstream: str
    refuse: Callable[[Call], int] = lambda _: 0
    """The status with which a call is refused; 0: it is not."""
    hide: Callable[[Call], bool] = lambda _: False
    """Whether the events of a watch are kept back."""
    is_away: bool = False
    """Whether every connection is closed without an answer."""
    calls: list[Call] = field(default_factory=list)
    written: list[Call] = field(default_factory=list)
    """Calls that have changed something."""
    _watches: set[asyncio.Task[Any]] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def cut_watches(self) -> None:
        """Break every watch off."""
        self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in self._watches])

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Its address."""
        ready = threading.Event()
        stop = asyncio.Event()
        address: list[str] = []

        async def serve() -> None:
            async with self._open() as port:
                address.append(f"http://127.0.0.1:{port}")
                ready.set()
                await stop.wait()

        thread = threading.Thread(target=lambda: self._loop.run_until_complete(serve()), name="faulty API server")
        thread.start()
        ready.wait(10)
        try:
            yield address[0]
        finally:
            self._loop.call_soon_threadsafe(stop.set)
            thread.join(20)
            self._loop.close()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[int]:
        async with aiohttp.ClientSession(auto_decompress=True) as session:
            application = web.Application(client_max_size=2**24)
            application.router.add_route("*", "/{path:.*}", partial(self._answer, session))
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            yield runner.addresses[0][1]
            for task in self._watches:
                task.cancel()
            await runner.cleanup()

    async def _answer(self, session: aiohttp.ClientSession, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        call = call_of(request, body)
        self.calls.append(call)
        if self.is_away:
            return _hung_up(request)
        if status := self.refuse(call):
            return _refusal(status, call)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOPS}
        async with session.request(
            request.method, self.upstream + request.path_qs, headers=headers, data=body or None,
            timeout=aiohttp.ClientTimeout(total=None),
        ) as response:  # fmt: skip
            if call.verb == "WATCH" and response.status == 200:
                return await self._stream(request, call, response)
            if call.is_write and response.ok:
                self.written.append(call)
            kept = {name: value for name, value in response.headers.items() if name.lower() not in HOPS}
            return web.Response(status=response.status, headers=kept, body=await response.read())

    async def _stream(self, request: web.Request, call: Call, response: aiohttp.ClientResponse) -> web.StreamResponse:
        """Pass a watch on, line by line; it ends without a word when it is cut."""
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        task = asyncio.create_task(self._pass_on(call, response, answer))
        self._watches.add(task)
        try:
            await asyncio.wait((task,))
        finally:
            self._watches.discard(task)
            task.cancel()
        return _hung_up(request) if task.cancelled() else answer

    async def _pass_on(self, call: Call, response: aiohttp.ClientResponse, answer: web.StreamResponse) -> None:
        async for chunk in response.content.iter_any():
            if not self.hide(call):
                await answer.write(chunk)


def call_of(request: web.Request, body: bytes) -> Call:
    """What a request asks for."""
    found = re.match(r"/(?:api|apis/[^/]+)/v1[^/]*(?:/namespaces/[^/]+)?/([^/]+)(?:/[^/]+)?(/[^/]+)?$", request.path)
    what = f"{found[1]}{found[2] or ''}" if found else request.path
    is_watch = request.query.get("watch") in ("1", "true")
    return Call("WATCH" if is_watch else request.method, what, json.loads(body) if body else None)


def _refusal(status: int, call: Call) -> web.Response:
    reason = STATUS[status]
    told = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status, "reason": reason,
            "message": f"a test refuses this with {status}"}  # fmt: skip
    if call.verb == "WATCH" and status == 410:
        # A version that is too old is told by an event, for the watch itself was granted.
        return web.Response(text=json.dumps({"type": "ERROR", "object": told}) + "\n", content_type="application/json")
    return web.json_response(told, status=status, headers={"Retry-After": "1"} if status == 429 else {})


def _hung_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


@contextmanager
def faulty(cluster: Cluster, folder: Path) -> Iterator[tuple[FaultyServer, Cluster]]:
    """A faulty way to the cluster, and the cluster as it is seen through it."""
    with real_way(cluster) as upstream:
        server = FaultyServer(upstream)
        with server.serving() as address:
            kubeconfig = folder / "faulty.kubeconfig"
            kubeconfig.write_text(json.dumps(_kubeconfig(address)))
            yield server, replace(cluster, kubeconfig=kubeconfig)


@contextmanager
def real_way(cluster: Cluster) -> Iterator[str]:
    """An address at which the API server takes calls without credentials."""
    command = [*cluster.command, "proxy", "--port=0", "--keepalive=30s"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield f"http://{line.split()[-1]}"
        finally:
            process.terminate()


def _kubeconfig(address: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "faulty",
        "clusters": [{"name": "faulty", "cluster": {"server": address}}],
        "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": "faulty", "context": {"cluster": "faulty", "user": "nobody"}}],
    }
