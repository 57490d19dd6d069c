"""Whether the destination has what was copied."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import pytest

from orgport.transfer.inventory import Entry
from orgport.transfer.verifying import verify_found
from tests.integration.transfer.conftest import Pair

pytestmark = pytest.mark.integration


async def test_a_listing_tells_what_is_proven_what_is_not_and_what_is_wrong(pair: Pair) -> None:
    for key in ("a", "b", "c", "d", "e"):
        await pair.destination.write(f"org/{key}", b"x")
    etag = hashlib.md5(b"x", usedforsecurity=False).hexdigest()
    expected = [("a", 1, etag), ("b", 1, f"{etag}-2"), ("c", 2, etag), ("d", 1, "0" * 32), ("f", 1, etag)]

    async def entries() -> AsyncIterator[Entry]:
        for key, size, tag in expected:
            yield Entry(key, f"org/{key}", size, tag)

    found = await verify_found(entries(), pair.destination.list("org/"))
    assert (found.verified, found.size_only, found.wrong) == (1, 1, ["org/c", "org/d", "org/f"])
