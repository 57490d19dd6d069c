"""What an import brought, held against its source: receipt, organization, documents and objects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from uuid import UUID

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.archive.manifest import Manifest
from orgport.browsertrix.sections import CRAWL_LOGS
from orgport.browsertrix.storages import find
from orgport.stores.mongo import Database
from orgport.stores.receipt_model import COMPLETE, Receipt
from orgport.stores.receipts import Held, Receipts
from orgport.worker.context import Context
from orgport.worker.import_conflicts import as_failure
from orgport.worker.import_details import Source
from orgport.worker.import_documents import Stream, arrival_of
from orgport.worker.import_inventory import Supply
from orgport.worker.import_membership import OWNERS
from orgport.worker.import_objects import ObjectPlan, arriving_of
from orgport.worker.import_order import ORDER
from orgport.worker.import_preflight import Preflight, preflight_of
from orgport.worker.import_target import ORGANIZATIONS, count
from orgport.worker.import_users import Registrar
from orgport.worker.places import Places
from orgport.worker.verify_documents import Comparer, Comparisons
from orgport.worker.verify_objects import NOT_ASKED, Content, compare_checksums
from orgport.worker.verify_report import Check, Noted, failed, judged, skipped

WITHOUT_DATABASE = "spec.content has no Database"
COMPARED = (Reason.OBJECT_CONFLICT, Reason.OBJECTS_MISSING)
"""Conflicts that are rows of their own."""


@dataclass
class TargetVerification:
    """The checks of one import."""

    context: Context
    places: Places
    database: Database | None
    """None: files alone were imported."""
    source: Source
    manifest: Manifest | None
    """None: the source is a bare JSON."""
    checksum: bool
    checks: list[Check] = field(default_factory=list)
    shared: int = 0
    """Objects of the target that are the very objects of the source."""

    async def run(self) -> None:
        """Make all checks."""
        with closing(preflight_of(self.context, self.places, None, self.source)) as preflight:
            try:
                await self._look(preflight)
            except Failure as failure:
                self.checks.append(failed("source", failure))
                return
            comparisons = Comparisons(preflight.org_id)
            await self._database(preflight, comparisons)
            self.shared = preflight.comparison.shared
            self.checks.append(await self._objects(preflight, comparisons.released))
            self.checks.append(await self._checksums(preflight, comparisons))

    async def _look(self, preflight: Preflight) -> None:
        """Read the source through, and list both sides, as an import does before it begins."""
        if self.database is not None:
            preflight.target_version = await self.database.version()
        await preflight.begin()
        conflicts = [each for each in await preflight.conflicts() if each.reason not in COMPARED]
        if conflicts:
            raise as_failure(conflicts)

    async def _database(self, preflight: Preflight, comparisons: Comparisons) -> None:
        database = self.database
        if database is None or preflight.heading is None:
            self.checks += [skipped(name, WITHOUT_DATABASE) for name in ("receipt", "organization", "documents")]
            return
        receipt = await Receipts(database).of(UUID(preflight.org_id))
        self.checks.append(judged_receipt(receipt, str(preflight.source.sha256)))
        self.checks.append(await _organization(database, UUID(preflight.org_id)))
        if receipt is None:
            self.checks.append(skipped("documents", "there is no receipt that says what was imported"))
            return
        self.context.progress.message = "comparing the documents"
        await self._documents(preflight, database, receipt, comparisons)

    async def _documents(
        self, preflight: Preflight, database: Database, receipt: Receipt, comparisons: Comparisons
    ) -> None:
        """Import once more, into nothing, and compare."""
        heading, scan = preflight.heading, preflight.scan
        assert heading is not None
        assert scan is not None
        expected, details = scan.membership.counts(), preflight.details()
        registrar = Registrar(database, Held(database, receipt), "", makes_accounts=False)
        accounts = await registrar.register(heading.organization)
        arrival = arrival_of(self.context, self.places, heading, details, accounts.mapping, preflight.missing)
        takers = Comparer(database, comparisons), Comparer(database, comparisons)
        stream = Stream(self.places, details, arrival, *takers, heading.id)
        await stream.run()
        for section in ORDER:
            owners = arrival.membership.owners(section.name) if section.name in OWNERS else set()
            made = stream.logs_made if section is CRAWL_LOGS else 0
            total = await count(database, section, heading.id, sorted(owners, key=str))
            self.checks.append(comparisons.row(section, expected.get(section.name, 0) + made, total))

    async def _objects(self, preflight: Preflight, released: set[str]) -> Check:
        comparison, nowhere = preflight.comparison, self._nowhere(preflight, released)
        buckets = [(name, await self.places.storage(name)) for name in comparison.storages]
        renewed = {bucket.url(self._at(name, key)) for name, bucket in buckets for key in released}
        urls = (buckets[item.leg][1].url(item.destination) for item in comparison.items)
        lacking, lacking_since = _apart(urls, renewed)
        differing, differing_since = _apart(comparison.in_the_way, renewed)
        problems = lacking.said("objects are missing") + differing.said("objects have other content")
        problems += nowhere.said("objects that records name are on neither side")
        replaced = lacking_since + differing_since
        numbers = {
            "objects": comparison.objects,
            "bytes": comparison.bytes,
            "there": comparison.present,
            "missing": lacking.count + nowhere.count,
            "differing": differing.count,
            "replaced": replaced,
        }
        note = f"{replaced} replaced since" if replaced else ""
        return judged("objects in target", problems, numbers, note=note, noted=[lacking, differing, nowhere])

    def _at(self, storage: str, key: str) -> str:
        return find(self.places.storages, storage).prefix + key

    def _nowhere(self, preflight: Preflight, released: set[str]) -> Noted:
        """Objects that were to be brought; those that the source lacked from the start are not among them."""
        nowhere = Noted()
        if self.manifest is None and self.context.task.spec.files.missing == "Report":
            return nowhere
        known = released.union(self.manifest.missing if self.manifest else ())
        for key in preflight.missing:
            if key not in known:
                nowhere.add(key)
        return nowhere

    async def _checksums(self, preflight: Preflight, comparisons: Comparisons) -> Check:
        name = "checksums in target"
        if not self.checksum:
            return skipped(name, NOT_ASKED)
        if "Files" not in self.context.task.spec.content:
            return skipped(name, "spec.content has no Files")
        self.context.progress.message = "reading the target's objects"
        contents = self._arrived(preflight, comparisons.released)
        return await compare_checksums(name, contents, self.context.task.spec.files.concurrency)

    async def _arrived(self, preflight: Preflight, released: set[str]) -> AsyncIterator[Content]:
        """Every object in each of the target's storages that it went to."""
        supply = Supply(self.places, preflight.source, preflight.org_id)
        await supply.survey()
        plan = ObjectPlan(self.places, preflight.references, preflight.mapping, preflight.org_id)
        for root in supply.roots:
            async for offer in supply.offered(root):
                key, size = offer.entry.key, offer.entry.size
                arriving = arriving_of(offer, preflight.references.needed.get(key))
                for name in plan.destinations(arriving) if key not in released else ():
                    yield Content(await self.places.storage(name), self._at(name, key), key, size, arriving.sha256)


