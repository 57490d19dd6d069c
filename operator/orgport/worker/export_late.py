"""Objects that appeared at the source after the plan was made."""

from __future__ import annotations

from orgport.api.plan import Leg
from orgport.transfer.copying import copy_all
from orgport.transfer.pace import pace_of
from orgport.worker.context import Context
from orgport.worker.export_survey import Survey
from orgport.worker.places import LOCATION, Places
from orgport.worker.plans import untried_leg
from orgport.worker.uploads import open_journal


async def copy_late(context: Context, places: Places, survey: Survey, legs: list[Leg]) -> None:
    """Copy the survey's items. What vanished or changed meanwhile is left to the next listing."""
    planned = {leg.source: leg for leg in legs}
    refs = list(survey.samples)
    used = [planned.get(ref) or untried_leg(ref, LOCATION) for ref in refs]
    buckets = [await places.bucket(ref) for ref in refs]
    files = context.task.spec.files
    await copy_all(
        lambda leg: buckets[leg],
        lambda leg: places.location,
        survey.items,
        used,
        concurrency=files.concurrency,
        on_object=lambda *_: None,
        on_bytes=lambda _: None,
        fence=context.fence,
        pace=pace_of(files.max_bytes_per_second, files.max_requests_per_second, 1),
        journal=await open_journal(context, places, "late"),
    )
