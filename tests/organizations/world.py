"""The organization in the making: who is there, where files go, and what has been made so far."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.organizations.draw import Draw
from tests.organizations.model import COLLECTIONS, Document, Documents, Object


@dataclass(frozen=True)
class Sizes:
    """How much of everything; objects are a goal that is reached, and passed where documents need more."""

    items: int
    pages: int
    objects: int
    collections: int
    workflows: int
    profiles: int
    members: int
    mean_size: int
    large_objects: int


@dataclass(frozen=True)
class StorageNames:
    """The installation's storages that the records name."""

    primary: str = "default"
    replica: str | None = None
    former: str | None = None
    """Where the first items' files still lie, and only there."""


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    name: str
    email: str
    role: int


@dataclass
class World:
    draw: Draw
    oid: UUID
    name: str
    slug: str
    sizes: Sizes
    storages: StorageNames
    people: list[Person] = field(default_factory=list)
    outsider: UUID = field(default_factory=lambda: UUID(int=0))
    """Somebody who made things here and is no member: a superuser."""
    departed: UUID = field(default_factory=lambda: UUID(int=0))
    """Somebody who made things here and whose account is gone."""
    documents: Documents = field(default_factory=lambda: {name: [] for name in COLLECTIONS})
    objects: dict[str, Object] = field(default_factory=dict)

    def add(self, collection: str, document: Document) -> Document:
        self.documents[collection].append(document)
        return document

    def person(self) -> Person:
        return self.draw.pick(self.people)

    def body(self) -> bytes:
        """Bytes of an object around the mean size, a few empty but for one byte."""
        mean = self.sizes.mean_size
        return self.draw.bytes(1 if self.draw.chance(0.02) else self.draw.integer(mean // 2, mean + mean // 2))

    def store(self, name: str, body: bytes, content_type: str, *, former: bool = False, **more: Any) -> Document:
        """Put an object below the organization's prefix; the record of it, as Browsertrix stores files."""
        primary, replica = self.storages.primary, self.storages.replica
        storage = self.storages.former if former and self.storages.former else primary
        held_by = (storage, replica) if replica and more.get("replicated") else (storage,)
        metadata: Mapping[str, str] = more.get("metadata", {})
        key = f"{self.oid}/{name}"
        self.objects[key] = Object(body, content_type, metadata, more.get("tags", {}), more.get("headers", {}), held_by)
        return {
            "filename": key,
            "hash": hashlib.sha256(body).hexdigest(),
            "size": len(body),
            "storage": reference(storage),
            "replicas": [reference(name) for name in held_by[1:]],
        }


def reference(storage: str) -> Document:
    return {"name": storage, "custom": False}
