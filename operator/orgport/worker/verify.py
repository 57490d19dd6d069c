"""What `orgport verify` does with a resource: the archive that it left or read, and what an import brought."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

from orgport.api.org_import import ImportSource, OrgImportSpec
from orgport.api.places import S3Location
from orgport.api.reasons import Reason
from orgport.api.task import Task
from orgport.archive import layout
from orgport.archive.identity import spec_hash
from orgport.archive.manifest import Manifest
from orgport.worker.context import Context, Inputs, Progress
from orgport.worker.databases import open_installation_database
from orgport.worker.import_details import Source
from orgport.worker.import_source import find_source
from orgport.worker.local import parse_resource
from orgport.worker.places import Places, open_location, open_places
from orgport.worker.verify_archive import ArchiveVerification, Expected
from orgport.worker.verify_report import Check, Verification, failures_of
from orgport.worker.verify_target import TargetVerification


async def verify(
    resource: Mapping[str, Any],
    inputs: Inputs,
    *,
    checksum: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    observe: Callable[[Progress], None] = lambda _: None,
) -> Verification:
    """All checks of an OrgExport or OrgImport. Failures are of places that do not answer, or hold nothing at all."""
    task = parse_resource(resource)
    reading = reading_of(task)
    context = Context(reading, inputs, Progress(Reason.PLANNING), waits_for_inputs=False, now=now)
    observe(context.progress)
    if _is_export(task):
        expected = Expected(frozenset(pins(task, resource)), spec_hash(task.export_spec))
        return await _verify_export(context, expected, checksum)
    return await _verify_import(context, Expected(frozenset(pins(task, resource))), checksum)


def reading_of(task: Task) -> Task:
    """The import that reads what is to be verified, without waiting for it."""
    if not _is_export(task):
        source = task.import_spec.source.model_copy(update={"wait_seconds": 0})
        return task.model_copy(update={"spec": task.import_spec.model_copy(update={"source": source})})
    spec = task.export_spec
    location = {name: getattr(spec.destination, name) for name in S3Location.model_fields}
    source = ImportSource(**location, export=task.name)
    reading = OrgImportSpec(source=source, content=spec.content, files=spec.files)
    return task.model_copy(update={"kind": "OrgImport", "spec": reading})


def pins(task: Task, resource: Mapping[str, Any]) -> Iterator[str]:
    """SHA-256 that the manifest must have: an import's pin, and what the export's status says."""
    if not _is_export(task):
        if task.import_spec.source.manifest_sha256:
            yield task.import_spec.source.manifest_sha256
        return
    result = (resource.get("status") or {}).get("result") or {}
    if result.get("manifestSHA256"):
        yield str(result["manifestSHA256"])


async def _verify_export(context: Context, expected: Expected, checksum: bool) -> Verification:
    async with open_location(context) as places:
        archive = ArchiveVerification(context, places, expected, checksum)
        await archive.run()
        return Verification("OrgExport", context.task.name, _subject(context, places), archive.checks)


async def _verify_import(context: Context, expected: Expected, checksum: bool) -> Verification:
    spec = context.task.import_spec
    async with AsyncExitStack() as stack:
        places = await stack.enter_async_context(open_places(context))
        manifest, source, checks = await _source(context, places, expected, checksum)
        subject = _subject(context, places)
        if source is None:
            return Verification("OrgImport", context.task.name, subject, checks, failures_of(checks))
        database = None
        if "Database" in spec.content:
            database = await stack.enter_async_context(open_installation_database(context))
        target = TargetVerification(context, places, database, source, manifest, checksum)
        await target.run()
        checks += target.checks
        reasons = [*failures_of(checks), *kept_for(spec, manifest, target.shared)]
        return Verification("OrgImport", context.task.name, subject, checks, reasons)


async def _source(
    context: Context, places: Places, expected: Expected, checksum: bool
) -> tuple[Manifest | None, Source | None, list[Check]]:
    if context.task.import_spec.source.export is None:
        return None, await find_source(context, places), []
    archive = ArchiveVerification(context, places, expected, checksum)
    opened = await archive.run()
    return (opened.manifest, opened.source, archive.checks) if opened else (None, None, archive.checks)


def kept_for(spec: OrgImportSpec, manifest: Manifest | None, shared: int) -> Iterator[str]:
    """Why the source has to be kept although nothing is wrong."""
    for part in ("Files", "Database"):
        if part not in spec.content:
            yield f"this import was made without {part}"
    if manifest is not None and manifest.unsettled:
        first = manifest.unsettled[0]
        yield (
            f"{len(manifest.unsettled)} records were changing or running when they were exported, such as "
            f"{first.section}/{first.id}: what became of them is not in the archive"
        )
    if shared:
        yield f"{shared} objects of the target are the very objects of the source: they would be deleted with it"


def _is_export(task: Task) -> bool:
    return task.kind == "OrgExport"


def _subject(context: Context, places: Places) -> str:
    source = context.task.import_spec.source
    part = layout.folder(source.export) if source.export is not None else source.database
    return places.location.url(f"{places.location_prefix}{part}")
