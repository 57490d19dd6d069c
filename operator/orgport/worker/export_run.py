"""The run's own folder of an export: the plan that the later steps read, and its end."""

from __future__ import annotations

from orgport.api.plan import Plan
from orgport.worker.context import Context
from orgport.worker.files import read_plan
from orgport.worker.places import Places

PLAN = "plan.json"


async def planned(context: Context, places: Places) -> Plan:
    """The plan that the plan step made; EXPORT_CORRUPT if what lies there is another."""
    return await read_plan(await places.run(), places.run_prefix + PLAN, context.task.plan_sha256)


async def remove_run_files(places: Places) -> None:
    """Remove the plan and the work lists: the run is done."""
    run = await places.run()
    await run.delete([item.key async for item in run.list(places.run_prefix)])
