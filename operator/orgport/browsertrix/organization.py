"""The organization itself: as an export holds it, and as an import stores it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from orgport.browsertrix.organization_model import DEFAULTS, shaped
from orgport.browsertrix.paths import Document

STORAGE_KEYS = ("access_key", "secret_key")


def exported_organization(document: Document, users: Sequence[Document]) -> Document:
    """The database's document as Browsertrix exports it: every field, in order, with its default; none unknown.

    `users` are the accounts ({id, name, email, ...}) found for the members; members without account are left out of
    `userDetails`. `users` is empty, for Browsertrix's importer adds members by `userDetails` and trips over itself
    where an id is in both.
    """
    exported = shaped(document)
    exported["users"] = {}
    exported["userDetails"] = [detail for user in users if (detail := _detail(user, document.get("users") or {}))]
    exported["_id"] = document["_id"]
    return exported


def imported_organization(
    exported: Document,
    *,
    members: Mapping[str, int],
    storage: str,
    name: str = "",
    slug: str = "",
    drop: Collection[str] = (),
    read_only: bool = False,
) -> Document:
    """The document that the target stores, from a decoded and upgraded export.

    `members` are the target's user ids with their roles; `name` and `slug` rename unless empty; `drop` holds Webhooks,
    Subscription, Note. References to replicas are expected to be the target's already (map_storages), counters are
    set by Tally.apply.
    """
    organization = {"_id": exported["_id"], **shaped(exported)}
    organization |= {
        "users": dict(members),
        "storage": _chart_storage(storage, organization["storage"]),
        # a second default organization breaks the target; the origin is the source's own address
        "default": False,
        "origin": None,
        "readOnly": read_only,
        "readOnlyReason": organization["readOnlyReason"] if read_only else None,
    }
    organization["name"] = name or organization["name"]
    organization["slug"] = slug or organization["slug"]
    redact(organization, drop)
    return organization


def members(exported: Document) -> list[Document]:
    """The members of an export as {id, role, name, email}, with ids as text and roles as numbers, each once.

    Old exports write roles as text. A member without e-mail address cannot be found or made, and is left out.
    """
    found: dict[str, Document] = {}
    for detail in filter(None, exported.get("userDetails") or ()):
        identifier, email = detail.get("id"), detail.get("email")
        if identifier and email:
            name = str(detail.get("name") or "")
            key = str(identifier).lower()
            found[key] = {"id": key, "role": _role(detail), "name": name, "email": str(email).strip()}
    return list(found.values())


def redact(organization: Document, fields: Iterable[str]) -> None:
    """Blank parts of the organization, in place: CustomStorageKeys, Webhooks, Note, Subscription."""
    for field in fields:
        _BLANKS[field](organization)


def _chart_storage(name: str, former: Document) -> Document:
    """A reference to one of the installation's storages; Browsertrix takes null for "not custom" too."""
    return {"name": name, "custom": None if former["custom"] is None else False}


def _detail(user: Document, roles: Mapping[str, Any]) -> Document | None:
    identifier = str(user["id"])
    role, email = roles.get(identifier), user.get("email")
    if not role or not email:
        return None
    return {"id": identifier, "role": int(role), "name": user.get("name") or "", "email": email}


def _role(detail: Document) -> int:
    try:
        role = int(detail.get("role") or 10)
    except (TypeError, ValueError):
        return 10
    # superadmin is no role within an organization
    return role if role in (10, 20, 40) else 10


def _blank_storage_keys(organization: Document) -> None:
    for storage in (organization.get("customStorages") or {}).values():
        storage |= dict.fromkeys(STORAGE_KEYS, "")


def _blank(field: str) -> Callable[[Document], None]:
    def blank(organization: Document) -> None:
        organization[field] = deepcopy(DEFAULTS[field])

    return blank


_BLANKS: dict[str, Callable[[Document], None]] = {
    "CustomStorageKeys": _blank_storage_keys,
    "Webhooks": _blank("webhookUrls"),
    "Note": _blank("note"),
    "Subscription": _blank("subscription"),
}
