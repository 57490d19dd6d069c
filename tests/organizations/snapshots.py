"""What an installation has of an organization at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.organizations.buckets import ObjectFacts
from tests.organizations.model import Document, Documents


@dataclass(frozen=True)
class Snapshot:
    """Documents per collection, and objects per storage by their keys below the storage's prefix."""

    organization_id: UUID
    documents: Documents
    objects: Mapping[str, Mapping[str, ObjectFacts]]

    @property
    def organization(self) -> Document:
        return self.documents["organizations"][0]

    def by_id(self, collection: str) -> dict[Any, Document]:
        return {document["_id"]: document for document in self.documents[collection]}

    def accounts(self) -> dict[UUID, Document]:
        """The members' accounts by the id that other documents use."""
        return {account["id"]: account for account in self.documents["users"]}

    def counts(self) -> dict[str, int]:
        return {name: len(documents) for name, documents in self.documents.items()}
