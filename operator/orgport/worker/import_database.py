"""The database step of an import: the documents go in, are counted, and the organization's own goes in last."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from uuid import UUID

import bcrypt

from orgport.api.plan import Plan
from orgport.api.reasons import Reason
from orgport.api.status import ImportResult
from orgport.stores.inserts import Inserter
from orgport.stores.mongo import Database
from orgport.stores.receipt_model import WRITING
from orgport.stores.receipts import Held, Receipts
from orgport.worker.context import Context, StepOutcome
from orgport.worker.databases import open_installation_database
from orgport.worker.import_checks import version_conflict
from orgport.worker.import_conflicts import check
from orgport.worker.import_details import ImportDetails, load_plan
from orgport.worker.import_documents import Stream, arrival_of
from orgport.worker.import_ending import Ending, finish, recount
from orgport.worker.import_reports import remove_plan
from orgport.worker.import_scan import Heading, read_heading
from orgport.worker.import_source import claim_of
from orgport.worker.import_target import Names, names_of, occupied, organization_is_there, taken_names
from orgport.worker.import_users import Accounts, Registrar
from orgport.worker.places import Places, open_places

PASSWORD_ROUNDS = 12
"""Of bcrypt, as Browsertrix has it."""


async def import_database(context: Context) -> StepOutcome:
    """Insert what the plan says; what an earlier try inserted is left as it is."""
    async with open_places(context) as places, open_installation_database(context) as database:
        receipt = await Receipts(database).completed_by(str(context.task.plan_sha256))
        if receipt is not None and receipt.result is not None:
            # Everything was done but to say so.
            await remove_plan(places)
            return _outcome(ImportResult.model_validate(receipt.result))
        plan, details = await load_plan(context, places)
        heading = await read_heading(places, details.source)
        return _outcome(await Import(context, places, database, plan, details, heading).run())


def _outcome(result: ImportResult) -> StepOutcome:
    message = f"organization {result.organization_id}: {result.documents} documents, {result.objects} objects"
    return StepOutcome(Reason.IMPORTED, message, import_result=result)


@dataclass
class Import:
    """An import on its way."""

    context: Context
    places: Places
    database: Database
    plan: Plan
    details: ImportDetails
    heading: Heading

    @property
    def organization(self) -> UUID:
        return self.heading.id

    async def run(self) -> ImportResult:
        """Do it all; the result is in the receipt too."""
        held = await self._take()
        async with held.beating():
            if not await organization_is_there(self.database, self.organization):
                await self._write(held)
            result = await finish(self.context, self.places, held)
        await remove_plan(self.places)
        return result

    async def _take(self) -> Held:
        """Repeat the preflight of what may have changed, and make the receipt ours."""
        task, receipts = self.context.task, Receipts(self.database)
        claim = claim_of(self.context, self.places, self.organization, str(self.details.source.sha256))
        receipt = await receipts.of(self.organization)
        if receipt is None or not (receipt.explains(claim) and receipt.committing):
            conflicts = [each async for each in occupied(self.database, claim, receipt)]
            conflicts += [each async for each in taken_names(self.database, self.organization, self._names())]
            version = version_conflict(task.import_spec, self.heading.version, await self.database.version())
            check(conflicts + ([version] if version is not None else []))
        await self.context.fence.may_write()
        return await receipts.take(claim)

    def _names(self) -> Names:
        return names_of(self.context.task.import_spec, self.heading.organization)

    async def _write(self, held: Held) -> None:
        self.context.progress.documents_total = self.plan.counters.documents_total
        await self.context.fence.may_write()
        await held.record(state=WRITING)
        accounts = await self._accounts(held)
        stream = self._stream(held, accounts)
        try:
            await stream.run()
        finally:
            await stream.inserter.close()
            await stream.logs.close()
        counts = await recount(self.database, self.details, stream)
        ending = Ending(self.context, self.places, self.database, self.plan, self.details, accounts, stream, counts)
        await ending.insert_organization(held, self.heading)

    async def _accounts(self, held: Held) -> Accounts:
        self.context.progress.message = "looking for the members' accounts"
        registrar = Registrar(
            self.database,
            held,
            await asyncio.to_thread(_hash_of_a_password),
            makes_accounts=self.context.task.import_spec.users.missing == "Create",
        )
        accounts = await registrar.register(self.heading.organization)
        # From now on no rollback of another import deletes an account that this one relies on.
        await held.record(members=sorted({each.id for each in accounts.accounts if each.id is not None}))
        return accounts

    def _stream(self, held: Held, accounts: Accounts) -> Stream:
        async def may_write() -> None:
            await self.context.fence.may_write()
            await held.may_write()

        def count(documents: int) -> None:
            self.context.progress.documents_done += documents

        self.context.progress.message = "inserting documents"
        return Stream(
            self.places,
            self.details,
            arrival_of(self.context, self.places, self.heading, self.details, accounts.mapping, self.plan.missing),
            Inserter(self.database, may_write, count),
            Inserter(self.database, may_write),
            self.organization,
        )


def _hash_of_a_password() -> str:
    """Of a password that nobody ever knew."""
    return bcrypt.hashpw(secrets.token_urlsafe(32).encode(), bcrypt.gensalt(PASSWORD_ROUNDS)).decode()
