"""Legs, work lists and plan.json: how the later steps of an import learn what to do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from orgport.api.plan import Leg, Plan, WorkList
from orgport.api.report import Counters
from orgport.api.status import OrgInfo
from orgport.browsertrix.storages import find
from orgport.stores.s3 import Bucket, Listed
from orgport.transfer.inventory import Entry
from orgport.transfer.probe import probe
from orgport.transfer.worklists import WorkItem, encode_line
from orgport.worker.context import Context
from orgport.worker.import_details import PLAN, ImportDetails
from orgport.worker.import_objects import Comparison, leg_ends
from orgport.worker.import_reports import JSON, LINES
from orgport.worker.places import Places


async def write_plan(
    context: Context,
    places: Places,
    org: OrgInfo,
    comparison: Comparison,
    counters: Counters,
    missing: list[str],
    details: ImportDetails,
) -> str:
    """Probe the legs, write the work lists and the plan; the plan's SHA-256."""
    samples = ((name, comparison.samples.get(number)) for number, name in enumerate(comparison.storages))
    legs = [await _leg(context, places, name, sample) for name, sample in samples]
    lists = await _write_lists(context, places, comparison) if "Files" in context.task.spec.content else []
    plan = Plan(
        uid=context.task.uid,
        org=org,
        legs=legs,
        work_lists=lists,
        counters=counters,
        missing=missing,
        details=details.dump(),
    )
    body = plan.dump_json().encode()
    await context.fence.may_write()
    await (await places.run()).write(places.run_prefix + PLAN, body, content_type=JSON)
    return hashlib.sha256(body).hexdigest()


async def _leg(context: Context, places: Places, storage: str, sample: Entry | None) -> Leg:
    source, destination = leg_ends(storage)
    if sample is None:
        return Leg(source=source, destination=destination, server_side=False, conditional=False)
    prefix = find(places.storages, storage).prefix
    listed = Listed(sample.at, sample.size, sample.etag)
    scratch = f"{prefix}orgport/imports/{context.task.uid}/probe/"
    await context.fence.may_write()
    able = await probe(places.location, await places.storage(storage), listed, scratch)
    return Leg(
        source=source,
        destination=destination,
        server_side=able.server_side,
        conditional=able.conditional,
        conditional_copy=able.conditional_copy,
    )


async def _write_lists(context: Context, places: Places, comparison: Comparison) -> list[WorkList]:
    bucket, written = await places.run(), []
    for number, items in enumerate(comparison.items.split(context.task.spec.files.parallelism)):
        await context.fence.may_write()
        written.append(await _write_list(bucket, f"{places.run_prefix}work-{number}.ndjson", items))
    return written


async def _write_list(bucket: Bucket, key: str, items: Iterable[WorkItem]) -> WorkList:
    digest, objects, size = hashlib.sha256(), 0, 0
    async with bucket.writer(key, content_type=LINES) as writer:
        for item in items:
            line = encode_line(item)
            digest.update(line)
            objects, size = objects + 1, size + item.size
            await writer.write(line)
    return WorkList(key=key, sha256=digest.hexdigest(), objects=objects, bytes=size)
