"""Work lists: nothing lost, keys byte for byte, work dealt evenly."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.api.failures import Failure
from orgport.transfer.work_file import Stretch, lines
from orgport.transfer.worklists import OBJECT_COST, WorkItem, decode, encode, position, split

KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
ITEMS = st.lists(
    st.builds(
        WorkItem, st.integers(0, 3), KEYS, KEYS, st.integers(0, 2**40), st.text("0123456789abcdef-"), st.just("")
    ),
    max_size=40,
    unique_by=lambda item: item.destination,
)


@given(ITEMS)
def test_a_list_that_was_written_is_read_back(items: list[WorkItem]) -> None:
    assert decode(encode(items)) == items


@given(ITEMS)
def test_every_item_is_one_line(items: list[WorkItem]) -> None:
    assert encode(items).count(b"\n") == len(items)


@given(ITEMS, st.integers(1, 7))
def test_split_deals_every_item_to_one_pod_in_order(items: list[WorkItem], pods: int) -> None:
    dealt = split(items, pods)
    assert len(dealt) == pods
    assert sorted((item for one in dealt for item in one), key=position) == sorted(items, key=position)
    assert all(one == sorted(one, key=position) for one in dealt)


@given(ITEMS, st.integers(1, 7))
def test_no_pod_has_more_than_the_lightest_and_one_object(items: list[WorkItem], pods: int) -> None:
    dealt = split(items, pods)
    loads = [sum(item.size + OBJECT_COST for item in one) for one in dealt]
    largest = max((item.size for item in items), default=0) + OBJECT_COST
    assert max(loads) - min(loads) <= largest


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[]",
        b'{"leg":0}',
        b'{"leg":"0","source":"a","destination":"a","size":1,"etag":""}',
        b'{"leg":0,"source":"a","destination":"a","size":true,"etag":""}',
        b'{"leg":0,"source":"a","destination":"a","size":1,"etag":"","more":1}',
    ],
)
def test_a_line_that_is_no_work_item_is_refused(line: bytes) -> None:
    with pytest.raises(Failure, match="work list"):
        decode(line)


@given(st.lists(st.binary(max_size=5), max_size=10))
async def test_lines_do_not_depend_on_how_they_arrive(chunks: list[bytes]) -> None:
    async def arriving() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    *whole, rest = b"".join(chunks).split(b"\n")
    assert [line async for line in lines(arriving())] == [*whole, *([rest] if rest else [])]


@pytest.mark.parametrize(
    ("first", "last", "prefix"),
    [("org/a", "org/b", "org/"), ("org/a", "org/a", "org/a"), ("a", "b", ""), ("x/ü1", "x/ü2", "x/ü")],
)
def test_a_stretch_knows_what_its_keys_begin_with(first: str, last: str, prefix: str) -> None:
    assert Stretch(0, 0, 0, first, last).prefix == prefix
