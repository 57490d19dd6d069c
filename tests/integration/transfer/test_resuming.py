"""An object in parts of which a pod was killed half-way: the next pod goes on with the parts that are there."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.s3 import Bucket
from orgport.stores.s3_model import GIB, MIB
from orgport.transfer.journal import Unfinished, encode_journal, read_journal
from orgport.transfer.strategies import PARTS_AT_ONCE
from orgport.transfer.worklists import WorkItem
from orgport.worker.context import Context, Progress
from orgport.worker.files import copy_files
from orgport.worker.import_reports import remove_plan
from orgport.worker.local import parse_resource
from orgport.worker.places import open_places
from orgport.worker.plans import remove_run_files
from tests.integration.conftest import Installations
from tests.integration.imports.running import Imports
from tests.integration.transfer.conftest import Pair, Stubbed
from tests.integration.transfer.copies import upload
from tests.integration.transfer.faults import Fault, Way, refuse, way_to
from tests.integration.transfer.pod import said_by, start_copying
from tests.integration.transfer.world import RUN, STREAMED, World
from tests.servers import ObjectStore
from tests.stub.calls import Call
from tests.stub.content import Content, Stretch
from tests.stub.http import Answer, Handler, Request
from tests.stub.store import Uploading

pytestmark = pytest.mark.integration

PART = 64 * MIB
SIZE = 51 * GIB // 10
"""More than CopyObject may copy."""
DESTINATION = "archive/org/large.wacz"


@dataclass
class Victim:
    """A pod that is killed when its time has come."""

    pod: Process | None = None

    def kill(self) -> None:
        if self.pod is not None and self.pod.returncode is None:
            os.kill(self.pod.pid, signal.SIGKILL)
            self.pod = None


@pytest.fixture
def large(stubbed: Stubbed) -> tuple[World, WorkItem]:
    """An object of 5.1 GiB in parts of 64 MiB, which nobody stores."""
    ends = [*range(PART, SIZE, PART), SIZE]
    starts = [0, *ends[:-1]]
    stored = stubbed.source.put_parts(
        "org/large.wacz",
        *[(Stretch("large", start, end),) for start, end in zip(starts, ends, strict=True)],
        headers={"content-type": "application/wacz", "x-amz-meta-name": "value"},
    )
    item = WorkItem(0, "org/large.wacz", DESTINATION, SIZE, stored.etag)
    return World(stubbed.way.endpoint, stubbed.pair.source, stubbed.pair.destination), item


async def test_an_object_too_large_for_one_copy_keeps_its_etag(stubbed: Stubbed, large: tuple[World, WorkItem]) -> None:
    world, item = large
    outcome = await copy_files(world.context(await world.plan([item])))
    assert outcome.message == "1 objects copied, 0 were there; 1 verified, 0 by size only"
    copied = stubbed.destination.objects[DESTINATION]
    assert (copied.etag, copied.parts) == (item.etag, stubbed.source.objects[item.source].parts)
    assert copied.headers == {"content-type": "application/wacz", "x-amz-meta-name": "value"}
    assert stubbed.destination.uploads == {}
    assert await read_journal(world.archive, f"{RUN}uploads-0.ndjson") == []


async def test_a_pod_goes_on_with_the_parts_that_a_killed_one_left(
    stubbed: Stubbed, large: tuple[World, WorkItem]
) -> None:
    world, item = large
    plan = await world.plan([item])
    others = Uploading(DESTINATION, {}, {1: (b"of somebody else",)})
    stubbed.destination.uploads["others"] = others
    victim = Victim()

    def watch(call: Call) -> None:
        if stubbed.stub.count("copy_part") == 40:
            victim.kill()

    stubbed.stub.before = watch
    victim.pod = pod = await start_copying(world, plan)
    assert await pod.wait() == -signal.SIGKILL
    there = len(next(each for name, each in stubbed.destination.uploads.items() if name != "others").parts)
    assert 40 - PARTS_AT_ONCE <= there < 40 + PARTS_AT_ONCE
    assert DESTINATION not in stubbed.destination.objects
    before = stubbed.stub.count("copy_part")
    assert (await said_by(await start_copying(world, plan))).message == (
        "1 objects copied, 0 were there; 1 verified, 0 by size only"
    )
    copied = stubbed.destination.objects[DESTINATION]
    assert copied.etag == item.etag
    assert stubbed.stub.count("copy_part") - before == len(copied.parts) - there
    assert stubbed.stub.count("begin") == 1
    assert stubbed.destination.uploads == {"others": others}


async def test_parts_of_another_version_are_not_gone_on_with(stubbed: Stubbed, large: tuple[World, WorkItem]) -> None:
    world, item = large
    stubbed.destination.uploads["ours"] = Uploading(DESTINATION, {}, {1: (Stretch("older", 0, PART),)})
    left = Unfinished("location", DESTINATION, "ours", "0" * 32 + "-82", PART)
    await world.archive.write(f"{RUN}uploads-0.ndjson", encode_journal([left]))
    await copy_files(world.context(await world.plan([item])))
    assert stubbed.destination.objects[DESTINATION].etag == item.etag
    assert stubbed.destination.uploads == {}


async def test_parts_that_are_cut_otherwise_are_sent_again(stubbed: Stubbed, large: tuple[World, WorkItem]) -> None:
    world, item = large
    parts: dict[int, Content] = {1: (Stretch("large", 0, PART),), 2: (Stretch("large", PART, PART + 5),), 90: (b"",)}
    stubbed.destination.uploads["ours"] = Uploading(DESTINATION, {}, parts)
    left = Unfinished("location", DESTINATION, "ours", item.etag, PART)
    await world.archive.write(f"{RUN}uploads-0.ndjson", encode_journal([left]))
    await copy_files(world.context(await world.plan([item])))
    assert stubbed.stub.count("copy_part") == 81
    assert stubbed.destination.objects[DESTINATION].etag != ""
    assert stubbed.stub.count("begin") == 0


async def test_an_upload_that_is_gone_is_begun_anew(stubbed: Stubbed, large: tuple[World, WorkItem]) -> None:
    world, item = large
    left = Unfinished("location", DESTINATION, "gone", item.etag, PART)
    await world.archive.write(f"{RUN}uploads-0.ndjson", encode_journal([left]))
    await copy_files(world.context(await world.plan([item])))
    assert stubbed.destination.objects[DESTINATION].etag == item.etag


async def test_what_another_pod_left_is_gone_on_with_too(stubbed: Stubbed, large: tuple[World, WorkItem]) -> None:
    world, item = large
    stubbed.destination.uploads["ours"] = Uploading(DESTINATION, {}, {7: (Stretch("large", 6 * PART, 7 * PART),)})
    left = Unfinished("location", DESTINATION, "ours", item.etag, PART)
    await world.archive.write(f"{RUN}uploads-3.ndjson", encode_journal([left]))
    await copy_files(world.context(await world.plan([item])))
    assert (stubbed.stub.count("begin"), stubbed.stub.count("copy_part")) == (0, 81)
    assert stubbed.destination.objects[DESTINATION].etag == item.etag


@pytest.fixture
async def way(minio: ObjectStore) -> AsyncIterator[Way]:
    async with way_to(minio.endpoint) as way:
        yield way


@pytest.fixture
async def world(way: Way, pair: Pair) -> World:
    """Buckets of MinIO, which pods reach on a way of their own."""
    return World(way.endpoint, pair.source, pair.destination, STREAMED)


async def unfinished(bucket: Bucket, key: str) -> list[str]:
    found = await bucket._calls.client.list_multipart_uploads(Bucket=bucket.name, Prefix=key)
    return [each["UploadId"] for each in found.get("Uploads", ())]


async def test_a_streamed_object_is_gone_on_with(world: World, way: Way) -> None:
    body = await upload(world.source, "org/large.wacz", *[5 * MIB] * 8, 1)
    head = await world.source.head("org/large.wacz")
    assert head is not None
    item = WorkItem(0, "org/large.wacz", DESTINATION, head.size, head.etag)
    plan = await world.plan([item])
    others = await world.archive.upload(DESTINATION, {})
    victim = Victim()
    way.break_next("PUT", killing(victim), query="partNumber=5")
    victim.pod = pod = await start_copying(world, plan, concurrency=2)
    assert await pod.wait() == -signal.SIGKILL
    left = (await read_journal(world.archive, f"{RUN}uploads-0.ndjson"))[0]
    assert sorted(await unfinished(world.archive, DESTINATION)) == sorted([left.upload_id, others.upload_id])
    sent = parts_sent(way)
    await said_by(await start_copying(world, plan, concurrency=2))
    copied = await world.archive.head(DESTINATION)
    assert copied is not None
    assert copied.etag == item.etag
    assert await world.archive.read(DESTINATION) == body
    assert parts_sent(way) - sent <= 9 - 3
    assert await unfinished(world.archive, DESTINATION) == [others.upload_id]


def parts_sent(way: Way) -> int:
    return sum(1 for request in way.asked if request.method == "PUT" and "partNumber=" in request.target)


def killing(victim: Victim) -> Fault:
    async def fault(request: Request, store: Handler) -> Answer:
        victim.kill()
        return Answer(0, then="close")

    return fault


async def test_what_is_left_is_given_up_when_the_run_ends_and_nothing_else_is(world: World) -> None:
    plan = await world.plan([])
    ours, others = [await world.archive.upload(DESTINATION, {}) for _ in range(2)]
    at_the_source = await world.source.upload("org/x", {})
    left = [
        Unfinished("location", DESTINATION, ours.upload_id, "etag", PART),
        Unfinished("location", "archive/org/complete.wacz", "complete", "etag", PART),
        Unfinished("storage:default", "org/x", at_the_source.upload_id, "etag", PART),
        Unfinished("storage:unknown", "org/x", "x", "etag", PART),
    ]
    await world.archive.write(f"{RUN}uploads-1.ndjson", encode_journal(left) + b"not a line\n")
    async with open_places(world.context(plan)) as places:
        await remove_run_files(places)
    assert await unfinished(world.archive, DESTINATION) == [others.upload_id]
    assert await unfinished(world.source, "org/x") == [at_the_source.upload_id]
    assert [listed async for listed in world.archive.list(RUN)] == []


async def test_a_rollback_gives_up_what_is_left_in_the_target(installation: Installations, pair: Pair) -> None:
    imports = Imports(installation())
    task = parse_resource(imports.resource())
    context = Context(task, imports.target.inputs(), Progress(Reason.ROLLING_BACK), waits_for_inputs=False)
    async with open_places(context, with_location=False) as places:
        target = await places.storage("default")
        ours, others = [await target.upload("org/x", {}) for _ in range(2)]
        elsewhere = await pair.source.upload("org/x", {})
        left = [
            Unfinished("storage:default", "org/x", ours.upload_id, "etag", PART),
            Unfinished("location", "org/x", elsewhere.upload_id, "etag", PART),
        ]
        await target.write(f"{places.run_prefix}uploads-0.ndjson", encode_journal(left))
        await remove_plan(places)
        assert await unfinished(target, "org/x") == [others.upload_id]
        assert [listed async for listed in target.list(places.run_prefix)] == []
    assert await unfinished(pair.source, "org/x") == [elsewhere.upload_id]


async def test_a_pod_that_is_told_to_stop_leaves_its_parts_to_the_next(
    stubbed: Stubbed, large: tuple[World, WorkItem]
) -> None:
    world, item = large
    copying = asyncio.create_task(copy_files(world.context(await world.plan([item]))))

    def stop(call: Call) -> None:
        if stubbed.stub.count("copy_part") == 40:
            copying.cancel()

    stubbed.stub.before = stop
    with pytest.raises(asyncio.CancelledError):
        await copying
    (upload_id,) = stubbed.destination.uploads
    assert [left.upload_id for left in await read_journal(world.archive, f"{RUN}uploads-0.ndjson")] == [upload_id]


async def test_a_failure_that_has_nothing_to_do_with_the_parts_leaves_them_to_the_next_pod(
    stubbed: Stubbed, large: tuple[World, WorkItem]
) -> None:
    world, item = large
    plan = await world.plan([item])
    stubbed.way.break_next("PUT", refuse(403, "AccessDenied"), query="partNumber=50")
    with pytest.raises(Failure) as caught:
        await copy_files(world.context(plan))
    assert caught.value.reason is Reason.ACCESS_DENIED
    there = len(next(iter(stubbed.destination.uploads.values())).parts)
    sent = stubbed.stub.count("copy_part")
    await copy_files(world.context(plan))
    assert there > 0
    assert stubbed.stub.count("copy_part") - sent == 82 - there
    assert stubbed.destination.objects[DESTINATION].etag == item.etag


async def test_parts_that_may_not_be_listed_are_sent_again(stubbed: Stubbed, large: tuple[World, WorkItem]) -> None:
    world, item = large
    stubbed.destination.uploads["ours"] = Uploading(DESTINATION, {}, {1: (Stretch("large", 0, PART),)})
    left = Unfinished("location", DESTINATION, "ours", item.etag, PART)
    await world.archive.write(f"{RUN}uploads-0.ndjson", encode_journal([left]))
    stubbed.way.break_next("GET", refuse(403, "AccessDenied"), query="uploadId=ours")
    await copy_files(world.context(await world.plan([item])))
    assert stubbed.stub.count("copy_part") == 82
    assert stubbed.destination.objects[DESTINATION].etag == item.etag
    assert stubbed.destination.uploads == {}
