"""What is done about a key, from what both sides have under it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from orgport.transfer.compare import compare
from orgport.transfer.inventory import Entry, Verdict, proven, same

MD5, OTHER_MD5, PARTS, OTHER_PARTS = "a" * 32, "b" * 32, "c" * 32 + "-2", "d" * 32 + "-3"


def entry(etag: str, size: int = 1) -> Entry:
    return Entry("key", "at/key", size, etag)


@pytest.mark.parametrize(
    ("source", "destination", "known", "opaque", "is_same", "is_proven"),
    [
        (entry(MD5), entry(MD5), None, False, True, True),
        (entry(MD5), entry(OTHER_MD5), None, False, False, False),
        (entry(MD5), entry(OTHER_MD5), OTHER_MD5, False, True, True),
        (entry(MD5), entry(OTHER_MD5), None, True, True, False),
        (entry(PARTS), entry(PARTS), None, False, True, True),
        (entry(PARTS), entry(OTHER_PARTS), None, False, True, False),
        (entry(PARTS), entry(MD5), None, False, True, False),
        (entry(MD5), entry(MD5, size=2), None, True, False, False),
        (entry(""), entry(""), None, False, True, False),
    ],
)
def test_content_is_the_same_when_nothing_proves_the_contrary(
    source: Entry, destination: Entry, known: str | None, opaque: bool, is_same: bool, is_proven: bool
) -> None:
    assert same(source, destination, known, opaque=opaque) is is_same
    assert proven(source, destination, known) is is_proven


async def test_each_key_gets_its_verdict() -> None:
    async def listing(*entries: tuple[str, str]) -> AsyncIterator[Entry]:
        for key, etag in entries:
            yield Entry(key, key, 1, etag)

    source = listing(("absent", MD5), ("known", MD5), ("other", MD5), ("same", MD5))
    destination = listing(("extra", MD5), ("known", OTHER_MD5), ("other", OTHER_MD5), ("same", MD5))
    found = [
        (verdict, (s or d or entry("")).key)
        async for verdict, s, d in compare(source, destination, lambda one: OTHER_MD5 if one.key == "known" else None)
    ]
    assert found == [
        (Verdict.COPY, "absent"),
        (Verdict.EXTRA, "extra"),
        (Verdict.PRESENT, "known"),
        (Verdict.CONFLICT, "other"),
        (Verdict.PRESENT, "same"),
    ]
