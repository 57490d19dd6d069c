"""Preflight of the target's database: what is there already of the organization, its names and its ids."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from orgport.api.org_import import OrgImportSpec
from orgport.api.reasons import Reason
from orgport.browsertrix.sections import REVISIONS, Section, by_name
from orgport.stores.lookups import PRIMARY, find_like
from orgport.stores.mongo import Database
from orgport.stores.receipt_model import COMPLETE, Claim, Receipt
from orgport.worker.import_conflicts import Conflict
from orgport.worker.import_membership import OWNERS, Membership
from orgport.worker.import_order import ORDER

ORGANIZATIONS = "organizations"
BATCH = 1000


@dataclass(frozen=True)
class Names:
    """What has to be unique among the target's organizations."""

    name: str
    slug: str
    subscription: str | None


def names_of(spec: OrgImportSpec, organization: dict[str, Any]) -> Names:
    """The names that the organization will have."""
    subscription = organization.get("subscription")
    kept = isinstance(subscription, dict) and "Subscription" not in spec.drop
    return Names(
        name=spec.org.name or organization.get("name", ""),
        slug=spec.org.slug or organization.get("slug", ""),
        subscription=subscription.get("subId") if kept and subscription else None,
    )


async def organization_is_there(database: Database, organization: UUID) -> bool:
    with database.translated():
        return await database.collection(ORGANIZATIONS).find_one({"_id": organization}, {"_id": 1}) is not None


async def is_imported(database: Database, receipt: Receipt | None, source: str) -> bool:
    """Whether this very source was imported, and the organization is still there."""
    if receipt is None or receipt.state != COMPLETE or receipt.source != source:
        return False
    return await organization_is_there(database, receipt.organization)


async def occupied(database: Database, claim: Claim, receipt: Receipt | None) -> AsyncIterator[Conflict]:
    """The organization, or anything of it, is there, and no unfinished receipt of the same source explains it."""
    if receipt is not None and receipt.explains(claim):
        return
    if await organization_is_there(database, claim.organization):
        yield Conflict(Reason.ORGANIZATION_EXISTS, f"organization {claim.organization} is in the target already")
        return
    found = [name async for name in _collections_with(database, claim.organization)]
    if found:
        yield Conflict(
            Reason.ORGANIZATION_EXISTS,
            f"the target has documents of organization {claim.organization} in {', '.join(found)}, "
            "and no unfinished import that explains them",
            suggestion="remove them, or finish the import or deletion that left them",
        )


async def _collections_with(database: Database, organization: UUID) -> AsyncIterator[str]:
    for section in ORDER:
        # These have no index by organization; `Collisions` finds them by what they belong to.
        if section.name in OWNERS:
            continue
        with database.translated():
            if await database.collection(section.collection).find_one({"oid": organization}, {"_id": 1}) is not None:
                yield section.collection


async def taken_names(database: Database, organization: UUID, names: Names) -> AsyncIterator[Conflict]:
    """Another organization has the name, the slug or the subscription."""
    for field, value, reason in (("name", names.name, Reason.NAME_TAKEN), ("slug", names.slug, Reason.SLUG_TAKEN)):
        found = await find_like(database, ORGANIZATIONS, field, value, PRIMARY, {field: 1})
        for other in (each for each in found if each["_id"] != organization):
            yield Conflict(reason, f"organization {other['_id']} has the {field} {other[field]!r} (wanted: {value!r})")
    if names.subscription:
        query = {"subscription.subId": names.subscription, "_id": {"$ne": organization}}
        with database.translated():
            other_one = await database.collection(ORGANIZATIONS).find_one(query, {"_id": 1})
        if other_one is not None:
            yield Conflict(
                Reason.SUBSCRIPTION_TAKEN,
                f"organization {other_one['_id']} has the subscription {names.subscription!r}",
            )


class Collisions:
    """Looks, in batches, for documents that the target has under the ids that arrive, or that belong to these."""

    def __init__(self, database: Database, organization: UUID) -> None:
        self._database = database
        self._organization = organization
        self._waiting: dict[Section, list[Any]] = {}
        self._there: dict[tuple[Section, Any], dict[str, Any]] = {}

    async def add(self, section: Section, identifier: Any) -> None:
        """An id that is going to be inserted."""
        waiting = self._waiting.setdefault(section, [])
        waiting.append(identifier)
        if len(waiting) >= BATCH:
            await self._look(section)

    async def conflicts(self, membership: Membership, *, ours_are_explained: bool) -> list[Conflict]:
        """All that was found; `membership` knows the items and workflows that arrive."""
        for section in list(self._waiting):
            await self._look(section)
        if not ours_are_explained:
            await self._look_for_belongings(membership)
        ours: list[str] = []
        foreign: list[str] = []
        for (section, identifier), document in self._there.items():
            is_ours = document.get("cid") in membership.workflows if section is REVISIONS else self._is_ours(document)
            (ours if is_ours else foreign).append(f"{section.collection}/{identifier}")
        found = []
        if foreign:
            text = f"{len(foreign)} documents of others have ids of this organization's, such as {foreign[0]}"
            found.append(Conflict(Reason.IDENTIFIER_COLLISION, text, foreign))
        if ours and not ours_are_explained:
            text = f"documents of the organization are in the target already, such as {ours[0]}"
            found.append(Conflict(Reason.ORGANIZATION_EXISTS, text, ours))
        return found

    def _is_ours(self, document: dict[str, Any]) -> bool:
        return bool(document.get("oid") == self._organization)

    async def _look(self, section: Section) -> None:
        await self._find(section, {"_id": {"$in": self._waiting.pop(section, [])}})

    async def _look_for_belongings(self, membership: Membership) -> None:
        """Some of those under other ids, if there are any: a rollback would take them for the import's own."""
        for name in OWNERS:
            section = by_name[name]
            whose = {} if section is REVISIONS else {"oid": self._organization}
            for batch in _batches(list(membership.owners(name))):
                await self._find(section, {section.link: {"$in": batch}, **whose}, limit=1)

    async def _find(self, section: Section, query: dict[str, Any], limit: int = 0) -> None:
        with self._database.translated():
            cursor = self._database.collection(section.collection).find(query, {"oid": 1, "cid": 1}).limit(limit)
            async for document in cursor:
                self._there[section, document["_id"]] = document


def _batches(identifiers: Sequence[Any]) -> Iterator[list[Any]]:
    return (list(identifiers[start : start + BATCH]) for start in range(0, len(identifiers), BATCH))


async def count(database: Database, section: Section, organization: UUID, owners: Sequence[Any]) -> int:
    """Documents of the organization in a section; `owners` are what they are found by, if by any."""
    collection = database.collection(section.collection)
    with database.translated():
        if section.name in OWNERS:
            queries = ({section.link: {"$in": batch}} for batch in _batches(owners))
            return sum([await collection.count_documents(query) for query in queries])
        return await collection.count_documents({"oid": organization})
