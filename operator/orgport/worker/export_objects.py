"""The organization's objects on both sides: listed side by side, with what the archive is to have and has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from orgport.archive import layout
from orgport.browsertrix.storages import Storage, find
from orgport.stores.s3 import Bucket
from orgport.transfer.compare import compare
from orgport.transfer.inventory import Entry, Verdict, in_order, same
from orgport.transfer.opacity import Opacity, opacity_of
from orgport.worker.export_claim import Archive
from orgport.worker.export_known import known_pairs
from orgport.worker.export_origin import Origin
from orgport.worker.export_references import References
from orgport.worker.export_tables import PairTable, Wanted
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
    pairs: PairTable
    taken: Mapping[str, Entry]
    """Objects of this archive alone, by their places below the archive's prefix."""
    opacities: Mapping[str, Opacity]
    """By storage, what its ETags and the archive's are worth."""

    def known(self, storage: str, source: Entry) -> str | None:
        """The ETag that the destination once got for what the source has."""
        return self.pairs.get(storage, source.key, source.etag)

    def same(self, storage: str, source: Entry, held: Entry) -> bool:
        return same(source, held, self.known(storage, source), opaque=self.opacities[storage].known)

    async def may_be_same(self, storage: str, source: Entry, held: Entry) -> bool:
        """As `same`, but that it looks up what the ETags are worth before it says no."""
        if self.same(storage, source, held):
            return True
        return source.size == held.size and await self.opacities[storage].excuses(source, held)

    def close(self) -> None:
        self.pairs.close()

    def storages(self) -> list[tuple[str, Storage]]:
        """The organization's own storage and every other that records name, by the records' names."""
        names = sorted(self.references.wanted.storages() - {self.org_storage})
        return [(name, find(self.places.storages, name)) for name in (self.org_storage, *names)]


async def sides_of(places: Places, archive: Archive, origin: Origin, references: References) -> Sides:
    """Both sides, with what an earlier archive and this one's own folder tell; to be closed."""
    sides = Sides(
        places=places,
        archive=archive,
        org_id=str(origin.id),
        org_storage=origin.storage,
        references=references,
        pairs=await known_pairs(archive, str(origin.id)),
        taken=await taken_places(archive),
        opacities={},
    )
    opacities = {name: opacity_of(await places.storage(name), places.location) for name, _ in sides.storages()}
    return replace(sides, opacities=opacities)


async def objects(sides: Sides, missing: Missing) -> AsyncIterator[Found]:
    """Every object of the organization, storage by storage, sorted by key in each; `missing` is filled on the way."""
    for name, storage in sides.storages():
        async for found in _of_storage(sides, name, storage, missing):
            yield found


async def _of_storage(sides: Sides, name: str, storage: Storage, missing: Missing) -> AsyncIterator[Found]:
    """What is listed and what is wanted, side by side: both are sorted alike."""
    wanted = Peekable(sides.references.wanted.of(name))
    async for verdict, source, held in _compared(sides, name, storage):
        listed = source or held
        assert listed is not None
        for item in wanted.before(listed.key):
            async for found in _elsewhere(sides, item, None, missing):
                yield found
        item_or_none = wanted.at(listed.key)
        if source is not None:
            if item_or_none is not None and not item_or_none.fits(source.size):
                missing.wrong.append((item_or_none, source.size))
            yield _found(sides, name, STORAGE + name, source, item_or_none, verdict, held)
        elif item_or_none is not None:
            async for found in _elsewhere(sides, item_or_none, held, missing):
                yield found
    for item in wanted.rest():
        async for found in _elsewhere(sides, item, None, missing):
            yield found


async def _elsewhere(sides: Sides, wanted: Wanted, extra: Entry | None, missing: Missing) -> AsyncIterator[Found]:
    """What its own storage lacks, as a replica has it; else it is missing. `extra`: what the archive has of it."""
    found = await _from_replica(sides, wanted, extra)
    if found is None:
        missing.absent.append(wanted)
    else:
        yield found


class Peekable:
    """Wanted objects in the order of their keys, of which the next can be looked at."""

    def __init__(self, items: Iterator[Wanted]) -> None:
        self._items = items
        self._next = next(items, None)

    def before(self, key: str) -> Iterator[Wanted]:
        """Those that come before the key."""
        rank = in_order(key)
        while self._next is not None and in_order(self._next.key) < rank:
            yield self._take()

    def at(self, key: str) -> Wanted | None:
        """The one with the key, if it is the next."""
        return self._take() if self._next is not None and self._next.key == key else None

    def rest(self) -> Iterator[Wanted]:
        while self._next is not None:
            yield self._take()

    def _take(self) -> Wanted:
        taken, self._next = self._next, next(self._items, None)
        assert taken is not None
        return taken


async def _compared(
    sides: Sides, name: str, storage: Storage
) -> AsyncIterator[tuple[Verdict, Entry | None, Entry | None]]:
    bucket = await sides.places.storage(name)
    sources = entries(bucket, storage.prefix, f"{storage.prefix}{sides.org_id}/")
    prefix = sides.archive.prefix + layout.objects_prefix(name, sides.org_storage)
    held = entries(sides.archive.bucket, prefix, f"{prefix}{sides.org_id}/")
    known = partial(sides.known, name)
    async for compared in compare(sources, held, known, sides.opacities[name].excuses):
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
            is_same = await sides.may_be_same(wanted.storage, source, extra)
            verdict = Verdict.PRESENT if is_same else Verdict.CONFLICT
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
