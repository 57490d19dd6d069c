"""The preflight of an import: what the source offers, what the target has, and all that stands between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from orgport.api.failures import Failure
from orgport.api.org_import import OrgImportSpec
from orgport.api.reasons import Reason
from orgport.api.report import Counters
from orgport.api.status import ImportResult, OrgInfo
from orgport.stores.mongo import Database
from orgport.stores.receipt_model import LET_IT_END, Claim, Receipt, obstacle
from orgport.stores.receipts import Receipts
from orgport.worker.context import Context
from orgport.worker.import_checks import channel_warnings, object_warnings, proxy_warnings, version_conflict
from orgport.worker.import_conflicts import Conflict, as_failure
from orgport.worker.import_details import ImportDetails, Source
from orgport.worker.import_inventory import Supply
from orgport.worker.import_objects import Comparison, ObjectPlan
from orgport.worker.import_preparation import preparation_of
from orgport.worker.import_references import References, StorageNames, storage_mapping
from orgport.worker.import_reports import result_of
from orgport.worker.import_scan import Heading, Scan, read_heading, read_through
from orgport.worker.import_source import claim_of, hash_json, manifest_first
from orgport.worker.import_target import Collisions, Names, names_of, occupied, taken_names
from orgport.worker.places import Places, target_storage

CHANNELS = "crawler_channels.json"
"""The key, beside storages.json, of the target's crawler channels."""


