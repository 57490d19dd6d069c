"""The files step of both kinds: one pod copies what its work list names and the destination lacks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from orgport.api.failures import Failure
from orgport.api.plan import Leg, Plan
from orgport.api.reasons import Reason
from orgport.stores.s3 import Bucket, Listed, Pace
from orgport.transfer.copying import Copied, CopyReport, copy_all
from orgport.transfer.inventory import Entry, same
from orgport.transfer.journal import Journal
from orgport.transfer.merge import side_by_side
from orgport.transfer.pace import pace_of
from orgport.transfer.verifying import Expected, Verification, verify_contents, verify_listing
from orgport.transfer.work_file import Stretch, WorkFile, open_work_file
from orgport.transfer.worklists import WorkItem
from orgport.worker.context import Context, StepOutcome
from orgport.worker.places import Places, open_places
from orgport.worker.plans import read_plan
from orgport.worker.uploads import open_journal

FEW_OBJECTS = 64
"""So many are looked up one by one rather than listed: a listing has the whole organization."""
CHECKSUMS_AT_ONCE = 4


async def copy_files(context: Context) -> StepOutcome:
    """Copy and verify the work list of this pod's index. What the destination has already is not copied again."""
    async with open_places(context) as places:
        plan = await read_plan(context, places)
        if context.index >= len(plan.work_lists):
            return StepOutcome(Reason.COPYING_FILES, "nothing to copy in this pod")
        work = plan.work_lists[context.index]
        context.progress.objects_total, context.progress.bytes_total = work.objects, work.bytes
        work_file = await open_work_file(await places.run(), work.key, work.sha256)
        return await (await _open_step(context, places, plan, work_file)).run()


async def _open_step(context: Context, places: Places, plan: Plan, work_file: WorkFile) -> FilesStep:
    options = context.task.spec.files
    pace = pace_of(options.max_bytes_per_second, options.max_requests_per_second, options.parallelism)
    step = FilesStep(context, plan.legs, work_file, pace, await open_journal(context, places, str(context.index)))
    for stretch in work_file.stretches:
        leg = plan.legs[stretch.leg]
        step.sources[stretch.leg] = await places.bucket(leg.source)
        step.destinations[stretch.leg] = await places.bucket(leg.destination)
    for bucket in (*step.sources.values(), *step.destinations.values()):
        bucket.keep_pace(pace)
    return step


