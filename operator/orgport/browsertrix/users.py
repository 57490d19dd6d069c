"""The users that records name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from orgport.browsertrix.paths import Document, slots
from orgport.browsertrix.scalars import to_uuid
from orgport.browsertrix.sections import ORGANIZATION, Section


def user_ids(section: Section, document: Document) -> set[UUID]:
    """Every user that the record names, the organization's members included."""
    if section is ORGANIZATION:
        return {identifier for text in _member_ids(document) if (identifier := _uuid(text))}
    return {identifier for path in section.users for _, _, identifier in _found(document, path)}


def map_users(section: Section, document: Document, mapping: Mapping[UUID, UUID]) -> set[UUID]:
    """Replace every user by the one it is mapped to, in place. Returns those without a mapping, which stay."""
    if section is ORGANIZATION:
        return _map_members(document, mapping)
    unmapped = set()
    for path in section.users:
        for container, key, identifier in _found(document, path):
            if identifier in mapping:
                container[key] = mapping[identifier]
            else:
                unmapped.add(identifier)
    return unmapped


def _found(document: Document, path: str) -> Iterator[tuple[Any, Any, UUID]]:
    for container, key in slots(document, path):
        identifier = _uuid(container[key])
        if identifier is not None:
            yield container, key, identifier


def _member_ids(document: Document) -> Iterator[Any]:
    yield from document.get("users") or {}
    for detail in document.get("userDetails") or ():
        yield detail.get("id")


def _map_members(document: Document, mapping: Mapping[UUID, UUID]) -> set[UUID]:
    ids = user_ids(ORGANIZATION, document)
    texts = {str(old): str(mapping.get(old, old)) for old in ids}
    members: dict[str, Any] = {}
    for text, role in (document.get("users") or {}).items():
        new = texts.get(text.lower(), text)
        # two accounts of the source may be one in the target: it has the rights of both
        members[new] = max(role, members[new]) if new in members else role
    if "users" in document:
        document["users"] = members
    for detail in document.get("userDetails") or ():
        if isinstance(detail.get("id"), str):
            detail["id"] = texts.get(detail["id"].lower(), detail["id"])
    return ids - mapping.keys()


def _uuid(value: Any) -> UUID | None:
    try:
        return to_uuid(value)
    except ValueError:
        return None
