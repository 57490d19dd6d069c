"""The end of an import: everything is counted again, the organization is inserted, report and receipt are closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from pymongo.errors import DuplicateKeyError

from orgport.api.failures import Failure
from orgport.api.plan import Plan
from orgport.api.reasons import Reason
from orgport.api.status import ImportResult
from orgport.browsertrix.sections import CRAWL_LOGS, ORGANIZATION
from orgport.browsertrix.storage_refs import map_storages
from orgport.stores.mongo import Database
from orgport.stores.receipt_model import COMPLETE
from orgport.stores.receipts import Held
from orgport.worker.context import Context
from orgport.worker.import_conflicts import check
from orgport.worker.import_details import REPORT, ImportDetails
from orgport.worker.import_documents import Stream
from orgport.worker.import_membership import OWNERS
from orgport.worker.import_order import ORDER
from orgport.worker.import_reports import result_of, shown, write_report
from orgport.worker.import_scan import Heading
from orgport.worker.import_target import ORGANIZATIONS, count, names_of, taken_names
from orgport.worker.import_users import USERS, Accounts
from orgport.worker.places import Places

RESCHEDULE = "POST /api/orgs/all/crawlconfigs/reAddCronjobs"
"""Browsertrix's own call that makes the CronJobs of all schedules."""
IDS_SHOWN = 1000


async def recount(database: Database, details: ImportDetails, stream: Stream) -> dict[str, int]:
    """Documents by section as the database counts them; VERIFICATION_FAILED if they are not those of the plan."""
    membership, counts = stream.arrival.membership, {}
    for section in ORDER:
        owners = membership.owners(section.name) if section.name in OWNERS else set()
        expected = details.sections.get(section.name, 0) + (stream.logs_made if section is CRAWL_LOGS else 0)
        found = await count(database, section, stream.organization, sorted(owners, key=str))
        if found != expected:
            raise Failure(
                Reason.VERIFICATION_FAILED,
                f"{section.collection} has {found} documents of the organization, not {expected}",
                suggestion="see who else writes to the target's database; raise spec.attempt to try again",
            )
        counts[section.name] = found
    return counts


@dataclass
class Ending:
    """What is known when all documents but one are in."""

    context: Context
    places: Places
    database: Database
    plan: Plan
    details: ImportDetails
    accounts: Accounts
    stream: Stream
    counts: dict[str, int]

    async def insert_organization(self, held: Held, heading: Heading) -> None:
        """Make the organization visible. From here on the import is not rolled back."""
        document = self._organization(heading)
        await self._check_version()
        await self._check_members()
        url = await write_report(self.context, self.places, self._report())
        await self.context.fence.may_write()
        await held.record(
            committing=True,
            result=self._result(url).dump(),
            schedules=[{"workflow": each, "schedule": line} for each, line in self.stream.arrival.schedules.items()],
        )
        with self.database.translated():
            try:
                await self.database.collection(ORGANIZATIONS).insert_one(document)
            except DuplicateKeyError:
                await held.record(committing=False)
                await self._explain_duplicate(heading)

    def _organization(self, heading: Heading) -> dict[str, Any]:
        spec, arrival = self.context.task.import_spec, self.stream.arrival
        exported = heading.organization
        map_storages(ORGANIZATION, exported, arrival.storages, arrival.replicas)
        document = arrival.preparation.organization(
            exported,
            members=self.accounts.members,
            storage=self.details.target,
            name=spec.org.name,
            slug=spec.org.slug,
            drop=spec.drop,
            read_only=spec.read_only,
        )
        arrival.tally.apply(document)
        return document

    async def _check_version(self) -> None:
        version = await self.database.version()
        if version != self.details.target_version:
            raise Failure(
                Reason.VERSION_MISMATCH,
                f"the target was upgraded from {self.details.target_version} to {version} during the import",
                suggestion="raise spec.attempt to import into the upgraded target",
            )

    async def _check_members(self) -> None:
        members = [UUID(member) for member in self.accounts.members]
        with self.database.translated():
            found = await self.database.collection(USERS).count_documents({"id": {"$in": members}})
        if found < len(members):
            raise Failure(
                Reason.VERIFICATION_FAILED,
                f"{len(members) - found} accounts of the organization's members were deleted during the import",
                suggestion="raise spec.attempt to make them anew",
            )

    async def _explain_duplicate(self, heading: Heading) -> None:
        names = names_of(self.context.task.import_spec, heading.organization)
        check([each async for each in taken_names(self.database, heading.id, names)])
        raise Failure(
            Reason.ORGANIZATION_EXISTS,
            f"the target refuses organization {heading.id}: something that has to be unique is taken",
        )

    def _warnings(self) -> list[str]:
        arrival, found = self.stream.arrival, list(self.accounts.warnings)
        if arrival.unmapped:
            found.append(f"{len(arrival.unmapped)} users whom records name have no account here; their ids are kept")
        if skipped := self.accounts.count("skipped"):
            found.append(f"{skipped} members have no account here and are left out")
        if not self.accounts.members:
            found.append("the organization has no members: a superuser has to invite some")
        if arrival.scheduled:
            found.append(f"{arrival.scheduled} workflows have schedules; {RESCHEDULE} makes their CronJobs")
        return found + self.details.warnings

    def _result(self, report: str) -> ImportResult:
        changes = {
            "documents": sum(self.counts.values()),
            "users_created": self.accounts.count("created"),
            "users_matched": self.accounts.count("matched"),
            "schedules_suspended": len(self.stream.arrival.schedules),
            "warnings": shown(self._warnings()),
        }
        return result_of(self.places, self.plan.org.id, self.details, report).model_copy(update=changes)

    def _report(self) -> dict[str, Any]:
        arrival = self.stream.arrival
        return {
            "stage": Reason.IMPORTING_DATABASE,
            "org": self.plan.org.dump(),
            "source": self.details.source.dump(),
            "documents": self.counts,
            "objects": self.details.objects,
            "bytes": self.details.bytes,
            "missing": self.plan.missing,
            "storages": self.details.storages,
            "users": [account.row() for account in self.accounts.accounts],
            "unknownUsers": sorted(map(str, arrival.unmapped))[:IDS_SHOWN],
            "schedules": {str(workflow): line for workflow, line in arrival.schedules.items()},
            "warnings": self._warnings(),
        }


async def finish(context: Context, places: Places, held: Held) -> ImportResult:
    """The organization is in: say so in report and receipt."""
    result = ImportResult.model_validate(held.receipt.result)
    bucket = await places.run()
    written = await bucket.read(places.run_prefix + REPORT)
    await write_report(context, places, {**(orjson.loads(written) if written else {}), "stage": Reason.IMPORTED})
    await held.end(COMPLETE, plan=context.task.plan_sha256)
    return result
