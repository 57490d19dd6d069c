"""Two listings side by side: every key once, whatever their order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.api.failures import Failure
from orgport.transfer.inventory import Entry
from orgport.transfer.merge import side_by_side

KEYS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), unique=True, max_size=30)


async def each(keys: Iterable[str]) -> AsyncIterator[str]:
    for key in keys:
        yield key


async def merged(lefts: Iterable[str], rights: Iterable[str], held: int = 1000) -> list[tuple[str | None, str | None]]:
    pairs = side_by_side(each(lefts), each(rights), str, str, held=held)
    return [pair async for pair in pairs]


def expected(lefts: Iterable[str], rights: Iterable[str]) -> list[tuple[str | None, str | None]]:
    ours, theirs = set(lefts), set(rights)
    keys = sorted(ours | theirs, key=str.encode)
    return [(key if key in ours else None, key if key in theirs else None) for key in keys]


def in_order(keys: Iterable[str]) -> list[str]:
    return sorted(keys, key=str.encode)


@given(KEYS, KEYS, st.integers(0, 5))
async def test_sorted_listings_are_merged_however_few_pairs_are_held(
    lefts: list[str], rights: list[str], held: int
) -> None:
    assert await merged(in_order(lefts), in_order(rights), held) == expected(lefts, rights)


@given(KEYS, KEYS)
async def test_a_listing_out_of_order_is_compared_as_a_set(lefts: list[str], rights: list[str]) -> None:
    found = await merged(in_order(lefts), rights)
    assert sorted(found, key=repr) == sorted(expected(lefts, rights), key=repr)


async def test_the_order_is_that_of_utf_8_bytes_not_of_utf_16() -> None:
    keys = ["a", "\uffff", "\U0001f600"]
    assert await merged(keys, keys, held=0) == expected(keys, keys)


async def test_pairs_come_out_before_the_listings_end_when_nothing_is_doubtful() -> None:
    seen: list[str] = []

    async def watched() -> AsyncIterator[str]:
        for key in "abcd":
            seen.append(key)
            yield key

    pairs = side_by_side(watched(), each(""), str, str)
    assert await anext(pairs) == ("a", None)
    assert seen == ["a", "b"]


async def test_a_key_out_of_order_after_the_order_was_trusted_is_a_failure() -> None:
    with pytest.raises(Failure, match="out of order"):
        await merged("abcdef", "xyza", held=2)


async def test_a_side_that_repeats_a_key_counts_it_once() -> None:
    assert await merged("abbc", "abc") == expected("abc", "abc")


async def test_what_is_put_on_disk_comes_back_as_it_was() -> None:
    async def entries(*keys: str) -> AsyncIterator[Entry]:
        for key in keys:
            yield Entry(key, f"at/{key}", len(key), "etag")

    def key_of(entry: Entry) -> str:
        return entry.key

    pairs = side_by_side(entries("b", "a", "\u2028"), entries("a", "c"), key_of, key_of)
    found = [(ours or theirs, ours == theirs) async for ours, theirs in pairs]
    assert found == [(Entry(key, f"at/{key}", 1, "etag"), key == "a") for key in ("a", "b", "c", "\u2028")]
