"""The files step: a pod's work list, from the plan to the verified copies."""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import pytest

from orgport.api.failures import Failure
from orgport.api.plan import Leg, Plan, WorkList
from orgport.api.reasons import Reason
from orgport.api.report import Counters
from orgport.api.status import OrgInfo
from orgport.api.task import Task
from orgport.stores.s3 import Bucket
from orgport.transfer.worklists import WorkItem, encode_line
from orgport.worker import files
from orgport.worker.context import Context, Progress
from orgport.worker.files import copy_files
from orgport.worker.inputs import MappingInputs
from orgport.worker.tables import WorkTable
from tests.integration.transfer.conftest import Pair
from tests.servers import ObjectStore

pytestmark = pytest.mark.integration

RUN = "archive/exports/move/run/"
SERVER_SIDE = Leg(source="storage:default", destination="location", server_side=True, conditional=True)


@dataclass
class World:
    """An installation's bucket, an archive's bucket, and the plan of an export between them."""

    minio: ObjectStore
    source: Bucket
    archive: Bucket
    leg: Leg = SERVER_SIDE

    async def seed(self, count: int) -> list[WorkItem]:
        items = []
        for number in range(count):
            key, body = f"org/{number:03} ü", f"object {number}".encode()
            etag = await self.source.write(key, body, content_type="application/wacz")
            sha256 = hashlib.sha256(body).hexdigest()
            items.append(WorkItem(0, key, f"archive/{key}", len(body), etag, sha256))
        return items

    async def plan(self, items: list[WorkItem], pods: int = 1) -> str:
        """Writes plan and work lists; the plan's SHA-256."""
        lists = []
        with closing(WorkTable()) as table:
            for item in items:
                table.add(item)
            parts = [list(part) for part in table.split(pods)]
        for number, part in enumerate(parts):
            body, key = b"".join(map(encode_line, part)), f"{RUN}work-{number}.ndjson"
            await self.archive.write(key, body)
            sha256 = hashlib.sha256(body).hexdigest()
            lists.append(WorkList(key=key, sha256=sha256, objects=len(part), bytes=sum(item.size for item in part)))
        org = OrgInfo(id="o", slug="org", name="Org")
        plan = Plan(uid="uid", org=org, legs=[self.leg], work_lists=lists, counters=Counters())
        await self.archive.write(RUN + "plan.json", plan.dump_json().encode())
        return hashlib.sha256(plan.dump_json().encode()).hexdigest()

    def context(self, plan_sha256: str, index: int = 0, **options: Any) -> Context:
        destination = {
            "bucket": self.archive.name,
            "prefix": "archive/",
            "endpoint": self.minio.endpoint,
            "credentials": {"secretRef": {"name": "archive"}},
        }
        task = Task.model_validate(
            {
                "kind": "OrgExport",
                "namespace": "n",
                "name": "move",
                "uid": "uid",
                "attempt": 1,
                "step": "files",
                "job": "job",
                "spec": {"org": {"slug": "org"}, "destination": destination, "files": options},
                "planSHA256": plan_sha256,
            }
        )
        return Context(task, self._inputs(), Progress(Reason.COPYING_FILES), index=index, waits_for_inputs=False)

    def _inputs(self) -> MappingInputs:
        keys = {"access_key": self.minio.access_key, "secret_key": self.minio.secret_key}
        url = f"{self.minio.endpoint}/{self.source.name}/"
        storage = {"name": "default", "type": "s3", "endpoint_url": url, "is_default_primary": True, **keys}
        return MappingInputs(
            {
                "archive": {"AWS_ACCESS_KEY_ID": keys["access_key"], "AWS_SECRET_ACCESS_KEY": keys["secret_key"]},
                "ops-configs": {"storages.json": json.dumps([storage])},
            }
        )


@pytest.fixture
def world(pair: Pair, minio: ObjectStore) -> World:
    return World(minio, pair.source, pair.destination)


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
    verified = "" if verify == "None" else "; 5 verified, 0 by size only"
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
    for item in items[:2]:
        await world.archive.copy(world.source, item.source, item.destination)
    context = world.context(plan)
    await copy_files(context)
    assert (context.progress.objects_done, context.progress.objects_present) == (5, 2)
    assert context.progress.bytes_done == context.progress.bytes_total


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
    assert outcome.message.endswith("2 verified, 0 by size only; 1 changed meanwhile; 1 gone meanwhile")


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
