"""The plan and its work lists in the run's own folder: written by the plan step, read by the later ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from orgport.api.failures import Failure
from orgport.api.plan import Leg, Plan, WorkList
from orgport.api.reasons import Reason
from orgport.archive.layout import JSON_TYPE, LINES_TYPE
from orgport.stores.s3 import Listed
from orgport.transfer.probe import probe
from orgport.transfer.worklists import WorkItem, encode_line
from orgport.worker.context import Context
from orgport.worker.places import Places
from orgport.worker.tables import WorkTable
from orgport.worker.uploads import give_up_uploads

PLAN, WORK = "plan.json", "work-"
BATCH = 200
"""Lines between two looks at the fence."""


async def read_plan(context: Context, places: Places) -> Plan:
    """The plan, if it is the one that the plan step reported. EXPORT_CORRUPT if it is not."""
    bucket, key = await places.run(), places.run_prefix + PLAN
    data = await bucket.read(key)
    if data is None:
        raise Failure(Reason.EXPORT_INCOMPLETE, f"the plan {bucket.url(key)} is gone")
    if hashlib.sha256(data).hexdigest() != context.task.plan_sha256:
        raise Failure(Reason.EXPORT_CORRUPT, f"the plan {bucket.url(key)} is not the one that the plan step wrote")
    return Plan.model_validate_json(data)


async def write_plan(context: Context, places: Places, plan: Plan) -> str:
    """Write the plan, whose work lists are there; its SHA-256."""
    body = plan.dump_json().encode()
    await context.fence.may_write()
    await (await places.run()).write(places.run_prefix + PLAN, body, content_type=JSON_TYPE)
    return hashlib.sha256(body).hexdigest()


async def write_work_lists(context: Context, places: Places, items: WorkTable) -> list[WorkList]:
    """Deal the items to the pods of the files step; no lists where no files are moved."""
    spec = context.task.spec
    if "Files" not in spec.content:
        return []
    parts = enumerate(items.split(spec.files.parallelism))
    return [await _write_work_list(context, places, number, part) for number, part in parts]


async def _write_work_list(context: Context, places: Places, number: int, items: Iterable[WorkItem]) -> WorkList:
    key = f"{places.run_prefix}{WORK}{number}.ndjson"
    bucket, digest, objects, size = await places.run(), hashlib.sha256(), 0, 0
    await context.fence.may_write()
    async with bucket.writer(key, content_type=LINES_TYPE) as writer:
        for item in items:
            line = encode_line(item)
            digest.update(line)
            await writer.write(line)
            objects, size = objects + 1, size + item.size
            if objects % BATCH == 0:
                await context.fence.may_write()
    return WorkList(key=key, sha256=digest.hexdigest(), objects=objects, bytes=size)


async def remove_run_files(places: Places, *stay: str) -> None:
    """Remove the plan, the work lists and what else is in the run's folder, but for those names: the run is done.

    What its pods left unfinished is given up first, for the journals go too.
    """
    await give_up_uploads(places)
    bucket, kept = await places.run(), {places.run_prefix + name for name in stay}
    await bucket.delete([listed.key async for listed in bucket.list(places.run_prefix) if listed.key not in kept])


def untried_leg(source: str, destination: str) -> Leg:
    """A leg of which nothing is expected."""
    return Leg(source=source, destination=destination, server_side=False, conditional=False)


async def tried_leg(places: Places, source: str, destination: str, sample: Listed, scratch: str) -> Leg:
    """A leg, as tried with an object of the source, below the scratch prefix of the destination."""
    able = await probe(await places.bucket(source), await places.bucket(destination), sample, scratch)
    return Leg(
        source=source,
        destination=destination,
        server_side=able.server_side,
        conditional=able.conditional,
        conditional_copy=able.conditional_copy,
        opaque=able.opaque,
    )
