"""How objects are cut into parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.stores.s3_model import GIB, MAX_PARTS, MAX_SINGLE_BYTES, MIB
from orgport.transfer.layout import own_part_bytes, part_count, parts, source_part_bytes


@pytest.mark.parametrize(
    ("etag", "count"),
    [("a" * 32, None), ("a" * 32 + "-7", 7), ("a" * 32 + "-0", None), ("-7", None), ("a-b", None), ("", None)],
)
def test_an_etag_says_how_many_parts_there_were(etag: str, count: int | None) -> None:
    assert part_count(etag) == count


@given(st.integers(1, 10**5), st.integers(10**2, 10**5))
def test_parts_cover_the_object_without_gap(size: int, part: int) -> None:
    cut = parts(size, part)
    assert [start for start, _ in cut] == [0, *[end for _, end in cut[:-1]]]
    assert cut[-1][1] == size
    assert all(end - start <= part for start, end in cut)


@given(st.integers(1, 40_000 * GIB))
def test_own_parts_fit_every_store(size: int) -> None:
    part = own_part_bytes(size)
    assert -(-size // part) <= MAX_PARTS
    assert 5 * MIB <= part <= MAX_SINGLE_BYTES


@pytest.mark.parametrize(
    ("size", "count", "first", "part"),
    [
        (130 * MIB, 3, 64 * MIB, 64 * MIB),
        (130 * MIB, 3, None, 50 * MIB),
        (16 * MIB, 2, None, 8 * MIB),
        (7, 1, 7, 7),
        (130 * MIB, 3, 10 * MIB, None),
        (10 * MIB, 3, 4 * MIB, None),
        (100 * MIB, 99, None, None),
    ],
)
def test_the_source_s_part_size_is_taken_where_it_fits(size: int, count: int, first: int | None, part: int) -> None:
    assert source_part_bytes(size, count, first) == part
