"""An organization's documents, read in batches: their ids are fixed first, so that what is read is of one moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from orgport.api.org_export import ExportDatabase
from orgport.archive.batches import decode, split
from orgport.browsertrix.references import leave_out, object_key, rewrite_urls
from orgport.browsertrix.sections import (
    COLLECTIONS,
    CRAWL_LOGS,
    ITEMS,
    PAGES,
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
"""Documents asked for at a time, and ids."""
PAGES_BATCH = 1000
"""Documents asked for at a time where there are many, and small ones."""
CRAWLS_BATCH = 50
"""Crawls whose pages are asked for at a time."""
FIXED = (PROFILES, WORKFLOWS, ITEMS, COLLECTIONS, SEED_FILES)
"""Sections that hang on the organization itself; the rest hangs on workflows and items."""
MANY = (PAGES, CRAWL_LOGS)
"""Sections that may have millions of documents, all small, without files."""

Keys = Sequence[Any]


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

    def keys(self, section: Section) -> Iterator[Keys]:
        """The ids by which the section is read, as many as are asked for at a time.

        Pages and logs are asked for by crawl: there is no index on the organization.
        """
        if section in FIXED:
            return chunks(self.ids[section.name], BATCH)
        if section is REVISIONS:
            return chunks(self.ids[WORKFLOWS.name], BATCH)
        return chunks(self.ids[ITEMS.name], CRAWLS_BATCH)

    async def read(self, section: Section, keys: Keys) -> AsyncIterator[bytes]:
        """The encoded documents that have these ids or hang on them, in batches."""
        size = PAGES_BATCH if section in MANY else BATCH
        async for batch in self.database.raw_batches(section.collection, self._query(section, keys), size):
            yield batch

    async def documents(self, section: Section) -> AsyncIterator[dict[str, Any]]:
        """All of the section, decoded, without what is not the organization's."""
        for keys in self.keys(section):
            async for batch in self.read(section, keys):
                for document in map(decode, split(batch)):
                    if self.make_own(section, document):
                        yield document

    def make_own(self, section: Section, document: dict[str, Any]) -> bool:
        """Leave nothing in the document that names others' objects; False if it is itself such a name."""
        if not section.files:
            return True
        org_id = str(self.org_id)
        rewrite_urls(section, document, org_id, self.endpoint_urls)
        left_out = leave_out(section, document, lambda each: not each.custom and object_key(each, org_id) is None)
        self.foreign.update(f"{each.section}/{each.document} {each.path}: {each.filename}" for each in left_out)
        return all(each.path for each in left_out)

    async def count(self, section: Section) -> int:
        """How many documents the section has now."""
        collection = self.database.collection(section.collection)
        total = 0
        for keys in self.keys(section):
            with self.database.translated():
                total += await collection.count_documents(self._query(section, keys))
        return total

    def _query(self, section: Section, keys: Keys) -> dict[str, Any]:
        query: dict[str, Any] = {key_of(section): {"$in": keys}}
        return {**query, "oid": self.org_id} if section in MANY else query


def key_of(section: Section) -> str:
    """The member of a document that is among the ids by which the section is read."""
    return "_id" if section in FIXED else section.link


async def fix_records(database: Database, org_id: UUID, storages: Iterable[Storage]) -> Records:
    """Remember the ids of everything that hangs on the organization itself."""
    ids: dict[str, list[Any]] = {}
    for section in FIXED:
        with database.translated():
            cursor = database.collection(section.collection).find({"oid": org_id}, {"_id": 1}).batch_size(10_000)
            ids[section.name] = [document["_id"] async for document in cursor]
    return Records(database, org_id, ids, [storage.url for storage in storages])


def sections_of(database: ExportDatabase) -> tuple[Section, ...]:
    """The sections that the JSON gets, in its order."""
    extra = [SEED_FILES] * ("SeedFiles" in database.include) + [CRAWL_LOGS] * ("CrawlLogs" in database.include)
    return (*UPSTREAM_SECTIONS, *extra)


def chunks(values: Iterable[Any], size: int) -> Iterator[Sequence[Any]]:
    """The values, `size` at a time."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk
