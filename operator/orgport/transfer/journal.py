"""Which multipart uploads of ours are unfinished: a file beside the plan for each pod, which that pod alone writes.

A store's own list of uploads does not tell ours from those of others: only what stands here is resumed, or given up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from orgport.stores.objects import Notes

LINES_TYPE = "application/x-ndjson"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An upload under way.

    `bucket` is named as the plan does, `key` is the full key of the object to be. `source_etag`: of the object that the
    parts were taken from; `part_bytes`: the size of every part but the last.
    """

    bucket: str
    key: str
    upload_id: str
    source_etag: str
    part_bytes: int

    @property
    def place(self) -> tuple[str, str]:
        return self.bucket, self.key


class Journal:
    """The journal of one pod. `others`: what other pods' journals hold, of which this one may have to go on."""

    def __init__(
        self,
        notes: Notes,
        key: str,
        own: Iterable[Unfinished] = (),
        others: Iterable[Unfinished] = (),
        *,
        is_first: bool = True,
    ) -> None:
        self.is_first = is_first
        """Whether no pod has kept this journal before."""
        self._notes, self._key = notes, key
        self._own = {upload.place: upload for upload in own}
        self._others = {upload.place: upload for upload in others}
        self._changes, self._written = 1, 0
        self._writing = asyncio.Lock()

    def find(self, bucket: str, key: str) -> Unfinished | None:
        """The upload that an earlier pod left unfinished."""
        return self._own.get((bucket, key)) or self._others.get((bucket, key))

    async def add(self, upload: Unfinished) -> None:
        """Remember the upload; it is written down when this returns."""
        self._own[upload.place] = upload
        self._changes += 1
        await self.keep()

    def remove(self, upload: Unfinished) -> None:
        """Forget the upload, which is complete or given up; it is written down the next time, or at the end."""
        self._own.pop(upload.place, None)
        self._others.pop(upload.place, None)
        self._changes += 1

    async def keep(self) -> None:
        """Write everything down. Several that want it at once are served by one writing."""
        wanted = self._changes
        async with self._writing:
            if self._written >= wanted:
                return
            wanted = self._changes
            await self._notes.write(self._key, encode_journal(self._own.values()), content_type=LINES_TYPE)
            self._written = wanted


def encode_journal(uploads: Iterable[Unfinished]) -> bytes:
    """One JSON a line."""
    return b"".join(
        orjson.dumps(
            {
                "bucket": upload.bucket,
                "key": upload.key,
                "uploadId": upload.upload_id,
                "sourceETag": upload.source_etag,
                "partSize": upload.part_bytes,
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )
        for upload in uploads
    )


async def read_journal(notes: Notes, key: str) -> list[Unfinished]:
    """The uploads of a journal. A line that says nothing of use is passed over: its upload is not known to be ours."""
    lines = (await notes.read(key) or b"").splitlines()
    found = [upload for line in lines if (upload := _decode(line)) is not None]
    if len(found) < len(lines):
        logger.warning("%s has %d lines that name no upload", notes.url(key), len(lines) - len(found))
    return found


def _decode(line: bytes) -> Unfinished | None:
    try:
        row = orjson.loads(line)
        upload = Unfinished(row["bucket"], row["key"], row["uploadId"], row["sourceETag"], row["partSize"])
    except (ValueError, KeyError, TypeError):
        return None
    texts = (upload.bucket, upload.key, upload.upload_id, upload.source_etag)
    sound = all(type(text) is str for text in texts) and type(upload.part_bytes) is int
    return upload if sound else None
