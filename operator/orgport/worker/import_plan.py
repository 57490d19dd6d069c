"""The plan step of an import: everything that can go wrong is found here, before anything is written to the target."""

from __future__ import annotations

from orgport.api.reasons import Reason
from orgport.api.report import PlanSummary
from orgport.api.status import ImportResult
from orgport.stores.receipts import Receipts
from orgport.worker.context import Context, StepOutcome
from orgport.worker.databases import open_installation_database
from orgport.worker.import_conflicts import Conflict, as_failure
from orgport.worker.import_preflight import Preflight, preflight_of
from orgport.worker.import_reports import write_failures, write_report
from orgport.worker.import_source import find_source
from orgport.worker.import_target import is_imported
from orgport.worker.import_worklists import write_plan
from orgport.worker.places import open_places


async def plan_import(context: Context) -> StepOutcome:
    """Read the archive through, look at the target, write plan and work lists; the receipt is taken last."""
    async with open_places(context) as places:
        source = await find_source(context, places)
        if "Database" not in context.task.spec.content:
            return await _plan(preflight_of(context, places, None, source))
        async with open_installation_database(context) as database:
            return await _plan(preflight_of(context, places, database, source))


async def _plan(preflight: Preflight) -> StepOutcome:
    await preflight.begin()
    done = await _already_imported(preflight)
    if done is not None:
        return done
    conflicts = await preflight.conflicts()
    return await _refuse(preflight, conflicts) if conflicts else await _conclude(preflight)


async def _already_imported(preflight: Preflight) -> StepOutcome | None:
    """The outcome of the run that imported this source, if the organization is still there."""
    database, receipt, source = preflight.database, preflight.receipt, preflight.source
    if database is None or receipt is None or source.sha256 is None:
        return None
    if not await is_imported(database, receipt, source.sha256):
        return None
    ended = receipt.document.get("completionTime")
    return StepOutcome(
        Reason.ALREADY_IMPORTED,
        f"run {receipt.run} imported organization {receipt.organization} from this export at {ended}",
        plan=PlanSummary(org=preflight.org, already_done=True),
        import_result=ImportResult.model_validate(receipt.result) if receipt.result else None,
    )


async def _refuse(preflight: Preflight, conflicts: list[Conflict]) -> StepOutcome:
    context, places = preflight.context, preflight.places
    failure = as_failure(conflicts)
    rows = [{"reason": each.reason, "message": each.message, "keys": len(each.keys)} for each in conflicts]
    await write_report(context, places, {"stage": failure.reason, "conflicts": rows, **preflight.facts()})
    if not context.task.spec.dry_run:
        await write_failures(context, places, conflicts)
    raise failure


async def _conclude(preflight: Preflight) -> StepOutcome:
    context, places = preflight.context, preflight.places
    counters, message = preflight.counters, preflight.summary()
    stage = Reason.PLANNED if context.task.spec.dry_run else Reason.PLANNING
    url = await write_report(context, places, {"stage": stage, **preflight.facts()})
    summary = PlanSummary(org=preflight.org, counters=counters)
    if context.task.spec.dry_run:
        return StepOutcome(stage, message, plan=summary, import_result=preflight.result(url))
    sha256 = await write_plan(
        context, places, preflight.org, preflight.comparison, counters, preflight.missing, preflight.details()
    )
    if preflight.database is not None:
        await context.fence.may_write()
        await Receipts(preflight.database).take(preflight.claim)
    result = preflight.result(url) if preflight.database is None else None
    plan = summary.model_copy(update={"plan_sha256": sha256})
    return StepOutcome(stage, message, plan=plan, import_result=result)
