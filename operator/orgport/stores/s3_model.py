"""What the S3 room hands in and out: plain data, and the ways in which a call may be refused.

Exception
  AlreadyThere          a conditional write found an object
  Failure
    NoSuchObject        OBJECTS_MISSING: what was to be read is not there
    SourceChanged       SOURCE_CHANGED: what was to be read is another object now
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol
from urllib.parse import quote

from orgport.api.failures import Failure
from orgport.api.reasons import Reason

MIB = 2**20
GIB = 2**30
MAX_SINGLE_BYTES = 5 * GIB
"""The largest object that one PutObject, CopyObject or part may hold."""
MIN_PART_BYTES = 5 * MIB
MAX_PARTS = 10_000


class AlreadyThere(Exception):
    """A conditional write found an object under the key."""


class NoSuchObject(Failure):
    """What was to be read is not there."""

    def __init__(self, url: str, key: str) -> None:
        super().__init__(Reason.OBJECTS_MISSING, f"{url} does not exist", keys=[key])


class SourceChanged(Failure):
    """What was to be read has another ETag than before."""

    def __init__(self, url: str, key: str) -> None:
        super().__init__(Reason.SOURCE_CHANGED, f"{url} changed while it was read", keys=[key])


@dataclass(frozen=True)
class Connection:
    """How a store is reached. Without an access key, the credentials are ambient ones (workload identity)."""

    endpoint: str | None
    region: str | None
    access_key: str | None = field(repr=False)
    secret_key: str | None = field(repr=False)
    addressing: str = "Auto"
    ca_file: str | None = None
    """Certificates in PEM that are trusted beside the public ones."""
    connections: int = 64


@dataclass(frozen=True)
class Placement:
    """How a store is to keep what is written."""

    storage_class: str = ""
    encryption: str = "None"
    kms_key_id: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        headers = {"x-amz-storage-class": self.storage_class} if self.storage_class else {}
        if self.encryption == "SSE-S3":
            headers["x-amz-server-side-encryption"] = "AES256"
        if self.encryption == "SSE-KMS":
            headers["x-amz-server-side-encryption"] = "aws:kms"
            headers["x-amz-server-side-encryption-aws-kms-key-id"] = self.kms_key_id or ""
        return headers


class Listed(NamedTuple):
    """One object of a listing; the ETag without its quotes. (Made a thousand at a time: a tuple costs a third.)"""

    key: str
    size: int
    etag: str
    storage_class: str = ""


@dataclass(frozen=True)
class Head:
    """What a store says of one object. `headers`: the content headers but Content-Type, in lower case."""

    size: int
    etag: str
    content_type: str
    headers: Mapping[str, str]
    metadata: Mapping[str, str]
    storage_class: str = ""
    encryption: str = ""
    tag_count: int = 0
    part_count: int | None = None
    """Of an object that was uploaded in parts, when the store says so."""

    def stored(self, tags: Mapping[str, str]) -> dict[str, str]:
        """The headers that make a new object like this one."""
        headers = {"content-type": self.content_type, **self.headers}
        headers.update((f"x-amz-meta-{name}", value) for name, value in self.metadata.items())
        if tags:
            headers["x-amz-tagging"] = encode_tags(tags)
        return headers


def shown(key: str) -> str:
    """The key for people: what cannot be printed is escaped."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in key)


def encode_tags(tags: Mapping[str, str]) -> str:
    """Tags as the header x-amz-tagging has them."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in tags.items())


class Pace(Protocol):
    """What a store's calls wait for: limits of requests and bytes."""

    async def request(self) -> None: ...

    async def bytes(self, count: int) -> None: ...


class NoPace:
    """No limit."""

    async def request(self) -> None:
        return

    async def bytes(self, count: int) -> None:
        return
