"""The last step of an export: the JSON, what appeared meanwhile, the inventory and, when all is there, the manifest."""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass, field

from orgport.api.failures import Failure
from orgport.api.org_export import OrgRef
from orgport.api.plan import Plan
from orgport.api.reasons import Reason
from orgport.archive import layout
from orgport.archive.manifest import Claim, Unsettled, parse_manifest
from orgport.stores.mongo import Database
from orgport.worker.context import Context, StepOutcome
from orgport.worker.databases import open_installation_database
from orgport.worker.export_changes import changes, unsettled
from orgport.worker.export_claim import Archive, archive_of, result_of, still_mine
from orgport.worker.export_completing import Completing, complete
from orgport.worker.export_inventory import Inventory, take_inventory
from orgport.worker.export_missing import Settled, look_again
from orgport.worker.export_objects import sides_of
from orgport.worker.export_origin import Origin, find_origin, organization_to_write
from orgport.worker.export_records import fix_records, sections_of
from orgport.worker.export_references import References, collect
from orgport.worker.export_stream import Stream, write_stream
from orgport.worker.places import Places, open_places
from orgport.worker.plans import read_plan, remove_run_files

WRITINGS = 3
"""How often the JSON is written at most while its records keep changing."""
CONNECTIONS = 3
"""How often it is begun anew at most after the database's connection was lost."""

logger = logging.getLogger(__name__)


@dataclass
class Exporting:
    """The step under way."""

    context: Context
    places: Places
    database: Database
    archive: Archive
    claim: Claim
    plan: Plan


@dataclass
class Pass:
    """One writing of everything, and what of it did not hold still."""

    origin: Origin
    references: References
    stream: Stream | None = None
    changed: list[Unsettled] = field(default_factory=list)
    inventory: Inventory | None = None
    settled: Settled = field(default_factory=Settled)

    def close(self) -> None:
        self.references.close()
        if self.inventory is not None:
            self.inventory.close()

    @property
    def held_still(self) -> bool:
        return not self.changed and not self.settled.changed


async def export_database(context: Context) -> StepOutcome:
    """Write the JSON (with Database in the content), the inventory (with Files), and the manifest last."""
    async with open_places(context) as places:
        archive = archive_of(context, places)
        claim = await still_mine(archive, context.task.uid)
        done = await _done_before(archive, places)
        if done is not None:
            return done
        plan = await read_plan(context, places)
        async with open_installation_database(context) as database:
            return await _export(Exporting(context, places, database, archive, claim, plan))


async def _done_before(archive: Archive, places: Places) -> StepOutcome | None:
    """A pod before this one may have been killed after it had written the manifest."""
    body = await archive.read(layout.MANIFEST)
    if body is None:
        return None
    await remove_run_files(places)
    manifest = parse_manifest(body, archive.url(layout.MANIFEST))
    return StepOutcome(Reason.EXPORTED, "the archive is complete", export_result=result_of(archive, manifest, body))


async def _export(exporting: Exporting) -> StepOutcome:
    written = await _until_it_holds_still(exporting)
    try:
        completing = Completing(
            exporting.context,
            exporting.places,
            exporting.archive,
            exporting.claim,
            exporting.plan,
            written.origin,
            written.references,
            written.stream,
            written.inventory,
            written.settled,
            list(unsettled(written.changed, written.stream.running)) if written.stream else [],
        )
        manifest, body = await complete(completing)
    finally:
        written.close()
    result = result_of(exporting.archive, manifest, body)
    message = f"{result.objects} objects, {result.documents} documents at {result.location}"
    return StepOutcome(Reason.EXPORTED, message, export_result=result)


async def _until_it_holds_still(exporting: Exporting) -> Pass:
    for number in range(1, WRITINGS):
        done = await _with_connection(exporting, last=False)
        if done.held_still:
            return done
        done.close()
        exporting.context.progress.message = (
            f"records changed meanwhile; writing once more ({number + 1} of {WRITINGS})"
        )
    done = await _with_connection(exporting, last=True)
    if done.settled.changed:
        done.close()
        raise Failure(Reason.SOURCE_CHANGED, f"{done.settled.changed} records kept changing the objects that they name")
    return done


async def _with_connection(exporting: Exporting, *, last: bool) -> Pass:
    for _ in range(CONNECTIONS - 1):
        try:
            return await _pass(exporting, last)
        except Failure as failure:
            if failure.reason is not Reason.DATABASE_UNREACHABLE:
                raise
            logger.warning("%s; beginning anew", failure.message)
    return await _pass(exporting, last)


async def _pass(exporting: Exporting, last: bool) -> Pass:
    origin = await _find_again(exporting)
    done = Pass(origin, References(str(origin.id), origin.storage, exporting.places.storages))
    try:
        await _write_records(exporting, done)
        if "Files" in exporting.context.task.spec.content and (last or done.held_still):
            await _look_at_objects(exporting, done)
    except BaseException:
        done.close()
        raise
    return done


async def _write_records(exporting: Exporting, done: Pass) -> None:
    context, spec = exporting.context, exporting.context.task.export_spec
    records = await fix_records(exporting.database, done.origin.id, exporting.places.storages)
    if "Database" not in spec.content:
        await collect(records, done.origin, done.references, sections_of(spec.database))
        return
    settings = exporting.places.settings
    done.stream = await write_stream(context, exporting.archive, settings, done.origin, records, done.references)
    context.progress.message = "reading the records again: did any change meanwhile?"
    now, _ = await organization_to_write(exporting.database, await _find_again(exporting), spec.database.redact)
    done.changed = await changes(done.stream.marks, records, sections_of(spec.database), now)


async def _find_again(exporting: Exporting) -> Origin:
    return await find_origin(exporting.database, OrgRef(id=exporting.plan.org.id))


async def _look_at_objects(exporting: Exporting, done: Pass) -> None:
    context = exporting.context
    context.progress.message = "comparing both sides"
    with closing(await sides_of(exporting.places, exporting.archive, done.origin, done.references)) as sides:
        done.inventory = await take_inventory(context, sides, exporting.plan.legs)
        done.settled = await look_again(exporting.database, sides, done.inventory.missing)
