"""Whether the destination has what was copied."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum

from orgport.stores.s3 import Bucket, Listed, NoSuchObject
from orgport.transfer.crowd import for_each
from orgport.transfer.inventory import Entry, proven, same
from orgport.transfer.merge import side_by_side


class Proof(StrEnum):
    """What is known of a copy."""

    ETAG = "etag"
    """Both ETags say that it has the source's content."""
    CHECKSUM = "checksum"
    """It was read, and has the SHA-256 that the database records."""
    SIZE = "size"
    """It has the source's size; nothing more could be compared."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Expected:
    """What is to be at the full key `at`: the source's size and ETag, and its SHA-256 in hex, or "" if not known."""

    at: str
    size: int
    etag: str
    sha256: str = ""


@dataclass
class Verification:
    """How many copies have which proof. `wrong`: the full keys of those that are missing or have other content."""

    by_etag: int = 0
    by_checksum: int = 0
    size_only: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def verified(self) -> int:
        return self.by_etag + self.by_checksum

    def add(self, expected: Expected, proof: Proof) -> None:
        self.by_etag += proof is Proof.ETAG
        self.by_checksum += proof is Proof.CHECKSUM
        self.size_only += proof is Proof.SIZE
        if proof is Proof.WRONG:
            self.wrong.append(expected.at)


async def verify_listing(
    result: Verification, expected: AsyncIterator[Expected], found: AsyncIterator[Listed], *, opaque: bool = False
) -> None:
    """Add to the result what a listing of the destination tells.

    `expected`: sorted by `at`; `opaque`: ETags of one side say nothing of the content.
    """
    async for entry, proof in _proofs(expected, found, opaque):
        result.add(entry, proof)


async def verify_contents(
    result: Verification,
    bucket: Bucket,
    expected: AsyncIterator[Expected],
    found: AsyncIterator[Listed],
    *,
    opaque: bool = False,
    at_once: int,
) -> None:
    """Do as `verify_listing`, and read all that has a SHA-256."""

    async def to_be_read() -> AsyncIterator[Expected]:
        async for entry, proof in _proofs(expected, found, opaque):
            if entry.sha256 and proof is not Proof.WRONG:
                yield entry
            else:
                result.add(entry, proof)

    async def read(entry: Expected) -> None:
        right = await verify_checksum(bucket, entry.at, entry.sha256)
        result.add(entry, Proof.CHECKSUM if right else Proof.WRONG)

    await for_each(to_be_read(), read, at_once)


async def _proofs(
    expected: AsyncIterator[Expected], found: AsyncIterator[Listed], opaque: bool
) -> AsyncIterator[tuple[Expected, Proof]]:
    async for entry, listed in side_by_side(expected, found, _at, _key):
        if entry is not None:
            yield entry, _proof(entry, listed, opaque)


def _proof(expected: Expected, found: Listed | None, opaque: bool) -> Proof:
    ours = Entry(expected.at, expected.at, expected.size, expected.etag)
    theirs = None if found is None else Entry(expected.at, found.key, found.size, found.etag)
    if theirs is None or not same(ours, theirs, opaque=opaque):
        return Proof.WRONG
    return Proof.ETAG if proven(ours, theirs) else Proof.SIZE


async def verify_checksum(bucket: Bucket, key: str, sha256: str) -> bool:
    """Read the object; whether its SHA-256, in hex, is this one. False when there is no such object."""
    digest = hashlib.sha256()
    try:
        async for chunk in bucket.stream(key):
            digest.update(chunk)
    except NoSuchObject:
        return False
    return digest.hexdigest() == sha256.lower()


def _at(entry: Expected) -> str:
    return entry.at


def _key(listed: Listed) -> str:
    return listed.key
