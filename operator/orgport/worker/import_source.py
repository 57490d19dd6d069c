"""The archive, or the bare JSON, that an import reads: found, waited for, and held to its manifest."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from orgport.api.failures import Failure
from orgport.api.org_import import ImportSource
from orgport.api.reasons import Reason
from orgport.archive import layout
from orgport.archive.manifest import Manifest, parse_manifest
from orgport.stores.receipt_model import Claim
from orgport.worker.context import Context
from orgport.worker.import_details import Source
from orgport.worker.places import Places

POLL_SECONDS = 5.0


async def find_source(context: Context, places: Places) -> Source:
    """What spec.source names. An archive's parts are there, with the sizes of its manifest.

    Failures: EXPORT_NOT_FOUND, EXPORT_INCOMPLETE, MANIFEST_MISMATCH, EXPORT_CORRUPT.
    """
    spec = context.task.import_spec.source
    if spec.export is None:
        return await _bare(context, places, spec)
    return await _archive(context, places, spec)


async def _bare(context: Context, places: Places, spec: ImportSource) -> Source:
    key = places.location_prefix + (spec.database or "")
    head = await _awaited(context, places.location.url(key), lambda: places.location.head(key))
    if head is None:
        raise Failure(Reason.EXPORT_NOT_FOUND, f"{places.location.url(key)} does not exist")
    return Source(title=places.location.url(key), database=key, etag=head.etag, size=head.size)


async def _archive(context: Context, places: Places, spec: ImportSource) -> Source:
    folder = places.location_prefix + layout.folder(spec.export or "")
    url = places.location.url(folder + layout.MANIFEST)
    data = await _awaited(context, url, lambda: places.location.read(folder + layout.MANIFEST))
    if data is None:
        raise await absent(places, folder)
    found = hashlib.sha256(data).hexdigest()
    if spec.manifest_sha256 not in (None, found):
        raise Failure(Reason.MANIFEST_MISMATCH, f"{url} has SHA-256 {found}, not {spec.manifest_sha256}")
    manifest = parse_manifest(data, url)
    _check_content(context, manifest, url)
    return await _parts(places, folder, manifest, spec.export or "")


async def _awaited(context: Context, url: str, look: Any) -> Any:
    """What `look` finds, looked for again until spec.source.waitSeconds are over."""
    progress = context.progress
    stage, message = progress.stage, progress.message
    deadline = context.now() + timedelta(seconds=context.task.import_spec.source.wait_seconds)
    while (found := await look()) is None and (left := (deadline - context.now()).total_seconds()) > 0:
        progress.stage, progress.message = Reason.WAITING_FOR_ARCHIVE, f"waiting for {url}"
        await asyncio.sleep(min(left, POLL_SECONDS))
    progress.stage, progress.message = stage, message
    return found


async def absent(places: Places, folder: str) -> Failure:
    """Why there is no manifest in an archive's folder."""
    url = places.location.url(folder)
    if await places.location.head(folder + layout.CLAIM) is None:
        return Failure(Reason.EXPORT_NOT_FOUND, f"there is no archive at {url}")
    return Failure(Reason.EXPORT_INCOMPLETE, f"the archive at {url} was begun but has no manifest")


def _check_content(context: Context, manifest: Manifest, url: str) -> None:
    for part in context.task.import_spec.content:
        if part not in manifest.content:
            raise Failure(
                Reason.EXPORT_INCOMPLETE,
                f"{url}: the archive was made without {part}",
                suggestion=f"leave {part} out of spec.content, or export with it",
            )


async def _parts(places: Places, folder: str, manifest: Manifest, name: str) -> Source:
    database, inventory = manifest.database, manifest.inventory
    etag = ""
    if database is not None:
        etag = await _etag(places, folder + layout.DATABASE, database.size)
    if inventory is not None:
        await _etag(places, folder + layout.INVENTORY, None)
    return Source(
        title=places.location.url(folder + layout.DATABASE),
        database=folder + layout.DATABASE if database is not None else None,
        etag=etag,
        size=database.size if database is not None else 0,
        sha256=database.sha256 if database is not None else None,
        inventory=folder + layout.INVENTORY if inventory is not None else None,
        inventory_sha256=inventory.sha256 if inventory is not None else None,
        export=name,
        org_id=manifest.org.id,
    )


async def _etag(places: Places, key: str, size: int | None) -> str:
    head = await places.location.head(key)
    if head is None:
        raise Failure(Reason.EXPORT_INCOMPLETE, f"{places.location.url(key)} is missing", keys=[key])
    if size not in (None, head.size):
        raise Failure(
            Reason.MANIFEST_MISMATCH,
            f"{places.location.url(key)} has {head.size} bytes, not the {size} of its manifest",
            keys=[key],
        )
    return head.etag


def origin_of(context: Context, places: Places) -> str:
    """Where the source lies, as receipts have it: the same for every run that names the same source."""
    source = context.task.import_spec.source
    part = layout.folder(source.export) if source.export is not None else source.database
    return f"{source.endpoint or 'AWS'} {places.location.url(places.location_prefix)}{part}"


def claim_of(context: Context, places: Places, organization: UUID, sha256: str) -> Claim:
    """Who this run is, and what it imports; `sha256` is the JSON's."""
    task = context.task
    return Claim(
        organization=organization,
        holder=task.uid,
        run=f"{task.namespace}/{task.name}",
        source=sha256,
        origin=origin_of(context, places),
        patience=timedelta(seconds=task.spec.active_deadline_seconds),
        alone=context.alone,
        cluster=context.cluster,
    )


async def is_there(context: Context, places: Places) -> bool:
    """Whether there is a manifest, or the bare JSON."""
    source = context.task.import_spec.source
    part = layout.folder(source.export) + layout.MANIFEST if source.export is not None else source.database
    return await places.location.head(f"{places.location_prefix}{part}") is not None


class JsonReading:
    """One reading of the JSON: its bytes, as long as they are those that were found, and their SHA-256 at the end."""

    def __init__(self, places: Places, source: Source) -> None:
        self._places = places
        self._source = source
        self._hash = hashlib.sha256()

    async def chunks(self) -> AsyncIterator[bytes]:
        assert self._source.database is not None
        async for chunk in self._places.location.stream(self._source.database, if_match=self._source.etag or None):
            self._hash.update(chunk)
            yield chunk

    def checked_sha256(self) -> str:
        """The SHA-256 of what was read; MANIFEST_MISMATCH if it is not the manifest's, or not the plan's."""
        found = self._hash.hexdigest()
        if self._source.sha256 not in (None, found):
            raise Failure(
                Reason.MANIFEST_MISMATCH, f"{self._source.title} has SHA-256 {found}, not {self._source.sha256}"
            )
        return found


@asynccontextmanager
async def manifest_first(places: Places, source: Source) -> AsyncIterator[None]:
    """Whatever fails over a JSON that is not its manifest's: MANIFEST_MISMATCH is what has to be said."""
    try:
        yield
    except Failure as failure:
        if source.sha256 is not None and failure.reason in (Reason.EXPORT_CORRUPT, Reason.VERSION_MISMATCH):
            await hash_json(places, source)
        raise


async def hash_json(places: Places, source: Source) -> str:
    """The JSON's SHA-256, without a look at what it says."""
    reading = JsonReading(places, source)
    async for _ in reading.chunks():
        pass
    return reading.checked_sha256()
