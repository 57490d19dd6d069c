"""An organization's documents, read in batches: their ids are fixed first, so that what is read is of one moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from orgport.api.org_export import ExportDatabase
from orgport.browsertrix.references import leave_out, object_key, rewrite_urls
from orgport.browsertrix.sections import (
    COLLECTIONS,
    CRAWL_LOGS,
    ITEMS,
    PROFILES,
    REVISIONS,
    SEED_FILES,
    UPSTREAM_SECTIONS,
    WORKFLOWS,
    Section,
)
from orgport.browsertrix.storages import Storage
from orgport.stores.mongo import Database

BATCH = 200
"""Documents in memory at a time, and ids asked for at a time."""
CRAWLS_BATCH = 50
"""Crawls whose pages are asked for at a time."""
FIXED = (PROFILES, WORKFLOWS, ITEMS, COLLECTIONS, SEED_FILES)
"""Sections that hang on the organization itself; the rest hangs on workflows and items."""

Batch = list[dict[str, Any]]


@dataclass(frozen=True)
class Records:
    """The ids of an organization's documents, as they were when they were fixed."""

    database: Database
    org_id: UUID
    ids: dict[str, list[Any]]
    endpoint_urls: Sequence[str] = ()
    """Of the installation's storages: file names that begin with one become keys, which mean the same elsewhere."""
    foreign: set[str] = field(default_factory=set)
    """References to objects that are not the organization's, as they are come upon; they are left out."""

    async def batches(self, section: Section) -> AsyncIterator[Batch]:
        """The section's documents. Pages and logs are asked for by crawl: there is no index on the organization."""
        for query in self._queries(section):
            async for batch in read(self.database, section, query):
                yield [document for document in batch if self._make_own(section, document)] if section.files else batch

    def _make_own(self, section: Section, document: dict[str, Any]) -> bool:
        """Leave nothing in the document that names others' objects; False if it is itself such a name."""
        org_id = str(self.org_id)
        rewrite_urls(section, document, org_id, self.endpoint_urls)
        left_out = leave_out(section, document, lambda each: not each.custom and object_key(each, org_id) is None)
        self.foreign.update(f"{each.section}/{each.document} {each.path}: {each.filename}" for each in left_out)
        return all(each.path for each in left_out)

    async def count(self, section: Section) -> int:
        """How many documents the section has now."""
        collection = self.database.collection(section.collection)
        total = 0
        for query in self._queries(section):
            with self.database.translated():
                total += await collection.count_documents(query)
        return total

    def _queries(self, section: Section) -> Iterator[dict[str, Any]]:
        if section.name in self.ids:
            return ({"_id": {"$in": ids}} for ids in chunks(self.ids[section.name], BATCH))
        if section.name == REVISIONS.name:
            workflows = chunks(self.ids[WORKFLOWS.name], BATCH)
            return ({section.link: {"$in": ids}} for ids in workflows)
        items = chunks(self.ids[ITEMS.name], CRAWLS_BATCH)
        return ({section.link: {"$in": ids}, "oid": self.org_id} for ids in items)


async def fix_records(database: Database, org_id: UUID, storages: Iterable[Storage]) -> Records:
    """Remember the ids of everything that hangs on the organization itself."""
    ids: dict[str, list[Any]] = {}
    for section in FIXED:
        with database.translated():
            cursor = database.collection(section.collection).find({"oid": org_id}, {"_id": 1}).batch_size(10_000)
            ids[section.name] = [document["_id"] async for document in cursor]
    return Records(database, org_id, ids, [storage.url for storage in storages])


async def read(database: Database, section: Section, query: dict[str, Any]) -> AsyncIterator[Batch]:
    """What a query finds, in batches."""
    cursor = database.collection(section.collection).find(query).batch_size(BATCH)
    with database.translated():
        batch = await cursor.to_list(BATCH)
    while batch:
        yield batch
        with database.translated():
            batch = await cursor.to_list(BATCH)


def sections_of(database: ExportDatabase) -> tuple[Section, ...]:
    """The sections that the JSON gets, in its order."""
    extra = [SEED_FILES] * ("SeedFiles" in database.include) + [CRAWL_LOGS] * ("CrawlLogs" in database.include)
    return (*UPSTREAM_SECTIONS, *extra)


def chunks(values: Iterable[Any], size: int) -> Iterator[Sequence[Any]]:
    """The values, `size` at a time."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk
