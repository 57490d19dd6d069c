"""Objects of an archive: what the inventory says of them, whether they are there, and what they hold."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from orgport.api.failures import Failure
from orgport.archive.inventory import InventoryTotals, decode_line
from orgport.archive.manifest import Manifest
from orgport.stores.s3 import Bucket
from orgport.transfer.crowd import for_each
from orgport.transfer.verifying import verify_checksum
from orgport.transfer.work_file import lines
from orgport.worker.import_inventory import Supply
from orgport.worker.import_references import NeededTable
from orgport.worker.verify_report import Check, Noted, failed, judged

NOT_ASKED = "--checksum asks for it"


async def check_inventory(supply: Supply, manifest: Manifest, needed: NeededTable) -> Check:
    """Whether it is the manifest's. What records name is found where it has a line for it."""
    totals, expected = InventoryTotals(), manifest.objects
    try:
        await supply.survey()
        async for data in lines(supply.places.location.stream(supply.source.inventory or "")):
            line = decode_line(data)
            totals.add(line, data + b"\n")
            wanted = needed.get(line.key)
            if wanted is not None and wanted.fits(line.size):
                needed.find(line.key)
    except Failure as failure:
        return failed("inventory", failure)
    problems = []
    if expected is None or (totals.count, totals.size) != (expected.count, expected.size):
        said = f"{expected.count} of {expected.size}" if expected else "none"
        problems = [f"it lists {totals.count} objects of {totals.size} bytes, the manifest says {said}"]
    elif totals.digest != expected.digest:
        problems = ["it lists other objects than the manifest says"]
    return judged("inventory", problems, {"objects": totals.count, "bytes": totals.size})


async def check_objects(supply: Supply) -> Check:
    """Whether every object of the inventory is there with its size."""
    count = size = 0
    async for content in offers(supply):
        count, size = count + 1, size + content.size
    lost = Noted()
    for key in supply.lost:
        lost.add(key)
    numbers = {"objects": count, "bytes": size, "lost": lost.count}
    return judged("objects", lost.said("objects are missing or have another size"), numbers, noted=[lost])


@dataclass(frozen=True)
class Content:
    """An object whose content can be read; without `sha256` there is nothing to compare it with."""

    bucket: Bucket
    at: str
    key: str
    size: int
    sha256: str


async def compare_checksums(name: str, contents: AsyncIterator[Content], at_once: int) -> Check:
    """Read every object whose SHA-256 is known."""
    wrong, numbers = Noted(), {"read": 0, "wrong": 0, "unknown": 0}

    async def read(content: Content) -> None:
        if not content.sha256:
            numbers["unknown"] += 1
            return
        numbers["read"] += 1
        if not await verify_checksum(content.bucket, content.at, content.sha256):
            wrong.add(content.key)

    await for_each(contents, read, at_once)
    numbers["wrong"] = wrong.count
    return judged(name, wrong.said("objects have not the SHA-256 that their records say"), numbers, noted=[wrong])


async def offers(supply: Supply) -> AsyncIterator[Content]:
    """The objects of the archive that are there."""
    for root in supply.roots:
        async for offered in supply.offered(root):
            entry = offered.entry
            yield Content(supply.places.location, entry.at, entry.key, entry.size, offered.sha256)
