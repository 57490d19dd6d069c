"""Whether the destination has what was copied."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from orgport.stores.s3 import Bucket, Listed, NoSuchObject
from orgport.transfer.inventory import Entry, proven, same
from orgport.transfer.merge import side_by_side


@dataclass
class Verification:
    """`verified`: the ETags prove it; `size_only`: no more than the size could be compared; `wrong`: keys, as `at`."""

    verified: int = 0
    size_only: int = 0
    wrong: list[str] = field(default_factory=list)

    def __add__(self, other: Verification) -> Verification:
        sums = (self.verified + other.verified, self.size_only + other.size_only)
        return Verification(*sums, wrong=[*self.wrong, *other.wrong])

    def add(self, expected: Entry, found: Listed | None, opaque: bool) -> None:
        there = None if found is None else Entry(expected.key, found.key, found.size, found.etag)
        if there is None or not same(expected, there, opaque=opaque):
            self.wrong.append(expected.at)
        elif proven(expected, there):
            self.verified += 1
        else:
            self.size_only += 1


async def verify_found(
    expected: AsyncIterator[Entry], found_objects: AsyncIterator[Listed], *, opaque: bool = False
) -> Verification:
    """Compare what was found at the destination, by whatever means, with what it should have.

    `expected`: sorted by `at`, the full key at the destination, with the source's size and ETag; `opaque`: ETags of the
    destination say nothing of the content.
    """
    verification = Verification()
    async for entry, found in side_by_side(expected, found_objects, _at, _key):
        if entry is not None:
            verification.add(entry, found, opaque)
    return verification


def has_opaque_etags(bucket: Bucket) -> bool:
    """Whether what is written there gets ETags that say nothing of its content."""
    return bucket.placement.encryption == "SSE-KMS"


async def verify_checksum(bucket: Bucket, key: str, sha256: str) -> bool:
    """Read the object; whether its SHA-256, in hex, is this one. False when there is no such object."""
    digest = hashlib.sha256()
    try:
        async for chunk in bucket.stream(key):
            digest.update(chunk)
    except NoSuchObject:
        return False
    return digest.hexdigest() == sha256.lower()


def _at(entry: Entry) -> str:
    return entry.at


def _key(listed: Listed) -> str:
    return listed.key
