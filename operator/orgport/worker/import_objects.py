"""The organization's objects on both sides: what is to be copied, and what stands in the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from orgport.api.reasons import Reason
from orgport.browsertrix.storages import Storage, find
from orgport.stores.s3 import Bucket
from orgport.transfer.compare import compare
from orgport.transfer.inventory import Entry, Verdict, same
from orgport.transfer.opacity import opacity_of
from orgport.transfer.worklists import WorkItem
from orgport.worker.import_apart import Apart
from orgport.worker.import_conflicts import Conflict
from orgport.worker.import_inventory import Offered, Supply
from orgport.worker.import_references import Needed, References, StorageNames
from orgport.worker.places import LOCATION, STORAGE, Places
from orgport.worker.tables import WorkTable


@dataclass(frozen=True, slots=True)
class Arriving(Entry):
    """An object of the source, the source's name of its storage where that is known, and what records say of it."""

    storage: str | None
    sha256: str
    needed: Needed | None


@dataclass
class Comparison:
    """Both sides compared. Legs are the positions of `storages`."""

    storages: list[str]
    items: WorkTable = field(default_factory=WorkTable)
    samples: dict[int, Entry] = field(default_factory=dict)
    """Of each leg, its smallest object to copy, for the probe."""
    objects: int = 0
    bytes: int = 0
    present: int = 0
    shared: int = 0
    """Objects of the target that are the very objects of the source."""
    in_the_way: list[str] = field(default_factory=list)
    twofold: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Keys of objects that have another size than records say."""

    def conflicts(self) -> Iterator[Conflict]:
        """Objects that cannot be copied."""
        if self.in_the_way:
            yield Conflict(
                Reason.OBJECT_CONFLICT,
                f"{len(self.in_the_way)} keys hold other content in the target, such as {self.in_the_way[0]}",
                self.in_the_way,
            )
        if self.twofold:
            yield Conflict(
                Reason.OBJECT_CONFLICT,
                f"{len(self.twofold)} keys hold different objects in two storages that become one, "
                f"such as {self.twofold[0]}",
                self.twofold,
                "map the storages to different ones in spec.storageMapping",
            )


@dataclass
class ObjectPlan:
    """How objects get to the target."""

    places: Places
    references: References
    mapping: StorageNames
    org_id: str

    async def compare(self, supply: Supply | None) -> Comparison:
        """Compare what the source offers with what the target has; without a supply, see what the target has."""
        result = Comparison(self._targets())
        with closing(Apart()) as apart:
            for leg, name in enumerate(result.storages):
                storage = find(self.places.storages, name)
                if supply is None or not supply.roots:
                    await self._look(storage)
                    continue
                for root in supply.roots:
                    await self._compare(result, leg, storage, supply, root, apart)
        return result

    def missing(self) -> list[str]:
        """Keys that records name and neither side has in the right size."""
        return list(self.references.needed.missing())

    def _targets(self) -> list[str]:
        used = {self.mapping.target, *(self.mapping(name) for name in self.references.storages)}
        return [name for name in self.mapping.targets() if name in used]

    async def _look(self, storage: Storage) -> None:
        async for entry in self._held(storage):
            self._settle(entry, storage)

    async def _compare(
        self, result: Comparison, leg: int, storage: Storage, supply: Supply, root: str, apart: Apart
    ) -> None:
        bucket = await self.places.storage(storage.name)
        sources = self._bound_for(storage, supply, root)
        opacity = opacity_of(self.places.location, bucket)
        async for verdict, source, held in compare(sources, self._held(storage), excuses=opacity.excuses):
            if source is None:
                if held is not None:
                    self._settle(held, storage)
                continue
            self._note(result, source)
            other = apart.get(storage.name, source.key)
            if other is None and root:
                apart.add(storage.name, source)
            if other is None:
                self._count(result, leg, storage, bucket, source, verdict)
            elif not same(source, other, opaque=opacity.known):
                result.twofold.append(source.key)

    async def _bound_for(self, storage: Storage, supply: Supply, root: str) -> AsyncIterator[Arriving]:
        async for offer in supply.offered(root):
            arriving = arriving_of(offer, self._needed(offer))
            if storage.name in self.destinations(arriving):
                yield arriving

    def _needed(self, offer: Offered) -> Needed | None:
        """What records say of it: nothing of one that only has the name of an object in another storage."""
        needed = self.references.needed.get(offer.entry.key)
        if needed is None or offer.storage is None or "" in needed.storages or offer.storage in needed.storages:
            return needed
        return None

    def destinations(self, arriving: Arriving) -> set[str]:
        """The target's storages that the object goes to."""
        needed = arriving.needed
        if needed is None:
            return {self.mapping.target}
        if arriving.storage in needed.storages:
            return {self.mapping(arriving.storage)}
        return {self.mapping(name) for name in needed.storages}

    def _note(self, result: Comparison, arriving: Arriving) -> None:
        needed = arriving.needed
        if needed is not None and needed.fits(arriving.size):
            self.references.needed.find(arriving.key)
        elif needed is not None:
            result.wrong.append(arriving.key)

    def _count(
        self, result: Comparison, leg: int, storage: Storage, bucket: Bucket, source: Arriving, verdict: Verdict
    ) -> None:
        at = storage.prefix + source.key
        result.objects += 1
        result.bytes += source.size
        if verdict is Verdict.CONFLICT:
            result.in_the_way.append(bucket.url(at))
        elif verdict is Verdict.PRESENT:
            result.present += 1
            result.shared += source.at == at and is_same_bucket(self.places.location, bucket)
        else:
            result.items.add(WorkItem(leg, source.at, at, source.size, source.etag, source.sha256))
            sample = result.samples.get(leg)
            if sample is None or source.size < sample.size:
                result.samples[leg] = source

    def _settle(self, held: Entry, storage: Storage) -> None:
        """An object that only the target has may be what records name."""
        needed = self.references.needed.get(held.key)
        if needed is None or not needed.fits(held.size):
            return
        if any(self.mapping(name) == storage.name for name in needed.storages):
            self.references.needed.find(held.key)

    async def _held(self, storage: Storage) -> AsyncIterator[Entry]:
        bucket = await self.places.storage(storage.name)
        async for listed in bucket.list(f"{storage.prefix}{self.org_id}/"):
            yield Entry(listed.key.removeprefix(storage.prefix), listed.key, listed.size, listed.etag)


def arriving_of(offer: Offered, needed: Needed | None) -> Arriving:
    """The offer, with what records say of it."""
    entry, sha256 = offer.entry, offer.sha256 or (needed.sha256 if needed is not None else "")
    return Arriving(entry.key, entry.at, entry.size, entry.etag, offer.storage, sha256, needed)


def leg_ends(storage: str) -> tuple[str, str]:
    """The buckets of a leg, as the plan names them."""
    return LOCATION, STORAGE + storage


def is_same_bucket(one: Bucket, other: Bucket) -> bool:
    """Whether both are one bucket of one store."""
    return one.name == other.name and _host(one) == _host(other)


def _host(bucket: Bucket) -> str:
    host = (bucket.connection.endpoint or "").lower().partition("://")[2].partition("/")[0] or "s3.amazonaws.com"
    return host.removesuffix(":443").removesuffix(":80")
