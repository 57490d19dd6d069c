"""Work lists: nothing lost, keys byte for byte."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.api.failures import Failure
from orgport.transfer.work_file import Stretch, lines
from orgport.transfer.worklists import WorkItem, decode_line, encode_line

KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
ITEM = st.builds(
    WorkItem, st.integers(0, 3), KEYS, KEYS, st.integers(0, 2**40), st.text("0123456789abcdef-"), st.just("")
)


@given(ITEM)
def test_an_item_is_one_line_and_is_read_back(item: WorkItem) -> None:
    line = encode_line(item)
    assert line.index(b"\n") == len(line) - 1
    assert decode_line(line) == item


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
        decode_line(line)


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
