"""The files step: a pod's work list, from the plan to the verified copies."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.s3 import Bucket
from orgport.transfer.worklists import encode_line
from orgport.worker import files
from orgport.worker.files import copy_files
from tests.integration.transfer.conftest import Pair
from tests.integration.transfer.faults import way_to
from tests.integration.transfer.world import RUN, SERVER_SIDE, World
from tests.servers import ObjectStore

pytestmark = pytest.mark.integration

JOURNAL = f"{RUN}uploads-0.ndjson"


@pytest.fixture
def world(pair: Pair, minio: ObjectStore) -> World:
    return World(minio.endpoint, pair.source, pair.destination)


async def keys_of(bucket: Bucket, prefix: str) -> list[str]:
    return [listed.key async for listed in bucket.list(prefix)]


@pytest.mark.parametrize("few", [0, 64], ids=["listed", "looked-up"])
@pytest.mark.parametrize("verify", ["Listing", "Checksum", "None"])
@pytest.mark.parametrize("server_side", [True, False])
async def test_a_pod_copies_its_list_and_counts_it(
    world: World, server_side: bool, verify: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FEW_OBJECTS", few)
    world.leg = SERVER_SIDE.model_copy(update={"server_side": server_side})
    items = await world.seed(5)
    context = world.context(await world.plan(items), verify=verify)
    outcome = await copy_files(context)
    assert await keys_of(world.archive, "archive/org/") == [item.destination for item in items]
    progress, size = context.progress, sum(item.size for item in items)
    assert (progress.objects_done, progress.objects_total, progress.objects_present) == (5, 5, 0)
    assert (progress.bytes_done, progress.bytes_total) == (size, size)
    proofs = {"None": "", "Listing": "; 5 verified, 0 by size only"}
    verified = proofs.get(verify, "; 5 verified (5 by SHA-256), 0 by size only")
    assert outcome.message == f"5 objects copied, 0 were there{verified}"


async def test_pods_share_the_work(world: World) -> None:
    items = await world.seed(5)
    plan = await world.plan(items, pods=2)
    for index in range(3):
        await copy_files(world.context(plan, index))
    assert await keys_of(world.archive, "archive/org/") == [item.destination for item in items]


@pytest.mark.parametrize("few", [0, 64], ids=["listed", "looked-up"])
async def test_a_pod_that_starts_again_goes_on(world: World, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FEW_OBJECTS", few)
    items = await world.seed(5)
    plan = await world.plan(items)
    await world.archive.write(JOURNAL, b"")
    for item in items[:2]:
        await world.archive.copy(world.source, item.source, item.destination)
    context = world.context(plan)
    await copy_files(context)
    assert (context.progress.objects_done, context.progress.objects_present) == (5, 2)
    assert context.progress.bytes_done == context.progress.bytes_total


async def test_what_came_since_the_plan_is_found_by_the_first_pod_too(world: World) -> None:
    items = await world.seed(5)
    plan = await world.plan(items)
    for item in items[:2]:
        await world.archive.copy(world.source, item.source, item.destination)
    context = world.context(plan)
    outcome = await copy_files(context)
    assert outcome.message == "3 objects copied, 2 were there; 5 verified, 0 by size only"
    assert (context.progress.objects_done, context.progress.bytes_done) == (5, context.progress.bytes_total)


@pytest.mark.parametrize("verify", ["Listing", "None"])
async def test_only_a_pod_that_starts_again_lists_what_is_there_before_it_copies(
    minio: ObjectStore, pair: Pair, verify: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FEW_OBJECTS", 0)
    async with way_to(minio.endpoint) as way:
        world = World(way.endpoint, pair.source, pair.destination)
        plan = await world.plan(await world.seed(3))
        listings = []
        for _ in range(2):
            way.asked.clear()
            await copy_files(world.context(plan, verify=verify))
            listings.append(sum("prefix=archive%2Forg%2F" in request.target for request in way.asked))
    assert listings == ([1, 2] if verify == "Listing" else [0, 1])


async def test_a_plan_that_was_replaced_is_refused(world: World) -> None:
    await world.plan(await world.seed(1))
    with pytest.raises(Failure, match="not the one") as caught:
        await copy_files(world.context("0" * 64))
    assert caught.value.reason is Reason.EXPORT_CORRUPT


async def test_a_work_list_that_was_replaced_is_refused(world: World) -> None:
    items = await world.seed(2)
    plan = await world.plan(items)
    await world.archive.write(RUN + "work-0.ndjson", encode_line(items[0]))
    with pytest.raises(Failure, match="not the one"):
        await copy_files(world.context(plan))
    assert await keys_of(world.archive, "archive/org/") == []


async def test_objects_with_other_content_are_named_and_left(world: World) -> None:
    items = await world.seed(3)
    plan = await world.plan(items)
    await world.archive.write(items[1].destination, b"other")
    with pytest.raises(Failure, match="other content") as caught:
        await copy_files(world.context(plan))
    assert (caught.value.reason, caught.value.keys) == (Reason.OBJECT_CONFLICT, (items[1].destination,))
    assert await world.archive.read(items[1].destination) == b"other"


async def test_an_export_passes_over_what_vanished_or_changed(world: World) -> None:
    items = await world.seed(3)
    plan = await world.plan(items)
    await world.source.delete([items[0].source])
    await world.source.write(items[1].source, b"changed")
    outcome = await copy_files(world.context(plan, verify="Checksum"))
    assert await keys_of(world.archive, "archive/org/") == [item.destination for item in items[1:]]
    assert outcome.message.endswith("2 verified (1 by SHA-256), 0 by size only; 1 changed meanwhile; 1 gone meanwhile")


async def test_a_copy_with_another_checksum_than_the_database_s_is_named(world: World) -> None:
    items = await world.seed(2)
    items[1] = replace(items[1], sha256="0" * 64)
    plan = await world.plan(items)
    with pytest.raises(Failure, match="1 objects at the destination") as caught:
        await copy_files(world.context(plan, verify="Checksum"))
    assert (caught.value.reason, caught.value.keys) == (Reason.VERIFICATION_FAILED, (items[1].destination,))


async def test_an_empty_list_is_done_at_once(world: World) -> None:
    context = world.context(await world.plan([]))
    assert (await copy_files(context)).message == "0 objects copied, 0 were there"


async def test_a_limit_slows_a_pod_down_to_its_share(world: World) -> None:
    items = [replace(item, sha256="") for item in await world.seed(3)]
    plan, start = await world.plan(items), time.monotonic()
    await copy_files(world.context(plan, maxBytesPerSecond=80, parallelism=2))
    assert time.monotonic() - start >= sum(item.size for item in items[:2]) / 40
