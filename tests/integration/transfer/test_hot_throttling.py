"""A store that asks for fewer requests gets fewer, and gets them all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from orgport.stores.s3 import Bucket, Connection, open_bucket
from orgport.stores.s3_flow import Flow
from tests.integration.transfer.conftest import Stubbed, hurry
from tests.integration.transfer.faults import ERROR, XML, Fault, cut, hang_up, refuse
from tests.servers import ACCESS_KEY, SECRET_KEY
from tests.stub.http import Answer, Request, serving
from tests.stub.store import Stub

pytestmark = pytest.mark.integration


def flows(bucket: Bucket) -> tuple[Flow, Flow]:
    return bucket._calls.reads, bucket._calls.writes


TOO_MANY = 5
"""Throttles one after the other that do not pass for chance."""
THROTTLES = [
    refuse(503, "SlowDown"),
    refuse(429, "TooManyRequestsException"),
    refuse(500, "InternalError"),
    refuse(400, "RequestLimitExceeded"),
]


@pytest.mark.parametrize("fault", THROTTLES, ids=["503", "429", "500", "400"])
async def test_throttles_halve_the_requests_of_their_kind(stubbed: Stubbed, fault: Fault) -> None:
    bucket = stubbed.pair.destination
    reads, writes = flows(bucket)
    stubbed.way.break_next("PUT", fault, times=TOO_MANY)
    await bucket.write("key", b"x")
    assert writes.most / 2 < writes.limit < writes.most / 2 + 1
    assert reads.limit == reads.most
    stubbed.way.break_next("GET", fault, times=TOO_MANY)
    assert await bucket.read("key") == b"x"
    assert reads.limit < reads.most / 2 + 1


@pytest.mark.parametrize("fault", [refuse(200, "SlowDown"), refuse(200, "InternalError")], ids=["slow", "error"])
async def test_a_throttle_inside_a_good_answer_is_one(stubbed: Stubbed, fault: Fault) -> None:
    bucket = stubbed.pair.destination
    await bucket.write("key", b"x")
    stubbed.way.break_next("PUT", fault, times=TOO_MANY)
    await bucket.copy(bucket, "key", "copy")
    assert bucket._calls.writes.limit < bucket._calls.writes.most


@pytest.mark.parametrize("fault", [hang_up("reset"), cut(0), refuse(502, "BadGateway")], ids=["reset", "cut", "502"])
async def test_a_lost_answer_is_no_throttle(stubbed: Stubbed, fault: Fault) -> None:
    bucket = stubbed.pair.destination
    await bucket.write("key", b"x")
    stubbed.way.break_next("GET", fault, times=TOO_MANY)
    assert await bucket.read("key") == b"x"
    assert bucket._calls.reads.limit == bucket._calls.reads.most


async def test_the_requests_grow_back(stubbed: Stubbed) -> None:
    bucket = stubbed.pair.destination
    stubbed.way.break_next("PUT", refuse(503, "SlowDown"), times=TOO_MANY)
    await bucket.write("key", b"x")
    bucket._calls.writes.most = 34
    for _ in range(120):
        await bucket.write("key", b"x")
    assert bucket._calls.writes.limit == 34


@dataclass
class Narrow:
    """A store that serves so many requests at a time, and turns away who comes beyond that."""

    room: int
    stub: Stub = field(default_factory=Stub)
    inside: int = 0
    served: int = 0
    refused: int = 0

    async def __call__(self, request: Request) -> Answer:
        if self.inside >= self.room:
            self.refused += 1
            return Answer(503, XML, ERROR.format("SlowDown").encode())
        self.inside += 1
        for _ in range(20):
            await asyncio.sleep(0)
        self.inside -= 1
        self.served += 1
        return await self.stub(request)


async def test_many_requests_settle_with_a_store_that_has_room_for_few() -> None:
    store = Narrow(4)
    store.stub.shelf("bucket")
    async with (
        serving(store) as endpoint,
        open_bucket(Connection(endpoint, None, ACCESS_KEY, SECRET_KEY, connections=64), "bucket") as bucket,
    ):
        hurry(bucket)
        await asyncio.gather(*(bucket.write(f"key-{number}", b"x") for number in range(400)))
    assert len(store.stub.shelf("bucket").objects) == 400
    assert store.refused < store.served
