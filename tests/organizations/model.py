"""What a made-up organization is: documents per collection, and objects per key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

Document = dict[str, Any]
Documents = dict[str, list[Document]]

DB_VERSION = "0058"

BY_OID = (
    "profiles",
    "crawl_configs",
    "crawls",
    "pages",
    "collections",
    "file_uploads",
    "crawl_logs",
    "presigned_urls",
    "invites",
    "jobs",
    "webhooks",
    "subscriptions",
)
"""Collections whose documents name their organization in `oid`."""

COLLECTIONS = ("organizations", "users", "configs_revs", *BY_OID)


@dataclass(frozen=True, slots=True)
class Object:
    """An object of a bucket, and the storages of the installation that hold it."""

    body: bytes = field(repr=False)
    content_type: str = "application/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Content headers by boto3's names, such as CacheControl."""
    storages: tuple[str, ...] = ("default",)

    @property
    def size(self) -> int:
        return len(self.body)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


@dataclass
class Organization:
    """An organization as Browsertrix keeps it. Keys begin with "<org id>/"."""

    documents: Documents
    objects: dict[str, Object]
    neighbour: Organization | None = None
    """Another organization of the same installation, whose id, item ids and keys look like this one's."""
    strangers: dict[str, Object] = field(default_factory=dict)
    """Objects that a careless prefix would take for this organization's."""

    @property
    def document(self) -> Document:
        return self.documents["organizations"][0]

    @property
    def id(self) -> UUID:
        identifier: UUID = self.document["_id"]
        return identifier

    @property
    def slug(self) -> str:
        return str(self.document["slug"])

    @property
    def name(self) -> str:
        return str(self.document["name"])

    @property
    def size(self) -> int:
        """Bytes of all objects."""
        return sum(each.size for each in self.objects.values())
