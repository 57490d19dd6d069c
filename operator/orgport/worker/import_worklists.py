"""Legs, work lists and plan.json: how the later steps of an import learn what to do."""

from __future__ import annotations

from orgport.api.plan import Leg, Plan
from orgport.api.report import Counters
from orgport.api.status import OrgInfo
from orgport.browsertrix.storages import find
from orgport.stores.s3 import Listed
from orgport.transfer.inventory import Entry
from orgport.worker import plans
from orgport.worker.context import Context
from orgport.worker.import_details import ImportDetails
from orgport.worker.import_objects import Comparison, leg_ends
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
    plan = Plan(
        uid=context.task.uid,
        org=org,
        legs=legs,
        work_lists=await plans.write_work_lists(context, places, comparison.items),
        counters=counters,
        missing=missing,
        details=details.dump(),
    )
    return await plans.write_plan(context, places, plan)


async def _leg(context: Context, places: Places, storage: str, sample: Entry | None) -> Leg:
    source, destination = leg_ends(storage)
    if sample is None:
        return plans.untried_leg(source, destination)
    listed = Listed(sample.at, sample.size, sample.etag)
    scratch = f"{find(places.storages, storage).prefix}orgport/imports/{context.task.uid}/probe/"
    await context.fence.may_write()
    return await plans.tried_leg(places, source, destination, listed, scratch)
