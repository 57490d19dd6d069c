"""The connections to a store: kept, watched, and given up when they are no use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores import s3_calls, s3_line
from orgport.stores.s3 import Bucket, Connection, open_bucket
from orgport.stores.s3_model import MIB
from tests.integration.transfer.conftest import hurry

pytestmark = pytest.mark.integration

Converse = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ANSWER = 'HTTP/1.1 200 OK\r\nETag: "{}"\r\nContent-Length: {}\r\n\r\n'
NO_KEY = ConnectionKey("store", 80, False, True, None, None, None)
DENIED = b"<Error><Code>AccessDenied</Code></Error>"


def head_answer(etag: str) -> bytes:
    return ANSWER.format(etag, 5).encode()


@asynccontextmanager
async def store(converse: Converse) -> AsyncIterator[Bucket]:
    """A bucket of a store that speaks as it is told. Its connections end with it."""
    tasks = set[asyncio.Task[None]]()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await converse(reader, writer)
        except (asyncio.CancelledError, asyncio.IncompleteReadError, OSError):
            pass  # the client, or the test, is done
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with open_bucket(Connection(endpoint, None, "key", "secret"), "bucket") as bucket:
            yield hurry(bucket)
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)


async def next_head(reader: asyncio.StreamReader) -> str:
    return (await reader.readuntil(b"\r\n\r\n")).decode()


def answering(*answers: bytes) -> tuple[Converse, list[list[str]]]:
    """A store that gives the answers in turn, the last one for ever; and what each connection asked."""
    left, connections = list(answers), list[list[str]]()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append([])
        while True:
            connections[-1].append(await next_head(reader))
            writer.write(left.pop(0) if len(left) > 1 else left[0])

    return converse, connections


async def etag_of(bucket: Bucket, key: str = "key") -> str:
    head = await bucket.head(key)
    assert head is not None
    return head.etag


async def test_a_connection_is_kept_for_the_next_request() -> None:
    converse, connections = answering(head_answer("a"))
    async with store(converse) as bucket:
        for _ in range(5):
            await bucket.head("key")
    assert [len(asked) for asked in connections] == [5]


async def test_no_more_connections_are_opened_than_requests_are_let_in_at_a_time() -> None:
    converse, connections = answering(head_answer("a"))
    async with store(converse) as bucket:
        bucket._calls.reads.most = 3
        bucket._calls.reads.limit = 3.0
        await asyncio.gather(*(bucket.head("key") for _ in range(50)))
    assert sum(map(len, connections)) == 50
    assert len(connections) <= 3


async def test_a_connection_that_was_closed_meanwhile_costs_no_try() -> None:
    closed, requests = asyncio.Event(), list[str]()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await next_head(reader))
        writer.write(head_answer("a"))
        writer.close()
        await writer.wait_closed()
        closed.set()

    async with store(converse) as bucket:
        for _ in range(5):
            closed.clear()
            await bucket.head("key")
            await closed.wait()
    assert len(requests) == 5


async def test_an_answer_that_nobody_asked_for_is_taken_for_none() -> None:
    converse, connections = answering(head_answer("a") + head_answer("a"), head_answer("b"))
    async with store(converse) as bucket:
        assert await etag_of(bucket) == "a"
        assert await etag_of(bucket) == "b"
    assert [len(asked) for asked in connections] == [1, 1]


async def test_an_interim_answer_is_not_the_answer() -> None:
    converse, _ = answering(b"HTTP/1.1 100 Continue\r\n\r\n" + head_answer("a"))
    async with store(converse) as bucket:
        assert await etag_of(bucket) == "a"


@pytest.mark.parametrize("nonsense", [b"220 ftp ready\r\n\r\n", b"\x16\x03\x01\x00\r\n\r\n"])
async def test_what_is_no_http_is_no_answer(nonsense: bytes) -> None:
    converse, _ = answering(nonsense)
    async with store(converse) as bucket:
        with pytest.raises(Failure, match="no answer to HeadObject") as caught:
            await bucket.head("key")
    assert caught.value.reason is Reason.ENDPOINT_UNREACHABLE


async def test_a_store_that_falls_silent_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(s3_calls.SILENCE_SECONDS, False, 0.05)
    converse, connections = answering(b"", head_answer("a"))
    async with store(converse) as bucket:
        assert await etag_of(bucket) == "a"
    assert [len(asked) for asked in connections] == [1, 1]


async def test_an_answer_without_end_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_line, "LONGEST", MIB)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await next_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(2**16))
            await writer.drain()

    async with store(converse) as bucket:
        with pytest.raises(Failure, match="without end"):
            await bucket.tag("key", {})


class Pieces:
    """A body of many pieces; how many of them were asked for, and whether the asking came to its end."""

    def __init__(self, count: int, fails_at: int | None = None) -> None:
        self.count, self.fails_at = count, fails_at
        self.given, self.ended = 0, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            for number in range(self.count):
                if number == self.fails_at:
                    raise ZeroDivisionError
                self.given += 1
                yield bytes(MIB)
        finally:
            self.ended = True


async def put(bucket: Bucket, body: Pieces | bytes, size: int) -> str:
    return await bucket.put("key", body, size, {}, if_absent=False)


def refusing() -> Converse:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await next_head(reader)
        length = f"Content-Length: {len(DENIED)}\r\n\r\n".encode()
        writer.write(b"HTTP/1.1 403 Forbidden\r\n" + length + DENIED)
        await writer.drain()
        await asyncio.Event().wait()

    return converse


async def test_a_body_that_is_refused_at_once_is_not_sent_to_its_end() -> None:
    body = Pieces(1000)
    async with store(refusing()) as bucket:
        with pytest.raises(Failure) as caught:
            await put(bucket, body, 1000 * MIB)
        assert caught.value.reason is Reason.ACCESS_DENIED
        assert body.ended
    assert body.given < 100


async def test_bytes_that_are_refused_at_once_are_not_sent_to_their_end_either() -> None:
    async with store(refusing()) as bucket:
        with pytest.raises(Failure) as caught:
            await put(bucket, bytes(64 * MIB), 64 * MIB)
    assert caught.value.reason is Reason.ACCESS_DENIED


def reading(written: bytearray) -> Converse:
    """A store that reads what is sent, and answers with an ETag."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await next_head(reader)
            length = next(line for line in head.lower().split("\r\n") if line.startswith("content-length:"))
            written.extend(await reader.readexactly(int(length.split(":")[1])))
            writer.write(ANSWER.format("a", 0).encode())

    return converse


