"""Whether the destination has what was copied."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import pytest

from orgport.transfer.verifying import Expected, Verification, verify_contents, verify_listing
from tests.integration.transfer.conftest import Pair

pytestmark = pytest.mark.integration

ETAG = hashlib.md5(b"x", usedforsecurity=False).hexdigest()
SHA256 = hashlib.sha256(b"x").hexdigest()


async def each(*rows: tuple[str, int, str, str]) -> AsyncIterator[Expected]:
    for key, size, etag, sha256 in rows:
        yield Expected(f"org/{key}", size, etag, sha256)


async def test_a_listing_tells_what_is_proven_what_is_not_and_what_is_wrong(pair: Pair) -> None:
    for key in ("a", "b", "c", "d", "e"):
        await pair.destination.write(f"org/{key}", b"x")
    expected = each(
        ("a", 1, ETAG, ""),
        ("b", 1, f"{ETAG}-2", SHA256),
        ("c", 2, ETAG, ""),
        ("d", 1, "0" * 32, ""),
        ("f", 1, ETAG, ""),
    )
    result = Verification()
    await verify_listing(result, expected, pair.destination.list("org/"))
    assert (result.by_etag, result.by_checksum, result.size_only) == (1, 0, 1)
    assert result.wrong == ["org/c", "org/d", "org/f"]


async def test_reading_tells_more(pair: Pair) -> None:
    for key in ("a", "b", "c", "d", "e"):
        await pair.destination.write(f"org/{key}", b"x")
    expected = each(
        ("a", 1, ETAG, SHA256),
        ("b", 1, f"{ETAG}-2", SHA256),
        ("c", 1, ETAG, ""),
        ("d", 1, f"{ETAG}-2", ""),
        ("e", 1, f"{ETAG}-2", "0" * 64),
        ("f", 1, ETAG, SHA256),
    )
    result = Verification()
    await verify_contents(result, pair.destination, expected, pair.destination.list("org/"), at_once=2)
    assert (result.by_etag, result.by_checksum, result.size_only, result.verified) == (1, 2, 1, 3)
    assert sorted(result.wrong) == ["org/e", "org/f"]


async def test_etags_that_say_nothing_prove_nothing(pair: Pair) -> None:
    await pair.destination.write("org/a", b"x")
    result = Verification()
    await verify_listing(result, each(("a", 1, "0" * 32, "")), pair.destination.list("org/"), opaque=True)
    assert (result.verified, result.size_only, result.wrong) == (0, 1, [])
