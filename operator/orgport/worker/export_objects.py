"""The organization's objects on both sides: listed side by side, with what the archive is to have and has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from orgport.api.failures import Failure
from orgport.api.org_export import OrgExportSpec
from orgport.api.reasons import Reason
from orgport.archive import layout
from orgport.browsertrix.storages import Storage, find
from orgport.stores.s3 import Bucket
from orgport.transfer.compare import compare
from orgport.transfer.inventory import Entry, Verdict, same
from orgport.worker.export_claim import Archive
from orgport.worker.export_known import known_pairs
from orgport.worker.export_origin import Origin
from orgport.worker.export_references import References, Wanted
from orgport.worker.places import STORAGE, Places


@dataclass(frozen=True, slots=True)
class Found:
    """An object that the archive is to have. `held` is what lies at its place already; `bucket_ref` whence it comes."""

    storage: str
    key: str
    bucket_ref: str
    source: Entry
    at: str
    """Its place below the archive's prefix."""
    held: Entry | None
    wanted: Wanted | None


@dataclass
class Missing:
    """What records name and the listings lack, or have with another size."""

    absent: list[Wanted] = field(default_factory=list)
    wrong: list[tuple[Wanted, int]] = field(default_factory=list)
    """With the size that the object has."""


@dataclass(frozen=True)
class Sides:
    """What both sides are compared with: the archive, the references and the ETags that are known to be pairs."""

    places: Places
    archive: Archive
    org_id: str
    org_storage: str
    references: References
    pairs: Mapping[tuple[str, str], tuple[str, str]]
    """See `known_pairs`."""
    taken: Mapping[str, Entry]
    """Objects of this archive alone, by their places below the archive's prefix."""
    opaque: bool
    """The destination's ETags say nothing of the content."""

    def known(self, storage: str, source: Entry) -> str | None:
        """The ETag that the destination once got for what the source has."""
        source_etag, etag = self.pairs.get((storage, source.key), ("", ""))
        return etag if source_etag == source.etag else None

    def same(self, storage: str, source: Entry, held: Entry) -> bool:
        return same(source, held, self.known(storage, source), opaque=self.opaque)

    def storages(self) -> list[Storage]:
        """The organization's own storage and every other that records name."""
        names = sorted(self.references.storage_names() - {self.org_storage})
        return [find(self.places.storages, name) for name in (self.org_storage, *names)]


async def sides_of(places: Places, archive: Archive, origin: Origin, references: References, *, opaque: bool) -> Sides:
    """Both sides, with what an earlier archive and this one's own folder tell."""
    return Sides(
        places=places,
        archive=archive,
        org_id=str(origin.id),
        org_storage=origin.storage,
        references=references,
        pairs=await known_pairs(archive, str(origin.id)),
        taken=await taken_places(archive),
        opaque=opaque,
    )


async def objects(sides: Sides, missing: Missing) -> AsyncIterator[Found]:
    """Every object of the organization, storage by storage, sorted by key in each; `missing` is filled on the way."""
    for storage in sides.storages():
        wanted = {key: item for (name, key), item in sides.references.wanted.items() if name == storage.name}
        extras: dict[str, Entry] = {}
        async for verdict, source, held in _compared(sides, storage):
            if source is not None:
                item = wanted.pop(source.key, None)
                if item is not None and not item.fits(source.size):
                    missing.wrong.append((item, source.size))
                yield _found(sides, storage.name, STORAGE + storage.name, source, item, verdict, held)
            elif held is not None and held.key in wanted:
                extras[held.key] = held
        for key in sorted(wanted):
            found = await _from_replica(sides, wanted[key], extras.get(key))
            if found is None:
                missing.absent.append(wanted[key])
            else:
                yield found


async def _compared(sides: Sides, storage: Storage) -> AsyncIterator[tuple[Verdict, Entry | None, Entry | None]]:
    bucket = await sides.places.storage(storage.name)
    known: dict[str, str] = {}

    async def sources() -> AsyncIterator[Entry]:
        # `compare` asks for a key's ETag after it has got the key from here.
        async for entry in entries(bucket, storage.prefix, f"{storage.prefix}{sides.org_id}/"):
            if etag := sides.known(storage.name, entry):
                known[entry.key] = etag
            yield entry

    prefix = sides.archive.prefix + layout.objects_prefix(storage.name, sides.org_storage)
    held = entries(sides.archive.bucket, prefix, f"{prefix}{sides.org_id}/")
    async for compared in compare(sources(), held, known, opaque=sides.opaque):
        yield compared


