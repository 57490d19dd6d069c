"""What an export has to copy: the outcome of listing both sides, as the plan's legs and work items."""

from __future__ import annotations

from dataclasses import dataclass, field

from orgport.api.plan import Leg
from orgport.archive.manifest import ManifestUnreferenced
from orgport.stores.s3 import Listed
from orgport.transfer.worklists import WorkItem
from orgport.worker.export_objects import Found, Missing, Sides, objects
from orgport.worker.places import LOCATION
from orgport.worker.plans import tried_leg, untried_leg
from orgport.worker.tables import WorkTable


@dataclass
class Survey:
    """What is to be copied and what is there."""

    items: WorkTable = field(default_factory=WorkTable)
    present: int = 0
    unreferenced_count: int = 0
    unreferenced_bytes: int = 0
    missing: Missing = field(default_factory=Missing)
    samples: dict[str, Listed] = field(default_factory=dict)
    """A small object of each source, in the order of the legs."""

    @property
    def unreferenced(self) -> ManifestUnreferenced:
        return ManifestUnreferenced(count=self.unreferenced_count, size=self.unreferenced_bytes)

    def add(self, found: Found, archive_prefix: str) -> None:
        leg = self._leg(found)
        if found.wanted is None:
            self.unreferenced_count += 1
            self.unreferenced_bytes += found.source.size
        if found.held is not None:
            self.present += 1
            return
        source, sha256 = found.source, found.wanted.sha256 if found.wanted else ""
        self.items.add(WorkItem(leg, source.at, archive_prefix + found.at, source.size, source.etag, sha256))

    def _leg(self, found: Found) -> int:
        source = Listed(found.source.at, found.source.size, found.source.etag)
        sample = self.samples.get(found.bucket_ref)
        if sample is None or 0 < source.size < sample.size:
            self.samples[found.bucket_ref] = source
        return list(self.samples).index(found.bucket_ref)


async def survey(sides: Sides, found: Survey) -> None:
    """List and compare everything."""
    async for each in objects(sides, found.missing):
        found.add(each, sides.archive.prefix)


async def legs_of(sides: Sides, found: Survey, *, may_write: bool) -> list[Leg]:
    """The legs of the survey's items; without leave to write, the destination's abilities are not tried."""
    if not may_write:
        return [untried_leg(ref, LOCATION) for ref in found.samples]
    places = sides.places
    scratch = places.run_prefix + "probe/"
    return [await tried_leg(places, ref, LOCATION, sample, scratch) for ref, sample in found.samples.items()]
