"""The plan step on listings of so many keys: its totals are exact, and its memory does not grow with them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from orgport.stores.s3_model import MIB
from orgport.transfer.worklists import OBJECT_COST
from orgport.worker.local import parse_resource
from tests.integration.export.running import Exports
from tests.integration.transfer.pod import Said, said_by, start_pod
from tests.organizations import Installation, Organization, Store, generate
from tests.organizations.databases import Mongo
from tests.organizations.installation import StorageAt
from tests.servers import DocumentStore, stub

pytestmark = pytest.mark.integration

PODS = 3
ONLY_THERE, ONLY_HERE = (0, 1), (8, 9)
"""Last digits of the numbers that the source lacks, and that the destination lacks."""


@dataclass(frozen=True)
class Planned:
    """What a plan step said, and the work lists that it wrote."""

    said: Said
    work_lists: list[dict[str, Any]]


async def plan(folder: Path, ferretdb: DocumentStore, org: Organization, count: int) -> Planned:
    """Plan an export of as many numbers, four fifths of them on each side."""
    buckets = {
        "source": {"prefix": f"{org.id}/", "end": count, "leftOut": ONLY_THERE},
        "archive": {"prefix": f"acme/{org.id}/", "end": count, "leftOut": ONLY_HERE},
    }
    with stub(folder, buckets) as store:
        at, mongo = (
            Store(store.endpoint, store.access_key, store.secret_key),
            Mongo(ferretdb.uri, f"plan-{uuid4().hex}"),
        )
        storages = (StorageAt("default", "source", is_primary=True),)
        exports = Exports(Installation(at, mongo, storages, "archive"))
        exports.installation.prepare()
        mongo.insert(org.documents)
        task = parse_resource(exports.resource(org, files={"missing": "Report", "parallelism": PODS}))
        said = await said_by(await start_pod(task, exports.installation.inputs()))
        written = await asyncio.to_thread(exports.read_json, "run/plan.json")
        return Planned(said, written["workLists"])


def check_exact(planned: Planned, count: int) -> None:
    sizes = [number % 1_000_000 for number in range(count) if number % 10 in ONLY_HERE]
    assert planned.said.counters["objects_total"] == len(sizes)
    assert planned.said.counters["objects_present"] == count * 6 // 10
    assert planned.said.counters["bytes_total"] == sum(sizes)
    objects, volumes = ([each[what] for each in planned.work_lists] for what in ("objects", "bytes"))
    assert (len(objects), sum(objects), sum(volumes)) == (PODS, len(sizes), sum(sizes))
    loads = [volume + number * OBJECT_COST for number, volume in zip(objects, volumes, strict=True)]
    assert max(loads) - min(loads) <= max(sizes) + OBJECT_COST


async def check_memory(folder: Path, ferretdb: DocumentStore, few: int, many: int, noise: int) -> None:
    """Planning many keys takes hardly more memory than planning few."""
    org = generate(seed=7, items=1, pages=1, objects=1, neighbour=False)
    peaks = []
    for count in (few, many):
        planned = await plan(folder / str(count), ferretdb, org, count)
        check_exact(planned, count)
        peaks.append(planned.said.peak)
    million_keys = (many - few) * 8 / 10 / 1e6
    assert peaks[1] - peaks[0] <= million_keys * MIB + noise


async def test_a_plan_is_exact_and_takes_no_more_memory_for_more_keys(tmp_path: Path, ferretdb: DocumentStore) -> None:
    await check_memory(tmp_path, ferretdb, 100_000, 250_000, 4 * MIB)


@pytest.mark.soak
async def test_two_million_keys_on_each_side_are_planned_in_the_memory_of_few(
    tmp_path: Path, ferretdb: DocumentStore
) -> None:
    await check_memory(tmp_path, ferretdb, 250_000, 2_500_000, 0)