def _apart(urls: Iterable[str], renewed: set[str]) -> tuple[Noted, int]:
    """Those that are a fault, and how many people have replaced or removed since."""
    faults, excused = Noted(), 0
    for url in urls:
        if url in renewed:
            excused += 1
        else:
            faults.add(url)
    return faults, excused


def judged_receipt(receipt: Receipt | None, sha256: str) -> Check:
    """Whether the receipt says that this very source was imported to its end."""
    if receipt is None:
        return judged("receipt", ["the target has none for the organization: orgport did not import it"])
    problems = []
    if receipt.state != COMPLETE:
        problems.append(f"the import of run {receipt.run} is not complete: {receipt.state}")
    if receipt.source != sha256:
        problems.append(f"run {receipt.run} imported another JSON, of SHA-256 {receipt.source}")
    ended = receipt.document.get("completionTime")
    return judged("receipt", problems, note=f"run {receipt.run}" + (f", {ended:%Y-%m-%d %H:%M} UTC" if ended else ""))


async def _organization(database: Database, organization: UUID) -> Check:
    with database.translated():
        found = await database.collection(ORGANIZATIONS).find_one({"_id": organization}, {"slug": 1, "users": 1})
    if found is None:
        return judged("organization", [f"organization {organization} is not in the target"])
    return judged("organization", [], {"members": len(found.get("users") or ())}, note=f"slug {found.get('slug')}")
