"""The end of an export: verification, inventory, report and, last of all, the manifest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from orgport import __version__
from orgport.api.failures import Failure
from orgport.api.plan import Plan
from orgport.api.reasons import Reason
from orgport.archive import layout
from orgport.archive.inventory import decode_line
from orgport.archive.manifest import (
    Claim,
    Manifest,
    ManifestDatabase,
    ManifestInventory,
    ManifestObjects,
    ManifestOrg,
    ManifestSource,
    ManifestUnreferenced,
    Unsettled,
)
from orgport.archive.report import FOREIGN_SHOWN, ExportReport
from orgport.worker.context import Context
from orgport.worker.export_claim import Archive, still_mine
from orgport.worker.export_inventory import Inventory
from orgport.worker.export_missing import Settled
from orgport.worker.export_origin import Origin
from orgport.worker.export_references import References
from orgport.worker.export_stream import Stream
from orgport.worker.export_verifying import verify_checksums
from orgport.worker.places import Places
from orgport.worker.plans import remove_run_files

VERIFIED = {"None": "none", "Listing": "listing", "Checksum": "checksum"}


@dataclass
class Completing:
    """All that the archive's small files tell."""

    context: Context
    places: Places
    archive: Archive
    claim: Claim
    plan: Plan
    origin: Origin
    references: References
    stream: Stream | None
    inventory: Inventory | None
    settled: Settled
    unsettled: list[Unsettled]

    @property
    def unreferenced(self) -> ManifestUnreferenced:
        inventory = self.inventory
        if inventory is None:
            return ManifestUnreferenced()
        return ManifestUnreferenced(count=inventory.unreferenced_count, size=inventory.unreferenced_bytes)


async def complete(completing: Completing) -> tuple[Manifest, bytes]:
    """Write inventory, report and manifest, in this order; the manifest with its bytes."""
    context, archive = completing.context, completing.archive
    await _refuse_missing(completing)
    await _verify(completing)
    inventory = await _write_inventory(completing)
    await still_mine(archive, context.task.uid)
    await write_report(completing, Reason.EXPORTED)
    manifest = _manifest(completing, inventory)
    body = manifest.dump_json().encode()
    await context.fence.may_write()
    await archive.bucket.write(archive.key(layout.MANIFEST), body, content_type=layout.JSON_TYPE)
    await remove_run_files(completing.places)
    return manifest, body


async def _refuse_missing(completing: Completing) -> None:
    if completing.context.task.spec.files.missing == "Report":
        return
    try:
        completing.settled.refuse()
    except Failure as failure:
        await write_report(completing, failure.reason)
        raise


async def _verify(completing: Completing) -> None:
    if completing.context.task.spec.files.verify == "Checksum" and completing.inventory is not None:
        await verify_checksums(
            completing.context, completing.places, completing.plan, completing.archive, completing.inventory
        )


async def _write_inventory(completing: Completing) -> ManifestInventory | None:
    inventory, archive = completing.inventory, completing.archive
    if inventory is None:
        return None
    async with archive.bucket.writer(archive.key(layout.INVENTORY), content_type=layout.LINES_TYPE) as sink:
        for batch in _batches(inventory.lines):
            for data in batch:
                inventory.totals.add(decode_line(data), data)
            await completing.context.fence.may_write()
            await sink.write(b"".join(batch))
    return ManifestInventory(sha256=inventory.totals.sha256)


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    iterator = iter(lines)
    while batch := list(islice(iterator, 2000)):
        yield batch


def _manifest(completing: Completing, inventory: ManifestInventory | None) -> Manifest:
    spec, claim, origin, stream = (
        completing.context.task.export_spec,
        completing.claim,
        completing.origin,
        completing.stream,
    )
    return Manifest(
        orgport=__version__,
        spec_hash=claim.spec_hash,
        org=ManifestOrg(id=str(origin.id), slug=origin.info.slug, name=origin.info.name),
        source=ManifestSource(db_version=origin.db_version, installation=origin.installation),
        content=sorted(spec.content, reverse=True),
        start_time=claim.start_time,
        completion_time=completing.context.now(),
        database=_database(stream),
        objects=_objects(completing),
        missing=completing.settled.keys,
        foreign=len(completing.references.foreign),
        unreferenced=completing.unreferenced,
        unsettled=completing.unsettled,
        held=stream.held if stream else {},
        members_without_account=stream.members_without_account if stream else 0,
        redacted=sorted(spec.database.redact) if stream else [],
        inventory=inventory,
    )


def _database(stream: Stream | None) -> ManifestDatabase | None:
    if stream is None:
        return None
    written = stream.written
    return ManifestDatabase(size=written.size, sha256=written.sha256, documents=written.documents)


def _objects(completing: Completing) -> ManifestObjects | None:
    inventory = completing.inventory
    if inventory is None:
        return None
    return ManifestObjects(
        count=inventory.totals.count,
        size=inventory.totals.size,
        digest=inventory.totals.digest,
        verified=VERIFIED[completing.context.task.spec.files.verify],
        size_only=inventory.size_only,
    )


async def write_report(completing: Completing, stage: Reason) -> None:
    """report.json, and failures.ndjson if anything failed."""
    archive, references, stream = completing.archive, completing.references, completing.stream
    report = ExportReport(
        orgport=__version__,
        stage=str(stage),
        time=completing.context.now(),
        org=completing.origin.info,
        counters=completing.context.progress.counters(),
        documents=stream.written.documents if stream else {},
        missing=len(completing.settled.missing),
        foreign=sorted(references.foreign)[:FOREIGN_SHOWN],
        foreign_count=len(references.foreign),
        unreferenced=completing.unreferenced,
        unsettled=completing.unsettled,
        held=stream.held if stream else {},
    )
    await completing.context.fence.may_write()
    await archive.write_json(layout.REPORT, report.dump())
    if completing.settled.missing:
        await archive.write_lines(layout.FAILURES, completing.settled.missing)
    else:
        await archive.bucket.delete([archive.key(layout.FAILURES)])
