"""The journals of a run's unfinished uploads, in the run's own folder."""

from __future__ import annotations

import logging

from orgport.api.failures import Failure
from orgport.transfer.journal import Journal, Unfinished, read_journal
from orgport.worker.context import Context
from orgport.worker.places import LOCATION, Places

UPLOADS = "uploads-"

logger = logging.getLogger(__name__)


async def open_journal(context: Context, places: Places, name: str) -> Journal:
    """The journal of that name, which is there from now on; it knows what all earlier pods of the run left."""
    run, own = await places.run(), f"{places.run_prefix}{UPLOADS}{name}.ndjson"
    found = await _journals(places)
    others = [upload for key, uploads in found.items() if key != own for upload in uploads]
    journal = Journal(run, own, found.get(own, ()), others, is_first=own not in found)
    await context.fence.may_write()
    await journal.keep()
    return journal


async def give_up_uploads(places: Places) -> None:
    """Abort what the journals have: nobody will go on with it. What is complete is not there to be aborted."""
    for uploads in (await _journals(places)).values():
        for upload in uploads:
            try:
                bucket = await places.bucket(upload.bucket)
            except Failure as failure:
                logger.warning("an unfinished upload of %s is left: %s", upload.key, failure.message)
            else:
                await bucket.begun_upload(upload.key, upload.upload_id).abort()


async def _journals(places: Places) -> dict[str, list[Unfinished]]:
    """By the journals' keys, their uploads, but those at places where this kind of run writes nothing."""
    run = await places.run()
    keys = [listed.key async for listed in run.list(places.run_prefix + UPLOADS)]
    return {key: [each for each in await read_journal(run, key) if _is_written_to(places, each)] for key in keys}


def _is_written_to(places: Places, upload: Unfinished) -> bool:
    """An export writes at its location, an import in the storages; what a journal in a bucket says is not trusted."""
    return (upload.bucket == LOCATION) == (places.run_ref == LOCATION)
