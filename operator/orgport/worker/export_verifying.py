"""SHA-256 of what the archive holds, against what the database records (`verify: Checksum`)."""

from __future__ import annotations

from collections.abc import Iterator

from orgport.api.failures import Failure
from orgport.api.plan import Plan
from orgport.api.reasons import Reason
from orgport.archive.inventory import InventoryLine, decode_line
from orgport.transfer.crowd import for_each
from orgport.transfer.verifying import verify_checksum
from orgport.transfer.work_file import open_work_file
from orgport.worker.context import Context
from orgport.worker.export_claim import Archive
from orgport.worker.export_inventory import Inventory
from orgport.worker.places import Places


async def verify_checksums(
    context: Context, places: Places, plan: Plan, archive: Archive, inventory: Inventory
) -> None:
    """Read what the files step has not read: what was there before it, and what came later. VERIFICATION_FAILED."""
    context.progress.message = "reading the copies to compare their SHA-256"
    read_before = await _read_by_the_files_step(places, plan)
    wrong: list[str] = []

    async def check(line: InventoryLine) -> None:
        if not await verify_checksum(archive.bucket, archive.prefix + line.at, line.sha256 or ""):
            wrong.append(line.key)

    await for_each(_unread(archive, inventory, read_before), check, context.task.spec.files.concurrency)
    if wrong:
        raise Failure(
            Reason.VERIFICATION_FAILED,
            f"{len(wrong)} objects have not the SHA-256 that the database records, such as {min(wrong)}",
            keys=sorted(wrong),
        )
    inventory.size_only = sum(1 for line in map(decode_line, inventory.lines) if _has_only_a_size(line))


def _unread(archive: Archive, inventory: Inventory, read_before: set[tuple[str, str]]) -> Iterator[InventoryLine]:
    for line in map(decode_line, inventory.lines):
        if line.sha256 and (archive.prefix + line.at, line.source_etag) not in read_before:
            yield line


def _has_only_a_size(line: InventoryLine) -> bool:
    return line.sha256 is None and line.etag != line.source_etag


async def _read_by_the_files_step(places: Places, plan: Plan) -> set[tuple[str, str]]:
    """By destination and the source's ETag: a pod that succeeded has read all of its work list."""
    found: set[tuple[str, str]] = set()
    run = await places.run()
    for work in plan.work_lists:
        file = await open_work_file(run, work.key, work.sha256)
        for stretch in file.stretches:
            async for item in file.items(stretch):
                if item.sha256:
                    found.add((item.destination, item.etag))
    return found
