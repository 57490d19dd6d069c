"""Legs, work lists and plan.json: how the later steps of an import learn what to do."""

from __future__ import annotations

import hashlib

from orgport.api.plan import Leg, Plan, WorkList
from orgport.api.report import Counters
from orgport.api.status import OrgInfo
from orgport.browsertrix.storages import find
from orgport.stores.s3 import Listed
from orgport.transfer.inventory import Entry
from orgport.transfer.probe import probe
from orgport.transfer.worklists import encode, split
from orgport.worker.context import Context
from orgport.worker.import_details import PLAN, ImportDetails
from orgport.worker.import_objects import Comparison, leg_ends
from orgport.worker.import_reports import JSON, LINES
from orgport.worker.places import Places


async def write_plan(
    context: Context,
    places: Places,
    org: OrgInfo,
    comparison: Comparison | None,
    counters: Counters,
    missing: list[str],
    details: ImportDetails,
) -> str:
    """Probe the legs, write the work lists and the plan; the plan's SHA-256."""
    legs, lists = [], []
    if comparison is not None:
        for number, name in enumerate(comparison.storages):
            legs.append(await _leg(context, places, name, comparison.samples.get(number)))
        lists = await _write_lists(context, places, comparison)
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
    for number, items in enumerate(split(comparison.items, context.task.spec.files.parallelism)):
        key = f"{places.run_prefix}work-{number}.ndjson"
        body = encode(items)
        await context.fence.may_write()
        await bucket.write(key, body, content_type=LINES)
        size = sum(item.size for item in items)
        written.append(WorkList(key=key, sha256=hashlib.sha256(body).hexdigest(), objects=len(items), bytes=size))
    return written
