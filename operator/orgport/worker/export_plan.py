"""The plan step of an export: everything that can go wrong is found here, before anything is copied."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field

from orgport import __version__
from orgport.api.failures import Failure
from orgport.api.plan import Leg, Plan
from orgport.api.reasons import Reason
from orgport.api.report import Counters, PlanSummary
from orgport.archive import layout
from orgport.archive.manifest import Claim
from orgport.archive.report import FOREIGN_SHOWN, ExportReport
from orgport.browsertrix.storages import find
from orgport.stores.mongo import Database
from orgport.worker.context import Context, StepOutcome
from orgport.worker.databases import open_installation_database
from orgport.worker.export_claim import (
    Archive,
    age,
    archive_of,
    finished_manifest,
    look,
    own_claim,
    result_of,
    take,
)
from orgport.worker.export_destination import check_apart
from orgport.worker.export_missing import Settled, look_again
from orgport.worker.export_objects import sides_of
from orgport.worker.export_origin import Origin, find_origin
from orgport.worker.export_records import Records, fix_records, sections_of
from orgport.worker.export_references import References, collect
from orgport.worker.export_survey import Survey, legs_of, survey
from orgport.worker.places import Places, open_places
from orgport.worker.plans import write_plan, write_work_lists


@dataclass
class Planning:
    """The plan step under way."""

    context: Context
    places: Places
    database: Database
    archive: Archive
    origin: Origin
    references: References
    counts: dict[str, int] = field(default_factory=dict)
    survey: Survey = field(default_factory=Survey)
    settled: Settled = field(default_factory=Settled)
    legs: list[Leg] = field(default_factory=list)

    @property
    def counters(self) -> Counters:
        return Counters(
            objects_total=self.survey.items.count,
            objects_present=self.survey.present,
            bytes_total=self.survey.items.bytes,
            documents_total=sum(self.counts.values()),
        )


async def plan_export(context: Context) -> StepOutcome:
    """Claim the archive's name, look at everything, and write the plan and its work lists."""
    spec = context.task.export_spec
    async with open_places(context) as places, open_installation_database(context) as database:
        archive = archive_of(context, places)
        origin = await find_origin(database, spec.org)
        check_apart(archive, [(origin.storage, find(places.storages, origin.storage))], str(origin.id))
        claim = own_claim(context, origin)
        finished = await finished_manifest(archive, claim, spec)
        if finished is not None:
            manifest, body = finished
            return StepOutcome(
                Reason.ALREADY_EXPORTED,
                f"{archive.url('')} is complete and {age(manifest, context.now())}; "
                "another metadata.name makes a new one",
                plan=PlanSummary(org=origin.info, already_done=True),
                export_result=result_of(archive, manifest, body),
            )
        await _claim(context, archive, claim)
        references = References(str(origin.id), origin.storage, places.storages)
        planning = Planning(context, places, database, archive, origin, references)
        with closing(references), closing(planning.survey.items):
            await _look(planning)
            return await _conclude(planning)


async def _claim(context: Context, archive: Archive, claim: Claim) -> None:
    if context.task.spec.dry_run:
        await look(archive, claim)
    else:
        await context.fence.may_write()
        await take(archive, claim)


async def _look(planning: Planning) -> None:
    context, origin = planning.context, planning.origin
    spec = context.task.export_spec
    context.progress.message = "reading the organization's records"
    records = await fix_records(planning.database, origin.id, planning.places.storages)
    sections = sections_of(spec.database)
    await collect(records, origin, planning.references, sections)
    if "Database" in spec.content:
        planning.counts = {section.name: await records.count(section) for section in sections}
    if "Files" in spec.content:
        await _look_at_objects(planning, records)
    _show(planning)


async def _look_at_objects(planning: Planning, records: Records) -> None:
    context, places = planning.context, planning.places
    context.progress.message = "listing both sides"
    with closing(await sides_of(places, planning.archive, planning.origin, planning.references)) as sides:
        check_apart(planning.archive, sides.storages(), sides.org_id)
        await survey(sides, planning.survey)
        planning.settled = await look_again(records.database, sides, planning.survey.missing)
        await context.fence.may_write()
        planning.legs = await legs_of(sides, planning.survey, may_write=not context.task.spec.dry_run)


def _show(planning: Planning) -> None:
    counters, progress = planning.counters, planning.context.progress
    progress.objects_total, progress.objects_present = counters.objects_total, counters.objects_present
    progress.bytes_total, progress.documents_total = counters.bytes_total, counters.documents_total


async def _conclude(planning: Planning) -> StepOutcome:
    context, spec = planning.context, planning.context.task.export_spec
    refused = _refusal(planning)
    await context.fence.may_write()
    await _write_report(planning, refused)
    if refused is not None:
        raise refused
    summary = PlanSummary(org=planning.origin.info, counters=planning.counters)
    if spec.dry_run:
        return StepOutcome(Reason.PLANNED, _message(planning), plan=summary)
    sha256 = await _write_plan(planning)
    return StepOutcome(Reason.PLANNING, _message(planning), plan=summary.model_copy(update={"plan_sha256": sha256}))


def _refusal(planning: Planning) -> Failure | None:
    if planning.context.task.spec.files.missing == "Report":
        return None
    try:
        planning.settled.refuse()
    except Failure as failure:
        return failure
    return None


async def _write_report(planning: Planning, refused: Failure | None) -> None:
    references, settled = planning.references, planning.settled
    report = ExportReport(
        orgport=__version__,
        stage=str(refused.reason if refused else Reason.PLANNED),
        time=planning.context.now(),
        org=planning.origin.info,
        counters=planning.counters,
        documents=planning.counts,
        missing=len(settled.missing),
        foreign=sorted(references.foreign)[:FOREIGN_SHOWN],
        foreign_count=len(references.foreign),
        unreferenced=planning.survey.unreferenced,
    )
    await planning.archive.write_json(layout.REPORT, report.dump())
    if settled.missing and not planning.context.task.spec.dry_run:
        await planning.archive.write_lines(layout.FAILURES, settled.missing)


async def _write_plan(planning: Planning) -> str:
    context, places = planning.context, planning.places
    plan = Plan(
        uid=context.task.uid,
        org=planning.origin.info,
        legs=planning.legs,
        work_lists=await write_work_lists(context, places, planning.survey.items),
        counters=planning.counters,
        missing=planning.settled.keys,
    )
    return await write_plan(context, places, plan)


def _message(planning: Planning) -> str:
    counters, missing = planning.counters, len(planning.settled.missing)
    text = (
        f"{counters.objects_total} objects ({counters.bytes_total} bytes) to copy, {counters.objects_present} there "
        f"already, {counters.documents_total} documents"
    )
    return f"{text}, {missing} objects missing" if missing else text