@dataclass
class FilesStep:
    """A work list on its way, and what has become of it."""

    context: Context
    legs: list[Leg]
    work_file: WorkFile
    pace: Pace
    journal: Journal
    sources: dict[int, Bucket] = field(default_factory=dict)
    destinations: dict[int, Bucket] = field(default_factory=dict)
    report: CopyReport = field(default_factory=CopyReport)

    async def run(self) -> StepOutcome:
        self.report = await copy_all(
            self.sources.__getitem__,
            self.destinations.__getitem__,
            self._lacking(),
            self.legs,
            concurrency=self.context.task.spec.files.concurrency,
            on_object=self._on_object,
            on_bytes=self._on_bytes,
            fence=self.context.fence,
            pace=self.pace,
            journal=self.journal,
        )
        await self.context.fence.may_write()
        await self.journal.keep()
        self._refuse_losses()
        verification = await self._verify()
        return StepOutcome(Reason.COPYING_FILES, self._summary(verification))

    async def _lacking(self) -> AsyncIterator[WorkItem]:
        """The items that the destination lacks; or has with other content, which their copying finds out.

        Before the first pod these are all, as the plan found; what has come since, their copying finds out too.
        """
        for stretch in self.work_file.stretches:
            items = self.work_file.items(stretch)
            async for item in items if self.journal.is_first else self._not_found(stretch, items):
                yield item

    async def _not_found(self, stretch: Stretch, items: AsyncIterator[WorkItem]) -> AsyncIterator[WorkItem]:
        opaque = self.legs[stretch.leg].opaque
        async for item, found in side_by_side(items, self._found(stretch), _destination, _key):
            if item is None:
                continue
            if found is not None and same(_planned(item), _entry(found), opaque=opaque):
                self._on_object(item, Copied(found.etag, found.size, "present"))
            else:
                yield item

    async def _found(self, stretch: Stretch) -> AsyncIterator[Listed]:
        """What the destination has of the stretch, and perhaps of other things beside."""
        destination = self.destinations[stretch.leg]
        if stretch.objects > FEW_OBJECTS:
            async for listed in destination.list(stretch.prefix):
                yield listed
            return
        async for item in self.work_file.items(stretch):
            head = await destination.head(item.destination)
            if head is not None:
                yield Listed(item.destination, head.size, head.etag)

    def _on_object(self, item: WorkItem, copied: Copied) -> None:
        progress = self.context.progress
        progress.objects_done += 1
        if copied.how == "present":
            progress.objects_present += 1
            progress.bytes_done += item.size

    def _on_bytes(self, count: int) -> None:
        self.context.progress.bytes_done += count

    def _refuse_losses(self) -> None:
        """An archive does not change. An organization may, and the database step knows what is referenced."""
        if self.context.task.kind == "OrgExport":
            return
        if self.report.missing and self.context.task.spec.files.missing == "Fail":
            message = f"{len(self.report.missing)} objects have gone from the source since the plan was made"
            raise Failure(Reason.OBJECTS_MISSING, message, keys=sorted(self.report.missing))
        if self.report.unsettled:
            message = f"{len(self.report.unsettled)} objects kept changing while they were copied"
            raise Failure(Reason.SOURCE_CHANGED, message, keys=sorted(self.report.unsettled))

    async def _verify(self) -> Verification:
        result = Verification()
        verify = self.context.task.spec.files.verify
        if verify == "None":
            return result
        self.context.progress.message = "verifying the copies"
        for stretch in self.work_file.stretches:
            destination = self.destinations[stretch.leg]
            opaque, expected, found = self.legs[stretch.leg].opaque, self._expected(stretch), self._found(stretch)
            if verify == "Checksum":
                await verify_contents(result, destination, expected, found, opaque=opaque, at_once=CHECKSUMS_AT_ONCE)
            else:
                await verify_listing(result, expected, found, opaque=opaque)
        if result.wrong:
            message = f"{len(result.wrong)} objects at the destination are not what was copied"
            raise Failure(Reason.VERIFICATION_FAILED, message, keys=sorted(result.wrong))
        return result

    async def _expected(self, stretch: Stretch) -> AsyncIterator[Expected]:
        """What is to be there now. The database knows nothing of the content of what has changed since."""
        async for item in self.work_file.items(stretch):
            place = item.leg, item.destination
            newer = self.report.newer.get(place)
            if newer is not None:
                yield Expected(newer.destination, newer.size, newer.etag)
            elif place not in self.report.lost:
                yield Expected(item.destination, item.size, item.etag, item.sha256)

    def _summary(self, verification: Verification) -> str:
        report, present = self.report, self.context.progress.objects_present
        parts = [f"{report.copied} objects copied, {present} were there"]
        if verification.verified or verification.size_only:
            parts.append(_proofs(verification))
        lists = (
            (report.changed, "changed meanwhile"),
            (report.missing, "gone meanwhile"),
            (report.unsettled, "kept changing"),
        )
        parts += [f"{len(keys)} {what}" for keys, what in lists if keys]
        return "; ".join(parts)


def _proofs(verification: Verification) -> str:
    checksums = f" ({verification.by_checksum} by SHA-256)" if verification.by_checksum else ""
    return f"{verification.verified} verified{checksums}, {verification.size_only} by size only"


def _planned(item: WorkItem) -> Entry:
    return Entry(item.destination, item.destination, item.size, item.etag)


def _entry(listed: Listed) -> Entry:
    return Entry(listed.key, listed.key, listed.size, listed.etag)


def _destination(item: WorkItem) -> str:
    return item.destination


def _key(listed: Listed) -> str:
    return listed.key