def _found(
    sides: Sides,
    storage: str,
    bucket_ref: str,
    source: Entry,
    wanted: Wanted | None,
    verdict: Verdict,
    held: Entry | None,
) -> Found:
    shared = layout.objects_prefix(storage, sides.org_storage) + source.key
    if verdict is not Verdict.CONFLICT:
        return Found(storage, source.key, bucket_ref, source, shared, held, wanted)
    at, held = _own_place(sides, storage, source, shared)
    return Found(storage, source.key, bucket_ref, source, at, held, wanted)


def _own_place(sides: Sides, storage: str, source: Entry, shared: str) -> tuple[str, Entry | None]:
    """Where an object lies whose shared place is taken, and whether it lies there already: nothing is overwritten."""
    number = 1
    while True:
        at = layout.own_objects(sides.archive.name, number) + shared
        held = sides.taken.get(at)
        if held is None or sides.same(storage, source, held):
            return at, held
        number += 1


async def _from_replica(sides: Sides, wanted: Wanted, extra: Entry | None) -> Found | None:
    """The object as one of its replicas has it."""
    for name in wanted.replicas:
        replica = next((storage for storage in sides.places.storages if storage.name == name), None)
        if replica is None:
            continue
        at = replica.prefix + wanted.key
        head = await (await sides.places.storage(name)).head(at)
        if head is None or not wanted.fits(head.size):
            continue
        source = Entry(wanted.key, at, head.size, head.etag)
        verdict = Verdict.COPY
        if extra is not None:
            verdict = Verdict.PRESENT if sides.same(wanted.storage, source, extra) else Verdict.CONFLICT
        return _found(sides, wanted.storage, STORAGE + name, source, wanted, verdict, extra)
    return None


async def entries(bucket: Bucket, prefix: str, listed: str) -> AsyncIterator[Entry]:
    """The objects below `listed`, with their keys below `prefix`."""
    async for item in bucket.list(listed):
        yield Entry(item.key.removeprefix(prefix), item.key, item.size, item.etag)


async def taken_places(archive: Archive) -> dict[str, Entry]:
    """What lies in the archive's own folders of objects."""
    found: dict[str, Entry] = {}
    folder = archive.key("objects")
    async for item in archive.bucket.list(folder):
        if item.key != archive.key(layout.INVENTORY):
            at = item.key.removeprefix(archive.prefix)
            found[at] = Entry(at, item.key, item.size, item.etag)
    return found


def is_opaque(spec: OrgExportSpec) -> bool:
    """Whether the destination's ETags say nothing of the content: so it is with KMS."""
    return spec.destination.encryption.type == "SSE-KMS"


def check_apart(places: Places, archive: Archive, storages: list[Storage], org_id: str) -> None:
    """INVALID_SPEC where the archive would lie inside, or around, what is copied."""
    for storage in storages:
        if not _is_same_bucket(places, archive, storage):
            continue
        copied = f"{storage.prefix}{org_id}/"
        if archive.prefix.startswith(copied) or copied.startswith(archive.prefix):
            raise Failure(
                Reason.INVALID_SPEC,
                f"spec.destination.prefix {archive.prefix!r} is inside, or above, {copied!r} of storage "
                f"{storage.name}, which is copied",
                suggestion="choose another bucket, or a prefix such as exports/",
            )


def _is_same_bucket(places: Places, archive: Archive, storage: Storage) -> bool:
    endpoint = archive.bucket.connection.endpoint
    return storage.bucket == archive.bucket.name and _host(storage.endpoint_url) == _host(endpoint or "")


def _host(url: str) -> str:
    host = url.lower().partition("://")[2].partition("/")[0] or "s3.amazonaws.com"
    return host.removesuffix(":443").removesuffix(":80")