@dataclass
class Preflight:
    """Facts, gathered in the order begin, read, conflicts."""

    context: Context
    places: Places
    database: Database | None
    """None: files alone are imported."""
    source: Source
    mapping: StorageNames
    heading: Heading | None = None
    """None: the archive holds objects alone."""
    receipt: Receipt | None = None
    target_version: str = ""
    references: References = field(default_factory=lambda: References("", ()))
    scan: Scan | None = None
    comparison: Comparison = field(default_factory=lambda: Comparison([]))
    missing: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    found: list[Conflict] = field(default_factory=list)

    @property
    def spec(self) -> OrgImportSpec:
        return self.context.task.import_spec

    @property
    def org_id(self) -> str:
        return str(self.heading.id) if self.heading is not None else str(self.source.org_id)

    @property
    def names(self) -> Names:
        return names_of(self.spec, self.heading.organization if self.heading is not None else {})

    @property
    def org(self) -> OrgInfo:
        version = self.heading.version if self.heading is not None else ""
        return OrgInfo(id=self.org_id, slug=self.names.slug, name=self.names.name, db_version=version)

    @property
    def claim(self) -> Claim:
        return claim_of(self.context, self.places, UUID(self.org_id), str(self.source.sha256))

    @property
    def counters(self) -> Counters:
        return Counters(
            objects_total=self.comparison.items.count,
            objects_present=self.comparison.present,
            bytes_total=self.comparison.items.bytes,
            documents_total=sum(self.sections.values()),
        )

    @property
    def sections(self) -> dict[str, int]:
        return self.scan.membership.counts() if self.scan is not None and self.database is not None else {}

    def close(self) -> None:
        """Remove what is on disk."""
        self.references.needed.close()
        self.comparison.items.close()

    async def begin(self) -> None:
        """Read what comes first: version, organization and receipt."""
        if self.source.database is None:
            return
        self.context.progress.message = f"reading {self.source.title}"
        self.heading = await read_heading(self.places, self.source)
        if self.database is None:
            return
        self.target_version = await self.database.version()
        self.receipt = await Receipts(self.database).of(self.heading.id)
        if self.receipt is not None and self.source.sha256 is None:
            # Whether the receipt is of this very source is asked before the JSON is read through.
            self.source = self.source.model_copy(update={"sha256": await hash_json(self.places, self.source)})

    async def conflicts(self) -> list[Conflict]:
        """Everything that has to be settled first. What is broken beyond comparing raises at once."""
        if self.database is not None and self.heading is not None:
            self.found += [each async for each in self._of_names(self.database)]
            version = version_conflict(self.spec, self.heading.version, self.target_version)
            if version is not None:
                # What another version's documents are like is not known: they are not read.
                async with manifest_first(self.places, self.source):
                    raise as_failure([version, *self.found])
        await self._read()
        await self._compare()
        return self.found

    async def _of_names(self, database: Database) -> AsyncIterator[Conflict]:
        problem = obstacle(self.receipt, self.claim, await Receipts(database).server_time())
        if problem is not None:
            yield Conflict(
                Reason.ORGANIZATION_EXISTS, f"organization {self.org_id}: {problem}", [self.org_id], LET_IT_END
            )
        else:
            async for conflict in occupied(database, self.claim, self.receipt):
                yield conflict
        async for conflict in taken_names(database, self.claim.organization, self.names):
            yield conflict

    async def _read(self) -> None:
        if self.heading is None:
            return
        self.references.org_id, self.references.endpoint_urls = self.org_id, [each.url for each in self.places.storages]
        preparation = preparation_of(
            self.context, self.places, self.heading.id, self.heading.version, self.target_version
        )
        self.scan = Scan(self.source, self.heading, preparation, self.references)
        collisions = Collisions(self.database, self.heading.id) if self.database is not None else None
        sha256 = await read_through(self.places, self.scan, collisions)
        self.source = self.source.model_copy(update={"sha256": sha256})
        self.found += self.references.conflicts()
        if collisions is not None:
            explained = self.receipt is not None and self.receipt.explains(self.claim)
            self.found += await collisions.conflicts(self.scan.membership, ours_are_explained=explained)

    async def _compare(self) -> None:
        self.context.progress.message = "listing both sides"
        try:
            self.mapping = storage_mapping(self.spec, self.places.storages, self.mapping.target)
        except Failure as failure:
            self.found.append(Conflict(failure.reason, failure.message, failure.keys, failure.suggestion))
            return
        objects = ObjectPlan(self.places, self.references, self.mapping, self.org_id)
        supply = None
        if "Files" in self.spec.content:
            supply = Supply(self.places, self.source, self.org_id)
            await supply.survey()
        self.comparison.items.close()
        self.comparison = await objects.compare(supply)
        self.found += self.comparison.conflicts()
        self.lost = supply.lost if supply is not None else []
        self.missing = objects.missing()
        if self.missing and self.spec.files.missing == "Fail":
            self.found.append(missing_objects(self.missing, self.comparison.wrong))

    def warnings(self) -> list[str]:
        """What a person should look at."""
        found = list(object_warnings(self.comparison, self.lost, self.missing))
        if self.scan is None:
            return found
        unused = self.mapping.unused(self.references.storages)
        found += [f"spec.storageMapping: the export knows no storage {name!r}" for name in unused]
        if self.database is None:
            return found
        secret = self.context.inputs.secret(self.spec.target.storages.secret_ref.name)
        found += channel_warnings(self.scan.channels, secret.get(CHANNELS))
        found += proxy_warnings(self.scan.proxies)
        return found + self.scan.membership.warnings() + list(self.scan.warnings)

    def details(self) -> ImportDetails:
        """What the database step has to know."""
        names = {name: self.mapping(name) for name in self.references.storages}
        return ImportDetails(
            source=self.source,
            db_version=self.org.db_version,
            target_version=self.target_version,
            sections=self.sections,
            runs=self.scan.runs if self.scan is not None else [],
            storages=names,
            target=self.mapping.target,
            name=self.names.name,
            slug=self.names.slug,
            objects=self.comparison.objects,
            bytes=self.comparison.bytes,
            warnings=self.warnings(),
        )

    def result(self, report: str) -> ImportResult:
        """The result of a run that ends with the files."""
        return result_of(self.places, self.org_id, self.details(), report)

    def facts(self) -> dict[str, Any]:
        """For the report."""
        return {
            "org": self.org.dump(),
            "source": self.source.dump(),
            "counters": self.counters.dump(),
            "documents": self.sections,
            "storages": self.details().storages,
            "missing": self.missing,
            "lost": self.lost,
            "warnings": self.warnings(),
        }

    def summary(self) -> str:
        """In a line."""
        counters = self.counters
        text = (
            f"{counters.objects_total} objects ({counters.bytes_total} bytes) to copy, "
            f"{counters.objects_present} there already, {counters.documents_total} documents to insert"
        )
        return f"{text}, {len(self.missing)} objects missing" if self.missing else text


def preflight_of(context: Context, places: Places, database: Database | None, source: Source) -> Preflight:
    """A preflight that knows nothing yet."""
    target = target_storage(context, places.storages)
    return Preflight(context, places, database, source, StorageNames({}, target.name))


def missing_objects(missing: list[str], wrong: list[str]) -> Conflict:
    """The conflict of references without object."""
    sizes = f" ({len(wrong)} have another size)" if wrong else ""
    return Conflict(
        Reason.OBJECTS_MISSING,
        f"{len(missing)} objects that records name are missing{sizes}, such as {missing[0]}",
        missing,
    )
