"""Objects on a way on which everything goes wrong now and then: they arrive exactly, or the run says why not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from orgport.api.plan import Leg
from orgport.stores.s3 import Bucket
from orgport.stores.s3_model import MIB
from orgport.transfer.worklists import WorkItem
from orgport.worker.files import copy_files
from tests.integration.transfer.conftest import Pair
from tests.integration.transfer.copies import HEADERS, upload
from tests.integration.transfer.faults import (
    Budget,
    Draw,
    Way,
    everything,
    throttled,
    way_to,
)
from tests.integration.transfer.world import SERVER_SIDE, STREAMED, World
from tests.servers import ObjectStore

pytestmark = pytest.mark.integration

LEGS = [SERVER_SIDE, STREAMED]
LARGE = 4
"""Objects in three parts."""


@pytest.fixture
async def way(minio: ObjectStore) -> AsyncIterator[Way]:
    async with way_to(minio.endpoint) as way:
        yield way


async def seeded(bucket: Bucket, count: int) -> list[WorkItem]:
    """So many objects, some of them in parts, and what is to become of them."""

    async def put(number: int) -> None:
        body = f"object {number} ".encode() * (number % 700 + 1)
        await bucket.put(f"org/{number:05} ü", body, len(body), HEADERS, if_absent=False)

    for start in range(0, count - LARGE, 50):
        await asyncio.gather(*(put(number) for number in range(start, min(start + 50, count - LARGE))))
    for number in range(LARGE):
        await upload(bucket, f"org/large-{number}", 5 * MIB, 5 * MIB, number + 1)
    return [WorkItem(0, each.key, f"archive/{each.key}", each.size, each.etag) async for each in bucket.list("org/")]


async def arrive_exactly(pair: Pair, way: Way, leg: Leg, draw: Draw, count: int) -> None:
    """Copy on the way; then look, without it, that everything is there."""
    items = await seeded(pair.source, count)
    world = World(way.endpoint, pair.source, pair.destination, leg)
    plan = await world.plan(items)
    way.draw = draw
    context = world.context(plan, concurrency=32)
    outcome = await copy_files(context)
    way.draw = lambda request: None
    assert outcome.message.endswith(f"; {count} verified, 0 by size only")
    assert context.progress.objects_done == count
    assert await facts(pair.destination, "archive/") == await facts(pair.source)


async def facts(bucket: Bucket, prefix: str = "") -> dict[str, tuple[int, str, dict[str, str]]]:
    """By key below the prefix: size, ETag and, of every tenth, all that belongs to the object."""
    found: dict[str, tuple[int, str, Any]] = {}
    async for each in bucket.list(f"{prefix}org/"):
        head = await bucket.head(each.key) if len(found) % 10 == 0 else None
        belongs = head.stored(await bucket.tags(each.key)) if head is not None else {}
        found[each.key.removeprefix(prefix)] = each.size, each.etag, belongs
    return found


@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_a_thousand_objects_arrive_on_a_faulty_way(pair: Pair, way: Way, leg: Leg) -> None:
    await arrive_exactly(pair, way, leg, everything(1, 1.0), 1000 if leg.server_side else 200)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_five_thousand_objects_arrive_on_a_very_slow_faulty_way(
    pair: Pair, way: Way, leg: Leg, seed: int
) -> None:
    await arrive_exactly(pair, way, leg, everything(seed, 10.0), 5000)


@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_a_store_that_throttles_is_settled_with(pair: Pair, way: Way, leg: Leg) -> None:
    budget = Budget(50.0)
    await arrive_exactly(pair, way, leg, throttled(budget), 250)
    assert budget.refused > 0
    assert budget.refused < budget.served
