"""An archive looked at from outside: are its files what the manifest says, and is every object there?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

from orgport.api.failures import Failure
from orgport.archive import layout
from orgport.archive.manifest import Claim, Manifest, parse_claim, parse_manifest
from orgport.stores.s3 import Bucket
from orgport.worker.context import Context
from orgport.worker.import_details import Source
from orgport.worker.import_inventory import Supply
from orgport.worker.import_source import absent, hash_json
from orgport.worker.places import Places
from orgport.worker.verify_contents import Contents
from orgport.worker.verify_objects import NOT_ASKED, check_inventory, check_objects, compare_checksums, offers
from orgport.worker.verify_report import Check, failed, judged, skipped

NO_OBJECTS = "the archive was made without Files"
NO_DATABASE = "the archive was made without Database"
UNRELIABLE = "the inventory is not to be relied on"


@dataclass(frozen=True)
class Expected:
    """What else is known of the archive, beside what lies in it."""

    manifest_sha256: frozenset[str] = frozenset()
    """By the import's pin, or the export's status."""
    spec_hash: str | None = None
    """Of the export that is said to have made it."""


@dataclass(frozen=True)
class Archive:
    """A complete archive: its manifest, and where its parts lie."""

    manifest: Manifest
    manifest_sha256: str
    folder: str
    source: Source


@dataclass
class ArchiveVerification:
    """The checks of one archive; `context` is one of an import of it."""

    context: Context
    places: Places
    expected: Expected
    checksum: bool
    checks: list[Check] = field(default_factory=list)

    async def run(self) -> Archive | None:
        """Make all checks; the archive, if its manifest can be read. EXPORT_NOT_FOUND or EXPORT_INCOMPLETE else."""
        archive = await self._open()
        if archive is None:
            return None
        self.checks += [self._manifest(archive), await self._claim(archive)]
        with closing(Contents(archive.manifest.org.id)) as contents:
            self.checks += [await self._json(archive), await self._documents(archive, contents)]
            await self._files(archive, contents)
        return archive

    async def _open(self) -> Archive | None:
        location, name = self.places.location, self.context.task.import_spec.source.export or ""
        folder = self.places.location_prefix + layout.folder(name)
        data = await location.read(folder + layout.MANIFEST)
        if data is None:
            raise await absent(self.places, folder)
        try:
            manifest = parse_manifest(data, location.url(folder + layout.MANIFEST))
        except Failure as failure:
            self.checks.append(failed("manifest", failure))
            return None
        source = await source_of(location, folder, name, manifest)
        return Archive(manifest, hashlib.sha256(data).hexdigest(), folder, source)

    def _manifest(self, archive: Archive) -> Check:
        problems, manifest = list(self._mismatches(archive)), archive.manifest
        numbers = {"unsettled": len(manifest.unsettled), "missing": len(manifest.missing)}
        return judged("manifest", problems, numbers, note=f"SHA-256 {archive.manifest_sha256}")

    def _mismatches(self, archive: Archive) -> Iterator[str]:
        for sha256 in self.expected.manifest_sha256 - {archive.manifest_sha256}:
            yield f"its SHA-256 is {archive.manifest_sha256}, not {sha256}"
        if self.expected.spec_hash not in (None, archive.manifest.spec_hash):
            yield "it is of an export with another spec"
        for part in self.context.task.import_spec.content:
            if part not in archive.manifest.content:
                yield f"the archive was made without {part}"

    async def _claim(self, archive: Archive) -> Check:
        key = archive.folder + layout.CLAIM
        data = await self.places.location.read(key)
        if data is None:
            return judged("claim", [f"{self.places.location.url(key)} is missing"])
        try:
            claim = parse_claim(data, self.places.location.url(key))
        except Failure as failure:
            return failed("claim", failure)
        return judged("claim", list(_claim_problems(claim, archive.manifest)), note=f"run {claim.run}")

    async def _json(self, archive: Archive) -> Check:
        source, database = archive.source, archive.manifest.database
        if database is None:
            return skipped("JSON", NO_DATABASE)
        self.context.progress.message = f"reading {source.title}"
        head = await self.places.location.head(source.database or "")
        if head is None:
            return judged("JSON", [f"{source.title} is missing"])
        problems = [f"it has {head.size} bytes, not {database.size}"] if head.size != database.size else []
        try:
            await hash_json(self.places, source)
        except Failure as failure:
            problems.append(failed("JSON", failure).message)
        return judged("JSON", problems, {"bytes": head.size}, note=f"SHA-256 {database.sha256}")

    async def _documents(self, archive: Archive, contents: Contents) -> Check:
        if archive.manifest.database is None:
            return skipped("documents", NO_DATABASE)
        try:
            await contents.read(self.places, archive.source)
        except Failure as failure:
            return failed("documents", failure)
        return contents.documents(archive.manifest)

    async def _files(self, archive: Archive, contents: Contents) -> None:
        if archive.manifest.inventory is None:
            self.checks += [skipped(name, NO_OBJECTS) for name in ("inventory", "references", "objects", "checksums")]
            return
        supply = Supply(self.places, archive.source, archive.manifest.org.id)
        self.context.progress.message = "reading the inventory"
        self.checks.append(await check_inventory(supply, archive.manifest, contents.needed))
        if not supply.roots:
            self.checks += [skipped(name, UNRELIABLE) for name in ("references", "objects", "checksums")]
            return
        self.checks.append(self._references(archive, contents))
        self.context.progress.message = "listing the archive's objects"
        self.checks.append(await check_objects(supply))
        self.checks.append(await self._checksums(supply))

    def _references(self, archive: Archive, contents: Contents) -> Check:
        if archive.manifest.database is None:
            return skipped("references", NO_DATABASE)
        return contents.covered(archive.manifest) if contents.whole else skipped("references", "the JSON is broken")

    async def _checksums(self, supply: Supply) -> Check:
        if not self.checksum:
            return skipped("checksums", NOT_ASKED)
        self.context.progress.message = "reading the archive's objects"
        return await compare_checksums("checksums", offers(supply), self.context.task.spec.files.concurrency)


async def source_of(location: Bucket, folder: str, name: str, manifest: Manifest) -> Source:
    """The archive's parts as its manifest has them."""
    database, inventory = manifest.database, manifest.inventory
    head = await location.head(folder + layout.DATABASE) if database else None
    return Source(
        title=location.url(folder + layout.DATABASE),
        database=folder + layout.DATABASE if database else None,
        etag=head.etag if head else "",
        size=database.size if database else 0,
        sha256=database.sha256 if database else None,
        inventory=folder + layout.INVENTORY if inventory else None,
        inventory_sha256=inventory.sha256 if inventory else None,
        export=name,
        org_id=manifest.org.id,
    )


def _claim_problems(claim: Claim, manifest: Manifest) -> Iterator[str]:
    if not claim.is_of_the_same_export(manifest):
        yield "it is of another organization, installation or spec than the manifest"
