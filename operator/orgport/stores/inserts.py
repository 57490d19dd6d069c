"""Documents into collections: unordered inserts in bounded batches, several in flight; nothing that exists is changed.

A document whose id is there already is looked at: an earlier try of the same import may have inserted it. Anybody
else's is a collision.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import bson
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo.errors import BulkWriteError

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.mongo import Database

T = TypeVar("T")

BATCH_DOCUMENTS = 1000
BATCH_BYTES = 4 * 1024 * 1024
IN_FLIGHT = 4
MAX_BSON_BYTES = 16 * 1024 * 1024
DUPLICATE_KEY = 11000
RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Pauses between the tries of a batch while the database does not answer."""

_CODEC: CodecOptions[dict[str, Any]] = CodecOptions(uuid_representation=UuidRepresentation.STANDARD)


@dataclass(frozen=True)
class Shelf:
    """A collection, and how a document that is there already shows whose it is."""

    collection: str
    link: str
    """The member that names the owner."""
    is_ours: Callable[[Any], bool]
    """Whether this value of it is the import's own."""


@dataclass
class _Batch:
    ids: list[Any] = field(default_factory=list)
    documents: list[RawBSONDocument] = field(default_factory=list)
    size: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.ids) >= BATCH_DOCUMENTS or self.size >= BATCH_BYTES


class Inserter:
    """Inserts what it is given. Each batch begins with `may_write`; `on_documents` hears how many more are in."""

    def __init__(
        self,
        database: Database,
        may_write: Callable[[], Awaitable[None]],
        on_documents: Callable[[int], None] = lambda _: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._may_write = may_write
        self._on_documents = on_documents
        self._sleep = sleep
        self._shelf: Shelf | None = None
        self._batch = _Batch()
        self._tasks: set[asyncio.Task[None]] = set()
        self.inserted = 0
        self.present = 0
        """Documents that were there already."""

    async def begin(self, shelf: Shelf) -> None:
        """Go on with another collection; what was for the one before is in when this returns."""
        if shelf != self._shelf:
            await self.flush()
            self._shelf = shelf

    async def add(self, document: Mapping[str, Any]) -> None:
        """A document for the collection; it may wait for the batches in flight."""
        encoded = _encoded(document)
        if len(encoded.raw) + self._batch.size > BATCH_BYTES:
            await self._send()
        self._batch.ids.append(document["_id"])
        self._batch.documents.append(encoded)
        self._batch.size += len(encoded.raw)
        if self._batch.is_full:
            await self._send()

    async def flush(self) -> None:
        """Return when everything is in."""
        await self._send()
        await self._wait_below(1)

    async def close(self) -> None:
        """Give up what is in flight."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _send(self) -> None:
        if not self._batch.ids:
            return
        assert self._shelf is not None
        await self._wait_below(IN_FLIGHT)
        batch, self._batch = self._batch, _Batch()
        self._tasks.add(asyncio.create_task(self._insert(self._shelf, batch)))

    async def _wait_below(self, count: int) -> None:
        while len(self._tasks) >= count:
            done, self._tasks = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    async def _insert(self, shelf: Shelf, batch: _Batch) -> None:
        duplicates = await self._stubbornly(lambda: self._insert_once(shelf, batch))
        if duplicates:
            await self._stubbornly(lambda: self._check_ours(shelf, duplicates))
        self.inserted += len(batch.ids) - len(duplicates)
        self.present += len(duplicates)
        self._on_documents(len(batch.ids))

    async def _stubbornly(self, action: Callable[[], Awaitable[T]]) -> T:
        """Try again while the database does not answer; an insert that was done after all then gives duplicates."""
        for pause in RETRY_SECONDS:
            try:
                return await action()
            except Failure as failure:
                if failure.reason != Reason.DATABASE_UNREACHABLE:
                    raise
            await self._sleep(pause)
        return await action()

    async def _insert_once(self, shelf: Shelf, batch: _Batch) -> list[Any]:
        """Insert the batch; returns the ids that are there already."""
        await self._may_write()
        collection = self._database.collection(shelf.collection)
        with self._database.translated():
            try:
                await collection.insert_many(batch.documents, ordered=False)
            except BulkWriteError as error:
                return _duplicates(error, shelf, batch.ids)
        return []

    async def _check_ours(self, shelf: Shelf, ids: Sequence[Any]) -> None:
        collection = self._database.collection(shelf.collection)
        with self._database.translated():
            found = {each["_id"]: each async for each in collection.find({"_id": {"$in": list(ids)}}, {shelf.link: 1})}
        foreign = [each for each in ids if each not in found or not shelf.is_ours(found[each].get(shelf.link))]
        if foreign:
            raise Failure(
                Reason.IDENTIFIER_COLLISION,
                f"{len(foreign)} documents cannot go into {shelf.collection}: others have their ids or unique names",
                keys=[f"{shelf.collection}/{each}" for each in foreign],
            )


def _encoded(document: Mapping[str, Any]) -> RawBSONDocument:
    try:
        raw = bson.encode(document, codec_options=_CODEC)
    except (BSONError, OverflowError, UnicodeEncodeError):
        raise Failure(Reason.EXPORT_CORRUPT, f"document {document['_id']}: the database cannot hold it") from None
    if len(raw) > MAX_BSON_BYTES:
        raise Failure(Reason.EXPORT_CORRUPT, f"document {document['_id']} has more than 16 MiB")
    return RawBSONDocument(raw, codec_options=_RAW)


_RAW: CodecOptions[RawBSONDocument] = CodecOptions(
    document_class=RawBSONDocument, uuid_representation=UuidRepresentation.STANDARD
)


def _duplicates(error: BulkWriteError, shelf: Shelf, ids: Sequence[Any]) -> list[Any]:
    details = error.details or {}
    if details.get("writeConcernErrors"):
        raise Failure(Reason.DATABASE_UNREACHABLE, f"{shelf.collection}: the write was not acknowledged") from None
    errors = details.get("writeErrors", [])
    others = [each for each in errors if each.get("code") != DUPLICATE_KEY]
    if others:
        code, identifier = others[0].get("code"), ids[others[0]["index"]]
        raise Failure(
            Reason.INTERNAL, f"{shelf.collection}/{identifier}: the database refused it (code {code})"
        ) from None
    return [ids[each["index"]] for each in errors]
