"""The source changes while it is copied: no copy is made of two versions, and the result says what changed."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from random import Random

import pytest

from orgport.api.plan import Leg
from orgport.stores.s3 import Bucket, open_bucket
from orgport.stores.s3_model import MIB
from orgport.worker.files import copy_files
from tests.integration.transfer.conftest import Pair, Stubbed
from tests.integration.transfer.copies import copy_many, item_of
from tests.integration.transfer.world import SERVER_SIDE, STREAMED, World
from tests.stub.calls import Call
from tests.stub.content import Stretch, read

pytestmark = pytest.mark.integration

LEGS = [SERVER_SIDE, STREAMED]
PART = 5 * MIB
SMALL, LARGE = 60, 6


@dataclass
class Writer:
    """Overwrites, deletes and adds objects, and knows every content that a key ever had."""

    bucket: Bucket
    chance: Random
    contents: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))

    async def put(self, key: str, size: int) -> None:
        text = f"{key}, version {len(self.contents[key])}; ".encode()
        body = (text * (size // len(text) + 1))[:size]
        self.contents[key].append(body)
        upload = await self.bucket.upload(key, {"content-type": "application/wacz"})
        for number, start in enumerate(range(0, size, PART), 1):
            part = body[start : start + PART]
            await upload.put(number, part, start, start + len(part))
        await upload.complete()

    async def seed(self) -> None:
        for number in range(SMALL):
            await self.put(f"org/{number:03}.wacz", 1000 + number)
        for number in range(LARGE):
            await self.put(f"org/large-{number}.wacz", 3 * PART + number)

    async def write_on(self) -> None:
        """Until it is stopped."""
        while True:
            key = self.chance.choice(list(self.contents))
            what = self.chance.random()
            if what < 0.7:
                await self.put(key, len(self.contents[key][0]))
            elif what < 0.9:
                await self.put(f"org/new-{self.chance.random()}.wacz", 1000)
            else:
                await self.bucket.delete([key])


@asynccontextmanager
async def writing(writer: Writer) -> AsyncIterator[None]:
    async with open_bucket(writer.bucket.connection, writer.bucket.name) as bucket:
        task = asyncio.create_task(replace(writer, bucket=bucket).write_on())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 12))])
@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_each_copy_is_one_version_while_somebody_writes(pair: Pair, leg: Leg, seed: int) -> None:
    writer = Writer(pair.source, Random(seed))
    await writer.seed()
    world = World(pair.source.connection.endpoint or "", pair.source, pair.destination, leg)
    items = [replace(await item_of(pair.source, key), destination=f"archive/{key}") for key in writer.contents]
    planned = {f"archive/{key}": contents[0] for key, contents in writer.contents.items()}
    await pair.destination.write("archive/org/older.wacz", b"older")
    plan = await world.plan(items)
    async with writing(writer):
        outcome = await copy_files(world.context(plan, concurrency=4))
    found = {key: await pair.destination.read(key) for key in await keys_of(pair.destination, "archive/org/")}
    assert found.pop("archive/org/older.wacz") == b"older"
    assert found.keys() <= planned.keys()
    for key, body in found.items():
        assert body in writer.contents[key.removeprefix("archive/")]
    changed = sum(body != planned[key] for key, body in found.items())
    assert said(outcome.message, "objects copied") == len(found)
    assert said(outcome.message, "changed meanwhile") == changed
    assert said(outcome.message, "gone meanwhile") + said(outcome.message, "kept changing") == len(planned) - len(found)
    assert changed > 0


def said(message: str, what: str) -> int:
    number = re.search(rf"(\d+) {what}", message)
    return int(number.group(1)) if number else 0


async def keys_of(bucket: Bucket, prefix: str) -> list[str]:
    return [listed.key async for listed in bucket.list(prefix)]


def at(operation: str, number: int, act: Callable[[], object]) -> Callable[[Call], None]:
    """What does it before the so manieth call of the operation is done."""
    left = [number]

    def before(call: Call) -> None:
        left[0] -= call.operation == operation
        if call.operation == operation and left[0] == 0:
            act()

    return before


def stretches(name: str) -> list[tuple[Stretch]]:
    return [(Stretch(name, start, start + PART),) for start in range(0, 4 * PART, PART)]


@pytest.mark.parametrize("ignores", [False, True], ids=["honours If-Match", "ignores If-Match"])
@pytest.mark.parametrize(("leg", "operation"), [(SERVER_SIDE, "copy_part"), (STREAMED, "get")], ids=str)
@pytest.mark.parametrize("number", [1, 2, 4])
async def test_an_object_that_changes_between_two_parts_is_copied_as_it_is_then(
    stubbed: Stubbed, leg: Leg, operation: str, number: int, ignores: bool
) -> None:
    stubbed.source.put_parts("key", *stretches("old"))
    item = await item_of(stubbed.pair.source, "key")
    stubbed.stub.ignores_conditions = ignores
    stubbed.stub.before = at(operation, number, lambda: stubbed.source.put_parts("key", *stretches("new")))
    report = await copy_many(stubbed.pair, [item], leg)
    assert (report.changed, report.copied) == (["key"], 1)
    assert read(stubbed.destination.objects["copy/key"].content) == read(tuple(each for (each,) in stretches("new")))
    assert stubbed.destination.uploads == {}


@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_an_object_that_goes_between_two_parts_is_named(stubbed: Stubbed, leg: Leg) -> None:
    stubbed.source.put_parts("key", *stretches("old"))
    item = await item_of(stubbed.pair.source, "key")
    operation = "copy_part" if leg.server_side else "get"
    stubbed.stub.before = at(operation, 2, lambda: stubbed.source.objects.pop("key"))
    report = await copy_many(stubbed.pair, [item], leg)
    assert (report.missing, report.copied, report.lost) == (["key"], 0, {(0, "copy/key")})
    assert (stubbed.destination.objects, stubbed.destination.uploads) == ({}, {})


@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_an_object_that_never_comes_to_rest_is_given_up(stubbed: Stubbed, leg: Leg) -> None:
    stubbed.source.put_parts("key", *stretches("0"))
    item = await item_of(stubbed.pair.source, "key")
    operation, versions = "copy_part" if leg.server_side else "get", iter(range(1, 100))

    def before(call: Call) -> None:
        if call.operation == operation:
            stubbed.source.put_parts("key", *stretches(str(next(versions))))

    stubbed.stub.before = before
    report = await copy_many(stubbed.pair, [item], leg)
    assert (report.unsettled, report.copied, report.lost) == (["key"], 0, {(0, "copy/key")})
    assert (stubbed.destination.objects, stubbed.destination.uploads) == ({}, {})


@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_what_comes_to_the_destination_meanwhile_is_not_overwritten(stubbed: Stubbed, leg: Leg) -> None:
    stubbed.source.put_parts("key", *stretches("ours"))
    item = await item_of(stubbed.pair.source, "key")
    stubbed.stub.before = at("complete", 1, lambda: stubbed.destination.put_parts("copy/key", *stretches("ours")))
    report = await copy_many(stubbed.pair, [item], leg)
    assert (report.copied, report.present) == (0, 1)
    assert stubbed.destination.uploads == {}
