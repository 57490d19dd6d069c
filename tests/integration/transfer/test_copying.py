"""Objects from bucket to bucket: on one server, through the pod, and what may come between."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import pytest

from orgport.api.failures import Failure
from orgport.api.plan import Leg
from orgport.api.reasons import Reason
from orgport.stores.s3 import SourceChanged
from orgport.stores.s3_model import MIB
from orgport.transfer.copying import copy_all, copy_object
from orgport.transfer.probe import Capabilities, probe
from orgport.transfer.verifying import verify_checksum
from orgport.transfer.worklists import WorkItem
from orgport.worker.context import OpenFence
from tests.integration.transfer.conftest import NewBucket, Pair
from tests.integration.transfer.copies import (
    LEGS,
    SERVER_SIDE,
    STREAMED,
    copy_many,
    copy_one,
    ignore,
    item_of,
    upload,
)
from tests.servers import ObjectStore

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("sizes", [(5 * MIB, 5 * MIB, 1), (7 * MIB, 3), (3,)], ids=str)
@pytest.mark.parametrize(("leg", "how"), [(SERVER_SIDE, "part-copy"), (STREAMED, "part-stream")])
async def test_an_object_in_parts_keeps_its_etag(pair: Pair, sizes: tuple[int, ...], leg: Leg, how: str) -> None:
    body = await upload(pair.source, "key", *sizes)
    source = await pair.source.head("key")
    copied = await copy_one(pair, "key", leg)
    destination = await pair.destination.head("copy/key")
    assert source is not None
    assert destination is not None
    assert (copied.how, copied.etag, destination.etag) == (how, source.etag, source.etag)
    assert destination.stored(await pair.destination.tags("copy/key")) == source.stored({"c": "d"})
    assert await verify_checksum(pair.destination, "copy/key", hashlib.sha256(body).hexdigest())
    assert not await verify_checksum(pair.destination, "copy/key", "0" * 64)


@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_what_the_destination_has_is_never_overwritten(pair: Pair, leg: Leg) -> None:
    for key in ("other", "same", "absent"):
        await pair.source.write(key, key.encode())
    await pair.destination.write("copy/other", b"older")
    await pair.destination.write("copy/same", b"same")
    items = [await item_of(pair.source, key) for key in ("other", "same", "absent")]
    with pytest.raises(Failure, match="1 keys of the destination") as caught:
        await copy_many(pair, items, leg)
    assert (caught.value.reason, caught.value.keys) == (Reason.OBJECT_CONFLICT, ("copy/other",))
    assert await pair.destination.read("copy/other") == b"older"
    assert await pair.destination.read("copy/absent") == b"absent"


@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_an_object_in_parts_does_not_overwrite_either(pair: Pair, leg: Leg) -> None:
    await upload(pair.source, "key", 5 * MIB, 1)
    await pair.destination.write("copy/key", b"older")
    with pytest.raises(Failure, match="other content"):
        await copy_one(pair, "key", leg)
    assert await pair.destination.read("copy/key") == b"older"


@pytest.mark.parametrize("conditional", [True, False])
@pytest.mark.parametrize("server_side", [True, False])
async def test_copying_again_copies_nothing(pair: Pair, server_side: bool, conditional: bool) -> None:
    leg = Leg(source="a", destination="b", server_side=server_side, conditional=conditional)
    await pair.source.write("small", b"small")
    await upload(pair.source, "large", 5 * MIB, 1)
    items = [await item_of(pair.source, key) for key in ("small", "large")]
    first, second = await copy_many(pair, items, leg), await copy_many(pair, items, leg)
    assert (first.copied, first.present, second.copied, second.present) == (2, 0, 0, 2)


@pytest.mark.parametrize("size", [3, 5 * MIB + 3])
@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_an_object_that_changed_is_not_taken_for_the_planned_one(pair: Pair, leg: Leg, size: int) -> None:
    await upload(pair.source, "key", size)
    item = await item_of(pair.source, "key")
    await pair.source.write("key", b"y" * size)
    with pytest.raises(SourceChanged):
        await copy_object(pair.source, pair.destination, item, leg, ignore)
    assert [listed async for listed in pair.destination.list("")] == []


@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_changed_objects_are_copied_as_they_are_now_and_missing_ones_are_named(pair: Pair, leg: Leg) -> None:
    for key in ("changed", "missing", "still"):
        await pair.source.write(key, b"old")
    items = [await item_of(pair.source, key) for key in ("changed", "missing", "still")]
    await pair.source.write("changed", b"newer")
    await pair.source.delete(["missing"])
    report = await copy_many(pair, items, leg)
    assert (report.changed, report.missing, report.copied) == (["changed"], ["missing"], 2)
    assert await pair.destination.read("copy/changed") == b"newer"
    assert report.newer[0, "copy/changed"].size == 5
    assert report.lost == {(0, "copy/missing")}


async def test_a_newer_version_that_an_earlier_pod_copied_is_no_conflict(pair: Pair) -> None:
    await pair.source.write("key", b"old")
    items = [await item_of(pair.source, "key")]
    await pair.source.write("key", b"newer")
    await copy_many(pair, items, STREAMED)
    again = await copy_many(pair, items, STREAMED)
    assert (again.changed, again.present) == (["key"], 1)


async def test_no_more_copies_are_begun_than_there_is_room_for(pair: Pair) -> None:
    taken: list[int] = []
    finished: list[WorkItem] = []
    for number in range(12):
        await pair.source.write(f"{number:02}", b"x")

    async def items() -> AsyncIterator[WorkItem]:
        for number in range(12):
            taken.append(number - len(finished))
            yield await item_of(pair.source, f"{number:02}")

    await copy_all(
        lambda _: pair.source,
        lambda _: pair.destination,
        items(),
        [STREAMED],
        concurrency=3,
        on_object=lambda item, _: finished.append(item),
        on_bytes=ignore,
        fence=OpenFence(),
    )
    assert len(finished) == 12
    assert max(taken) <= 3


async def test_nothing_is_written_once_the_fence_is_down(pair: Pair) -> None:
    class Lowered:
        async def may_write(self) -> None:
            raise InterruptedError

    await pair.source.write("key", b"x")
    with pytest.raises(InterruptedError):
        await copy_all(
            lambda _: pair.source,
            lambda _: pair.destination,
            [await item_of(pair.source, "key")],
            [SERVER_SIDE],
            concurrency=1,
            on_object=ignore,
            on_bytes=ignore,
            fence=Lowered(),
        )
    assert await pair.destination.head("copy/key") is None


async def test_bytes_are_counted_part_by_part(pair: Pair) -> None:
    await upload(pair.source, "key", 5 * MIB, 2)
    counted: list[int] = []
    await copy_object(pair.source, pair.destination, await item_of(pair.source, "key"), STREAMED, counted.append)
    assert sorted(counted) == [2, 5 * MIB]


async def test_one_server_copies_by_itself_and_another_does_not(
    pair: Pair, moto_server: ObjectStore, new_bucket: NewBucket
) -> None:
    await pair.source.write("sample", b"x")
    sample = await anext(pair.source.list(""))
    elsewhere = await new_bucket(moto_server)
    assert await probe(pair.source, pair.destination, sample, "run/") == Capabilities(True, True, False)
    assert (await probe(elsewhere, pair.destination, None, "run/")).server_side is False
    assert [listed async for listed in pair.destination.list("")] == []
    assert [listed.key async for listed in pair.source.list("")] == ["sample"]


async def test_objects_are_streamed_between_servers(
    pair: Pair, moto_server: ObjectStore, new_bucket: NewBucket
) -> None:
    elsewhere = await new_bucket(moto_server)
    body = await upload(pair.source, "key", 5 * MIB, 100)
    away = await copy_one(Pair(pair.source, elsewhere), "key", STREAMED)
    back = await copy_object(
        elsewhere, pair.destination, WorkItem(0, "copy/key", "back/key", away.size, away.etag), STREAMED, ignore
    )
    assert back.etag == away.etag == (await item_of(pair.source, "key")).etag
    assert await pair.destination.read("back/key") == body