@pytest.mark.parametrize("size", [0, 1, 2**18, 2**18 + 1, 5 * MIB])
async def test_bytes_of_any_size_arrive(size: int) -> None:
    written = bytearray()
    body = bytes(range(256)) * (size // 256 + 1)
    async with store(reading(written)) as bucket:
        assert await put(bucket, body[:size], size) == "a"
    assert written == body[:size]


async def test_how_long_a_long_body_takes_is_not_held_against_a_store_that_has_not_answered_yet() -> None:
    async with store(reading(bytearray())) as bucket:
        bucket._calls.patience = replace(bucket._calls.patience, stranger_seconds=0)
        with pytest.raises(Failure, match="no answer to PutObject"):
            await put(bucket, b"short", 5)
        assert await put(bucket, bytes(5 * MIB), 5 * MIB) == "a"


async def test_a_body_in_pieces_arrives() -> None:
    written = bytearray()
    async with store(reading(written)) as bucket:
        assert await put(bucket, Pieces(9), 9 * MIB) == "a"
        assert await put(bucket, b"end", 3) == "a"
    assert written == bytes(9 * MIB) + b"end"


async def test_what_goes_wrong_in_the_making_of_a_body_is_no_fault_of_the_store() -> None:
    body = Pieces(9, fails_at=3)
    async with store(reading(bytearray())) as bucket:
        with pytest.raises(ZeroDivisionError):
            await put(bucket, body, 9 * MIB)
        assert body.ended


async def test_a_body_of_another_length_than_was_said_is_not_taken_for_whole() -> None:
    async with store(reading(bytearray())) as bucket:
        with pytest.raises(ValueError, match="came out as"):
            await put(bucket, Pieces(8), 9 * MIB)


async def test_a_header_with_a_line_break_is_not_sent() -> None:
    converse, connections = answering(head_answer("a"))
    async with store(converse) as bucket:
        with pytest.raises(ValueError, match="line break"):
            await bucket.put("key", b"", 0, {"x-amz-meta-a": "b\r\nx-amz-acl: public-read"}, if_absent=False)
    assert connections == []


async def test_a_stream_that_is_left_leaves_its_connection_closed() -> None:
    ended = asyncio.Event()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await next_head(reader)
        writer.write(ANSWER.format("a", 10 * MIB).encode() + bytes(MIB))
        try:
            await reader.read()
        finally:
            ended.set()

    async with store(converse) as bucket:
        stream = bucket.stream("key")
        await anext(stream)
        await stream.aclose()
        async with asyncio.timeout(10):
            await ended.wait()


async def test_a_store_that_hangs_up_as_soon_as_it_is_connected_to_is_unreachable() -> None:
    async with aiohttp.TCPConnector() as connector:
        connection = aiohttp.connector.Connection(
            connector, NO_KEY, ResponseHandler(asyncio.get_running_loop()), connector._loop
        )
        with pytest.raises(ConnectionResetError):
            s3_line.line_of(connection)
        assert connection.closed
