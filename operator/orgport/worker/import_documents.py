"""Documents from the JSON into the target's collections, in the order that does no harm on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from orgport.archive.reading import DATABASE_VERSION, ORGANIZATION, STATEMENT, Found, read_documents
from orgport.browsertrix.counters import Tally
from orgport.browsertrix.normalise import schedule
from orgport.browsertrix.references import Reference, object_key
from orgport.browsertrix.sections import CRAWL_LOGS, ITEMS, REVISIONS, WORKFLOWS, Section, by_name
from orgport.browsertrix.storage_refs import map_storages
from orgport.browsertrix.upgrades import needs_survey
from orgport.browsertrix.users import map_users
from orgport.stores.inserts import Shelf
from orgport.worker.context import Context
from orgport.worker.import_details import ImportDetails
from orgport.worker.import_membership import Membership
from orgport.worker.import_order import passes
from orgport.worker.import_preparation import Preparation, preparation_of
from orgport.worker.import_references import StorageNames, replicas_of, storage_mapping
from orgport.worker.import_scan import Heading
from orgport.worker.import_source import JsonReading
from orgport.worker.places import Places, target_storage

LOGS_AT_ONCE = 1000
"""How many log lines of old items wait for the items to be in."""


@dataclass
class Arrival:
    """What is done to each document, and what is learned from them all."""

    preparation: Preparation
    users: dict[UUID, UUID]
    storages: StorageNames
    replicas: frozenset[str]
    tally: Tally
    suspend: bool
    membership: Membership = field(default_factory=Membership)
    unmapped: set[UUID] = field(default_factory=set)
    """Users that records name and that have no account here."""
    schedules: dict[UUID, str] = field(default_factory=dict)
    """The schedules that were emptied, by workflow."""
    scheduled: int = 0
    """Workflows that kept their schedules."""

    def admit(self, found: Found) -> bool:
        """Make the document ready, in place; False if it does not go in."""
        section, document = by_name[found.section], found.document
        former = schedule(document) if section is WORKFLOWS else ""
        self.preparation.prepare(section, document, held=found.held)
        if not self.membership.belongs(section, document) or not self.membership.add(section, document):
            return False
        if former and self.suspend:
            self.schedules[document["_id"]] = former
        self.scheduled += bool(former) and not self.suspend
        self.settle(section, document)
        return True

    def settle(self, section: Section, document: dict[str, Any]) -> None:
        """Give users and storages their new names, in place, and count what takes room."""
        self.unmapped |= map_users(section, document, self.users)
        map_storages(section, document, self.storages, self.replicas)
        self.tally.add(section, document)


def arrived(missing: list[str], org_id: str) -> Tally:
    """A tally that does not count the objects that are missing."""
    absent = frozenset(missing)

    def is_there(reference: Reference) -> bool:
        return object_key(reference, org_id) not in absent

    return Tally(is_there) if absent else Tally()


def arrival_of(
    context: Context,
    places: Places,
    heading: Heading,
    details: ImportDetails,
    users: dict[UUID, UUID],
    missing: list[str],
) -> Arrival:
    """What the import's spec and its plan do to documents; `users` are accounts by the source's ids."""
    spec, organization = context.task.import_spec, heading.id
    sha256 = str(details.source.sha256)
    return Arrival(
        preparation_of(context, places, organization, heading.version, details.target_version, sha256),
        users,
        storage_mapping(spec, places.storages, target_storage(context, places.storages).name),
        replicas_of(places.storages),
        arrived(missing, str(organization)),
        suspend=spec.schedules == "Suspend",
    )


class Taker(Protocol):
    """Takes documents, collection by collection: an `Inserter`, or who compares them with what is there."""

    async def begin(self, shelf: Shelf) -> None: ...

    async def add(self, document: Mapping[str, Any]) -> None: ...

    async def flush(self) -> None: ...

    async def close(self) -> None: ...


@dataclass
class Stream:
    """Reads the JSON as often as its order asks for, and hands on what comes."""

    places: Places
    details: ImportDetails
    arrival: Arrival
    inserter: Taker
    logs: Taker
    """For log lines that old items hold: they become documents of their own while the items go in."""
    organization: UUID
    logs_made: int = 0
    _waiting: list[dict[str, Any]] = field(default_factory=list, init=False, repr=False)

    async def run(self) -> None:
        """Insert every document but the organization's own. MANIFEST_MISMATCH if the JSON is not the planned one."""
        if needs_survey(self.details.db_version):
            await self._survey()
        for wanted in passes(self.details.runs) or [frozenset()]:
            await self._pass(wanted)
        await self._insert_logs()

    async def _survey(self) -> None:
        reading = JsonReading(self.places, self.details.source)
        async for found in read_documents(reading.chunks(), self.details.source.title):
            if found.section not in (DATABASE_VERSION, ORGANIZATION, STATEMENT):
                self.arrival.preparation.survey(by_name[found.section], found.document, held=found.held)

    async def _pass(self, wanted: frozenset[str]) -> None:
        reading = JsonReading(self.places, self.details.source)
        async for found in read_documents(reading.chunks(), self.details.source.title):
            if found.section in wanted:
                await self._insert(found)
        reading.checked_sha256()

    async def _insert(self, found: Found) -> None:
        section = by_name[found.section]
        if not self.arrival.admit(found):
            return
        await self.inserter.begin(self._shelf(section))
        await self.inserter.add(found.document)
        if section is ITEMS:
            self._waiting += self.arrival.preparation.context.take_logs()
            if len(self._waiting) >= LOGS_AT_ONCE:
                await self._insert_logs()

    async def _insert_logs(self) -> None:
        """Insert the log lines that wait, after everything else: a rollback finds them by the items that had them."""
        await self.inserter.flush()
        await self.logs.begin(self._shelf(CRAWL_LOGS))
        for document in self._waiting:
            await self.logs.add(document)
        await self.logs.flush()
        self.logs_made += len(self._waiting)
        self._waiting.clear()

    def _shelf(self, section: Section) -> Shelf:
        if section is REVISIONS:
            return Shelf(section.collection, section.link, self.arrival.membership.workflows.__contains__)
        return Shelf(section.collection, "oid", self.organization.__eq__)
