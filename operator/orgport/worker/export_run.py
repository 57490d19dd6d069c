"""The run's own folder of an export: the plan that the later steps read, and its end."""

from __future__ import annotations

import hashlib

from pydantic import ValidationError

from orgport.api.failures import Failure
from orgport.api.plan import Plan
from orgport.api.reasons import Reason
from orgport.worker.context import Context
from orgport.worker.places import Places

PLAN = "plan.json"
AGAIN = "raise spec.attempt to plan anew"


async def read_plan(context: Context, places: Places) -> Plan:
    """The plan that the plan step made; EXPORT_CORRUPT if what lies there is another."""
    bucket, key = await places.run(), places.run_prefix + PLAN
    data = await bucket.read(key)
    if data is None:
        raise Failure(Reason.EXPORT_CORRUPT, f"{bucket.url(key)} is gone", suggestion=AGAIN)
    if hashlib.sha256(data).hexdigest() != context.task.plan_sha256:
        raise Failure(Reason.EXPORT_CORRUPT, f"{bucket.url(key)} is not what the plan step wrote", suggestion=AGAIN)
    try:
        return Plan.model_validate_json(data)
    except ValidationError:
        raise Failure(Reason.EXPORT_CORRUPT, f"{bucket.url(key)} is no plan", suggestion=AGAIN) from None


async def remove_run_files(places: Places) -> None:
    """Remove the plan and the work lists: the run is done."""
    run = await places.run()
    await run.delete([item.key async for item in run.list(places.run_prefix)])
