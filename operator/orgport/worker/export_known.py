"""Pairs of ETags that an earlier archive below the same prefix knows: one content, uploaded in other parts."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import datetime

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.archive import layout
from orgport.archive.inventory import InventoryLine, decode_line
from orgport.archive.manifest import Manifest, parse_manifest
from orgport.stores.s3 import Bucket
from orgport.transfer.work_file import lines
from orgport.worker.export_claim import Archive
from orgport.worker.export_tables import PairTable

EXPORTS = "exports/"
UNUSABLE = (Reason.EXPORT_CORRUPT, Reason.OBJECTS_MISSING, Reason.SOURCE_CHANGED)

logger = logging.getLogger(__name__)


async def known_pairs(archive: Archive, org_id: str) -> PairTable:
    """The pairs of ETags of the newest inventory, which a broken one has none of; to be closed."""
    pairs, key = PairTable(), await _newest_inventory(archive, org_id)
    if key is None:
        return pairs
    try:
        async for line in _lines(archive.bucket, key):
            pairs.add(line)
    except Failure as failure:
        pairs.close()
        if failure.reason not in UNUSABLE:
            raise
        logger.warning("%s is of no use: %s", archive.bucket.url(key), failure.message)
        return PairTable()
    return pairs


async def _newest_inventory(archive: Archive, org_id: str) -> str | None:
    newest: tuple[datetime, str] | None = None
    bucket, folder = archive.bucket, archive.prefix + EXPORTS
    for key in await _manifests(bucket, folder):
        manifest = await _manifest(bucket, key)
        if manifest is None or manifest.org.id != org_id or manifest.inventory is None:
            continue
        if newest is None or manifest.completion_time > newest[0]:
            newest = manifest.completion_time, key.removesuffix(layout.MANIFEST) + layout.INVENTORY
    return newest[1] if newest else None


async def _manifests(bucket: Bucket, folder: str) -> list[str]:
    depth, end = folder.count("/") + 1, f"/{layout.MANIFEST}"
    return [item.key async for item in bucket.list(folder) if item.key.endswith(end) and item.key.count("/") == depth]


async def _manifest(bucket: Bucket, key: str) -> Manifest | None:
    # Others' archives may lie here, and of a later format.
    try:
        return parse_manifest(await bucket.read(key) or b"", bucket.url(key))
    except Failure as failure:
        if failure.reason not in UNUSABLE:
            raise
        return None


async def _lines(bucket: Bucket, key: str) -> AsyncIterator[InventoryLine]:
    async for data in lines(bucket.stream(key)):
        if (line := decode_line(data)).etag != line.source_etag:
            yield line
