"""The JSON read through once before anything is written: is it whole, what is in it, and what does it refer to."""

from __future__ import annotations

from contextlib import aclosing
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.archive.reading import DATABASE_VERSION, ORGANIZATION, STATEMENT, Found, read_documents
from orgport.browsertrix import sections
from orgport.browsertrix.decoding import decode
from orgport.browsertrix.normalise import schedule
from orgport.browsertrix.sections import Section, by_name
from orgport.worker.import_checks import names_in
from orgport.worker.import_details import Source
from orgport.worker.import_membership import Membership
from orgport.worker.import_preparation import Preparation
from orgport.worker.import_references import References
from orgport.worker.import_source import JsonReading, manifest_first
from orgport.worker.import_target import Collisions
from orgport.worker.places import Places

SHOWN = 100
"""Warnings about documents that are kept."""


@dataclass(frozen=True)
class Heading:
    """What has to be known before the first document is looked at."""

    version: str
    organization: dict[str, Any]
    """As in the JSON but for its types."""

    @property
    def id(self) -> UUID:
        identifier: UUID = self.organization["_id"]
        return identifier


async def read_heading(places: Places, source: Source) -> Heading:
    """Version and organization; a usual export has them first, and no more than its beginning is read."""
    async with manifest_first(places, source):
        return await _heading(places, source)


async def _heading(places: Places, source: Source) -> Heading:
    version: Any = None
    organization: dict[str, Any] | None = None
    async with aclosing(read_documents(JsonReading(places, source).chunks(), source.title)) as stream:
        async for found in stream:
            if found.section == DATABASE_VERSION:
                version = found.document
            elif found.section == ORGANIZATION:
                organization = decode(sections.ORGANIZATION, found.document)
            if version is not None and organization is not None:
                break
    if not isinstance(version, str) or organization is None:
        lacking = "dbVersion" if not isinstance(version, str) else "org"
        raise Failure(Reason.EXPORT_CORRUPT, f"{source.title} has no data.{lacking}")
    for name in ("name", "slug"):
        if not isinstance(organization.get(name), str):
            raise Failure(Reason.EXPORT_CORRUPT, f"{source.title}: data.org has no {name}")
    if not isinstance(organization["_id"], UUID) or str(organization["_id"]) != (
        source.org_id or str(organization["_id"])
    ):
        raise Failure(Reason.EXPORT_CORRUPT, f"{source.title} is not of organization {source.org_id or 'any'}")
    return Heading(version, organization)


@dataclass
class Scan:
    """What was read."""

    source: Source
    heading: Heading
    preparation: Preparation
    references: References
    membership: Membership = field(default_factory=Membership)
    runs: list[str] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    """Documents by section as the export counts them, "held." ones apart."""
    warnings: dict[str, None] = field(default_factory=dict)
    channels: set[str] = field(default_factory=set)
    proxies: set[str] = field(default_factory=set)
    schedules: int = 0

    def add(self, found: Found) -> tuple[Section, Any] | None:
        """Look at a document; its section and id if it is going to be inserted."""
        section, document = by_name[found.section], found.document
        name = f"held.{section.name}" if found.held else section.name
        self.counted[name] = self.counted.get(name, 0) + 1
        if not self.runs or self.runs[-1] != section.name:
            self.runs.append(section.name)
        if section is sections.WORKFLOWS:
            self.channels |= names_in(document, "crawlerChannel")
            self.proxies |= names_in(document, "proxyId")
            self.schedules += bool(schedule(document))
        self.warn(self.preparation.prepare(section, document, held=found.held))
        if not self.membership.add(section, document):
            return None
        self.references.add(section, document)
        return section, document["_id"]

    def add_organization(self) -> None:
        """Look at the organization: all that will be made of it can be made."""
        document = deepcopy(self.heading.organization)
        self.references.add(sections.ORGANIZATION, document)
        self.preparation.organization(document)

    def warn(self, warnings: list[str]) -> None:
        for warning in warnings:
            if len(self.warnings) < SHOWN:
                self.warnings[warning] = None

    def check_statement(self, statement: Any) -> None:
        """The export says at its end how many documents it wrote."""
        counts = statement.get("counts") if isinstance(statement, dict) else None
        if not isinstance(counts, dict):
            return
        for name, count in counts.items():
            if self.counted.get(name, 0) != count:
                raise Failure(
                    Reason.EXPORT_CORRUPT,
                    f"{self.source.title}: {name} has {self.counted.get(name, 0)} documents, not the {count} it says",
                )


async def read_through(places: Places, scan: Scan, collisions: Collisions | None) -> str:
    """Read all of the JSON into the scan; its SHA-256. What is wrong with it raises here, before the first write."""
    async with manifest_first(places, scan.source):
        return await _read_through(places, scan, collisions)


async def _read_through(places: Places, scan: Scan, collisions: Collisions | None) -> str:
    reading = JsonReading(places, scan.source)
    statement: Any = None
    async for found in read_documents(reading.chunks(), scan.source.title):
        if found.section == STATEMENT:
            statement = found.document
        elif found.section not in (DATABASE_VERSION, ORGANIZATION):
            arriving = scan.add(found)
            if arriving is not None and collisions is not None:
                await collisions.add(*arriving)
    scan.add_organization()
    scan.check_statement(statement)
    return reading.checked_sha256()
