"""A way to a server that a test can shut: what passes is held from a certain request on, until it is opened again."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

KEPT = 256
"""Bytes of what went before that a pattern may reach back into."""
CHUNK = 2**16


class Gate:
    """One TCP port before one server. Its methods may be called from any thread but its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, host: str, port: int) -> None:
        self.port = 0
        self._loop, self._host, self._server_port = loop, host, port
        self._open = asyncio.Event()
        self._open.set()
        self._held = threading.Event()
        self._pattern: re.Pattern[bytes] | None = None
        self._left = 0
        self._is_refusing = False
        self._writers = set[asyncio.StreamWriter]()

    def hold_at(self, pattern: bytes, after: int = 0) -> None:
        """Let so many occurrences of the pattern pass, and nothing from the next one on."""
        self._held.clear()
        self._left, self._pattern = after, re.compile(pattern)

    def wait_until_held(self, seconds: float) -> bool:
        """Whether what it waits for has come within that time."""
        return self._held.wait(seconds)

    def open(self) -> None:
        """Let everything pass. What a client that is gone meanwhile had sent is lost with it."""
        self._pattern = None
        self._loop.call_soon_threadsafe(self._open.set)

    def refuse(self) -> None:
        """Break all connections, and every new one, until `accept`: nobody is there."""
        self._is_refusing = True
        self._loop.call_soon_threadsafe(self._break)

    def accept(self) -> None:
        self._is_refusing = False

    def _break(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        if self._is_refusing:
            writer.transport.abort()
            return
        try:
            back, forth = await asyncio.open_connection(self._host, self._server_port)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, forth}
        self._writers |= both
        try:
            await asyncio.gather(self._carry(reader, forth, is_watched=True), self._carry(back, writer))
        finally:
            self._writers -= both

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_watched: bool = False
    ) -> None:
        before = b""
        try:
            while data := await reader.read(CHUNK):
                if is_watched and self._pattern is not None:
                    self._look(self._pattern, before, before + data)
                    before = (before + data)[-KEPT:]
                await self._open.wait()
                if reader.at_eof():
                    break
                writer.write(data)
                await writer.drain()
        except OSError:
            pass  # one side is gone, and so is the other in a moment
        finally:
            writer.close()

    def _look(self, pattern: re.Pattern[bytes], before: bytes, all_of_it: bytes) -> None:
        self._left -= len(pattern.findall(all_of_it)) - len(pattern.findall(before))
        if self._left < 0:
            self._pattern = None
            self._open.clear()
            self._held.set()


class Gates:
    """All gates of a test run, on one event loop in a thread of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, address: str) -> None:
        self.address = address
        self._loop = loop
        self._servers: list[asyncio.Server] = []

    def before(self, host: str, port: int) -> Gate:
        """A gate before that server, on a port of this machine's address."""
        return asyncio.run_coroutine_threadsafe(self._serve(Gate(self._loop, host, port)), self._loop).result()

    async def _serve(self, gate: Gate) -> Gate:
        server = await asyncio.start_server(gate.connected, self.address, 0)
        gate.port = server.sockets[0].getsockname()[1]
        self._servers.append(server)
        return gate

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        carrying = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)


@contextmanager
def gates_at(address: str) -> Iterator[Gates]:
    """Gates that listen at this address of the machine."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="gates")
    thread.start()
    gates = Gates(loop, address)
    try:
        yield gates
    finally:
        asyncio.run_coroutine_threadsafe(gates.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
