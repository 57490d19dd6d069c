"""The organization that is exported, as its database has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from orgport.api.failures import Failure
from orgport.api.org_export import OrgRef
from orgport.api.reasons import Reason
from orgport.api.status import OrgInfo
from orgport.archive.identity import installation_hash
from orgport.browsertrix.organization import exported_organization, redact
from orgport.browsertrix.sections import ORGANIZATION
from orgport.stores.mongo import Database


@dataclass(frozen=True)
class Origin:
    """The organization and the installation that it is in."""

    document: dict[str, Any]
    db_version: str
    installation: str
    """See `installation_hash`."""

    @property
    def id(self) -> UUID:
        value: UUID = self.document["_id"]
        return value

    @property
    def storage(self) -> str:
        """The name of its primary storage."""
        return str(self.document["storage"]["name"])

    @property
    def info(self) -> OrgInfo:
        name = str(self.document.get("name") or "")
        return OrgInfo(
            id=str(self.id),
            slug=str(self.document.get("slug") or "")[:100],
            name=name[:200],
            db_version=self.db_version,
        )


async def find_origin(database: Database, ref: OrgRef) -> Origin:
    """The organization of spec.org; ORGANIZATION_NOT_FOUND says how many others there are, and none of their names."""
    organizations = database.collection(ORGANIZATION.collection)
    version = await database.version()
    with database.translated():
        document = await organizations.find_one({"_id": UUID(ref.id)} if ref.id else {"slug": ref.slug})
        if document is None:
            raise _not_found(ref, await organizations.count_documents({}), database)
        default = await organizations.find_one({"default": True}, {"_id": 1})
    if not isinstance(document.get("storage"), dict) or not document["storage"].get("name"):
        raise Failure(Reason.UNKNOWN_STORAGE, f"organization {document['_id']} names no storage")
    return Origin(document, version, installation_hash(default["_id"] if default else None))


def _not_found(ref: OrgRef, count: int, database: Database) -> Failure:
    asked = f"id {ref.id}" if ref.id else f"slug {ref.slug!r}"
    return Failure(
        Reason.ORGANIZATION_NOT_FOUND,
        f"none of the {count} organizations in database {database.name} of {database.where} has the {asked}",
        suggestion="check spec.org against the address of the organization in Browsertrix (/orgs/<slug>), "
        "and that spec.source.database is that installation's",
    )


async def organization_to_write(
    database: Database, origin: Origin, fields: Sequence[str]
) -> tuple[dict[str, Any], int]:
    """The organization as the JSON has it, and how many of its members have no account any more."""
    members = [UUID(member) for member in origin.document.get("users") or {} if _is_uuid(member)]
    with database.translated():
        cursor = database.collection("users").find({"id": {"$in": members}}, {"id": 1, "name": 1, "email": 1})
        users = await cursor.to_list(None)
    places = {member: place for place, member in enumerate(members)}
    exported = exported_organization(origin.document, sorted(users, key=lambda user: places[user["id"]]))
    redact(exported, fields)
    return exported, len(origin.document.get("users") or {}) - len(exported.get("userDetails") or [])


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
