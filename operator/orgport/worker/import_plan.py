"""The plan step of an import: everything that can go wrong is found here, before anything is written to the target."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.api.report import PlanSummary
from orgport.api.status import ImportResult, OrgInfo
from orgport.stores.mongo import Database
from orgport.stores.receipt_model import Receipt
from orgport.stores.receipts import Receipts
from orgport.worker.context import Context, StepOutcome
from orgport.worker.databases import open_installation_database
from orgport.worker.import_conflicts import Conflict, as_failure
from orgport.worker.import_preflight import Preflight, preflight_of
from orgport.worker.import_reports import remove_plan, write_failures, write_report
from orgport.worker.import_source import find_source, is_there, origin_of
from orgport.worker.import_target import is_imported, organization_is_there
from orgport.worker.import_worklists import write_plan
from orgport.worker.places import Places, open_places
from orgport.worker.rollback import undo_earlier


async def plan_import(context: Context) -> StepOutcome:
    """Read the archive through, look at the target, write plan and work lists; the receipt is taken last."""
    async with open_places(context) as places:
        if "Database" not in context.task.spec.content:
            return await _plan_with(context, places, None)
        async with open_installation_database(context) as database, _leaving_nothing(context, database):
            if not await is_there(context, places):
                # An archive may be gone when the run that imported it is applied once more.
                receipt = await Receipts(database).completed_from(origin_of(context, places))
                if receipt is not None and await organization_is_there(database, receipt.organization):
                    return _already_imported(receipt, None)
            return await _plan_with(context, places, database)


async def _plan_with(context: Context, places: Places, database: Database | None) -> StepOutcome:
    with closing(preflight_of(context, places, database, await find_source(context, places))) as preflight:
        return await _plan(preflight)


async def _plan(preflight: Preflight) -> StepOutcome:
    await preflight.begin()
    await _settle(preflight)
    database, receipt, sha256 = preflight.database, preflight.receipt, preflight.source.sha256
    if database is not None and receipt is not None and await is_imported(database, receipt, str(sha256)):
        if receipt.holder == preflight.context.task.uid:
            # It was stopped before it had tidied up.
            await remove_plan(preflight.places)
        return _already_imported(receipt, preflight.org)
    conflicts = await preflight.conflicts()
    return await _refuse(preflight, conflicts) if conflicts else await _conclude(preflight)


async def _take_receipt(preflight: Preflight, database: Database) -> None:
    """From now on nobody else imports the organization; if another run was faster, this one's plan goes."""
    await preflight.context.fence.may_write()
    try:
        await Receipts(database).take(preflight.claim)
    except Failure as failure:
        if failure.is_final:
            await remove_plan(preflight.places)
        raise


@asynccontextmanager
async def _leaving_nothing(context: Context, database: Database) -> AsyncIterator[None]:
    """A run that cannot be taken up again leaves no more than one that fails later on."""
    try:
        yield
    except Failure as failure:
        spec = context.task.import_spec
        if spec.dry_run or spec.on_failure != "Rollback" or not failure.is_final:
            raise
        said = await _undone(context, database)
        message = f"{failure.message}; {said}" if said else failure.message
        raise Failure(failure.reason, message, suggestion=failure.suggestion, keys=failure.keys) from None


async def _undone(context: Context, database: Database) -> str:
    try:
        return await undo_earlier(context, database)
    except Failure as failure:
        if not failure.is_final:
            raise
        return f"what an earlier attempt left is still there: {failure.message}"


def _already_imported(receipt: Receipt, org: OrgInfo | None) -> StepOutcome:
    """The outcome of the run that imported this source."""
    ended = receipt.document.get("completionTime")
    return StepOutcome(
        Reason.ALREADY_IMPORTED,
        f"run {receipt.run} imported organization {receipt.organization} from this export at {ended}",
        plan=PlanSummary(org=org, already_done=True),
        import_result=ImportResult.model_validate(receipt.result) if receipt.result else None,
    )


async def _settle(preflight: Preflight) -> None:
    """Wait until it is known whether another process of this run, whose receipt is fresh, is at it."""
    if preflight.database is not None and preflight.receipt is not None:
        receipts = Receipts(preflight.database)
        preflight.context.progress.message = "looking for another process of this run"
        await receipts.settle(preflight.claim)
        preflight.receipt = await receipts.of(preflight.receipt.organization)


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
        await _take_receipt(preflight, preflight.database)
    result = preflight.result(url) if preflight.database is None else None
    plan = summary.model_copy(update={"plan_sha256": sha256})
    return StepOutcome(stage, message, plan=plan, import_result=result)
