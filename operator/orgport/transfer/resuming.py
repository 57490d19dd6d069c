"""A multipart upload from its beginning, or from where an earlier pod left it, to its end."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.objects import Objects, Uploading
from orgport.stores.s3 import AlreadyThere
from orgport.transfer.journal import Journal, Unfinished

LASTING = (Reason.ENDPOINT_UNREACHABLE, Reason.CREDENTIALS_REJECTED, Reason.ACCESS_DENIED)
"""Failures after which the parts that are there are as good as before."""
NO_LIST_OF_PARTS = (Reason.INTERNAL, Reason.ACCESS_DENIED)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sending:
    """An upload under way. `sent`: the numbers of the parts that are there already."""

    upload: Uploading
    sent: set[int]
    entry: Unfinished
    journal: Journal | None

    def finished(self) -> None:
        """The object is there."""
        if self.journal is not None:
            self.journal.remove(self.entry)

    async def failed(self, error: BaseException) -> None:
        """Give the upload up, unless the next pod can go on with it."""
        if self.journal is not None and is_resumable(error):
            return
        await self.upload.abort()
        self.finished()


def is_resumable(error: BaseException) -> bool:
    """Whether the error says nothing against the parts that were sent before it."""
    if isinstance(error, Failure):
        return error.reason in LASTING
    return not isinstance(error, AlreadyThere)


async def begin(
    destination: Objects,
    wanted: Unfinished,
    headers: Mapping[str, str],
    sizes: Mapping[int, int],
    journal: Journal | None,
) -> Sending:
    """Go on with the upload that the journal has of the same object in the same parts; else begin one.

    `wanted` lacks its upload id; `sizes`: of every part, by number.
    """
    earlier = journal.find(*wanted.place) if journal is not None else None
    if earlier is not None:
        upload = destination.begun_upload(earlier.key, earlier.upload_id)
        sent = await _adopt(upload, sizes) if _is_same(earlier, wanted) else None
        if sent is not None:
            return Sending(upload, sent, earlier, journal)
        await upload.abort()
    upload = await destination.upload(wanted.key, headers)
    sending = Sending(upload, set(), replace(wanted, upload_id=upload.upload_id), journal)
    if journal is not None:
        await _note(sending, journal)
    return sending


async def _note(sending: Sending, journal: Journal) -> None:
    try:
        await journal.add(sending.entry)
    except BaseException:
        await sending.upload.abort()
        raise


def _is_same(earlier: Unfinished, wanted: Unfinished) -> bool:
    """Whether the parts are those that are wanted now; nothing is known of an object without an ETag."""
    same = (earlier.source_etag, earlier.part_bytes) == (wanted.source_etag, wanted.part_bytes)
    return same and wanted.source_etag != ""


async def _adopt(upload: Uploading, sizes: Mapping[int, int]) -> set[int] | None:
    try:
        return await upload.adopt(sizes)
    except Failure as failure:
        if failure.reason not in NO_LIST_OF_PARTS:
            raise
        logger.warning("an unfinished upload is begun anew: %s", failure.message)
        return None
