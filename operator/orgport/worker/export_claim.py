"""Who may write the archive of this name: its claim, and the manifest of one that is finished."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from orgport.api.failures import Failure
from orgport.api.org_export import OrgExportSpec
from orgport.api.reasons import Reason
from orgport.api.status import ExportResult
from orgport.archive import layout
from orgport.archive.identity import spec_hash
from orgport.archive.layout import JSON_TYPE, LINES_TYPE
from orgport.archive.manifest import Claim, Manifest, parse_claim, parse_manifest
from orgport.stores.s3 import AlreadyThere, Bucket
from orgport.worker.context import Context
from orgport.worker.export_origin import Origin
from orgport.worker.places import Places


@dataclass(frozen=True)
class Archive:
    """The archive's place: its bucket, the location's prefix and its own folder below that."""

    bucket: Bucket
    prefix: str
    name: str

    def key(self, part: str) -> str:
        """The full key of one of the archive's own files."""
        return f"{self.prefix}{layout.folder(self.name)}{part}"

    def url(self, part: str) -> str:
        return self.bucket.url(self.key(part))

    async def read(self, part: str) -> bytes | None:
        return await self.bucket.read(self.key(part))

    async def write_json(self, part: str, data: Any) -> None:
        await self.bucket.write(self.key(part), orjson.dumps(data), content_type=JSON_TYPE)

    async def write_lines(self, part: str, rows: Sequence[Any]) -> None:
        body = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
        await self.bucket.write(self.key(part), body, content_type=LINES_TYPE)


def archive_of(context: Context, places: Places) -> Archive:
    return Archive(places.location, places.location_prefix, context.task.name)


def own_claim(context: Context, origin: Origin) -> Claim:
    """What this run claims."""
    return Claim(
        run=context.task.uid,
        org=str(origin.id),
        installation=origin.installation,
        spec_hash=spec_hash(context.task.export_spec),
        start_time=context.now(),
    )


async def finished_manifest(archive: Archive, claim: Claim, spec: OrgExportSpec) -> tuple[Manifest, bytes] | None:
    """The manifest of a finished archive of the same export, with its bytes; DESTINATION_OCCUPIED if of another."""
    body = await archive.read(layout.MANIFEST)
    if body is None:
        return None
    manifest = parse_manifest(body, archive.url(layout.MANIFEST))
    if not claim.is_of_the_same_export(manifest):
        raise _occupied(archive, f"a finished export of {_differences(claim, manifest)}")
    if spec.on_existing == "Fail":
        raise _occupied(archive, f"the finished export of {manifest.completion_time:%Y-%m-%d %H:%M} UTC")
    return manifest, body


async def take(archive: Archive, claim: Claim) -> Claim:
    """Write the claim, or find it written: by this run, or by one of the same export that is continued by this one."""
    found = await _found_claim(archive)
    if found is None:
        found = await _write_first(archive, claim)
    if not claim.is_of_the_same_export(found):
        raise _occupied(archive, f"an unfinished export of {_differences(claim, found)}")
    if found.run == claim.run:
        return found
    # The resource was made anew: its unfinished archive is continued, and whoever else still writes it will stop.
    taken = claim.model_copy(update={"start_time": found.start_time})
    await archive.bucket.write(archive.key(layout.CLAIM), taken.dump_json().encode(), content_type=JSON_TYPE)
    return taken


async def look(archive: Archive, claim: Claim) -> None:
    """What `take` would refuse, without writing."""
    found = await _found_claim(archive)
    if found is not None and not claim.is_of_the_same_export(found):
        raise _occupied(archive, f"an unfinished export of {_differences(claim, found)}")


async def still_mine(archive: Archive, run: str) -> Claim:
    """The claim, if it is this run's still; DESTINATION_OCCUPIED if another run has taken the archive over."""
    found = await _found_claim(archive)
    if found is None or found.run != run:
        raise _occupied(archive, "another run, which took it over meanwhile")
    return found


async def _found_claim(archive: Archive) -> Claim | None:
    body = await archive.read(layout.CLAIM)
    return None if body is None else parse_claim(body, archive.url(layout.CLAIM))


async def _write_first(archive: Archive, claim: Claim) -> Claim:
    body = claim.dump_json().encode()
    with suppress(AlreadyThere):
        await archive.bucket.write(archive.key(layout.CLAIM), body, content_type=JSON_TYPE, if_absent=True)
    # Read again: a store may not know If-None-Match, and then the last writer has it.
    return await _found_claim(archive) or claim


def _differences(claim: Claim, other: Claim | Manifest) -> str:
    org, installation = (
        (other.org, other.installation) if isinstance(other, Claim) else (other.org.id, other.source.installation)
    )
    if org != claim.org:
        return f"organization {org}"
    if installation != claim.installation:
        return "this organization in another installation"
    return "this organization with another spec"


def _occupied(archive: Archive, by: str) -> Failure:
    return Failure(
        Reason.DESTINATION_OCCUPIED,
        f"{archive.url('')} belongs to {by}",
        suggestion="choose another metadata.name or spec.destination.prefix, or remove that archive yourself",
    )


def result_of(archive: Archive, manifest: Manifest, body: bytes) -> ExportResult:
    """What the status says of a finished archive."""
    objects = manifest.objects
    return ExportResult(
        location=archive.bucket.url(archive.prefix),
        database=archive.url(layout.DATABASE) if manifest.database else None,
        manifest=archive.url(layout.MANIFEST),
        manifest_sha256=hashlib.sha256(body).hexdigest(),
        report=archive.url(layout.REPORT),
        objects=objects.count if objects else 0,
        bytes=objects.size if objects else 0,
        documents=manifest.documents,
        missing_objects=len(manifest.missing),
        unsettled=len(manifest.unsettled),
    )


def age(manifest: Manifest, now: datetime) -> str:
    """How old an archive is, for people."""
    seconds = max(int((now - manifest.completion_time).total_seconds()), 0)
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' * (count > 1)} old"
    return "less than a minute old"
