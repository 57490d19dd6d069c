"""What an export keeps on disk comes back as it was, in the order that stores list keys in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.archive.inventory import InventoryLine, decode_line
from orgport.transfer.inventory import in_order
from orgport.transfer.worklists import OBJECT_COST, WorkItem, position
from orgport.worker.export_objects import Peekable
from orgport.worker.export_tables import LineTable, PairTable, Wanted, WantedTable
from orgport.worker.tables import WorkTable

KEYS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6), unique=True, max_size=20)


def wanted(key: str, storage: str = "default", **changes: Any) -> Wanted:
    whole = {"size": 7, "sha256": "ab", "replicas": (), "section": "items", "document": "manual-1", **changes}
    return Wanted(storage=storage, key=key, **whole)


@contextmanager
def a_table_of(*objects: Wanted) -> Iterator[WantedTable]:
    with closing(WantedTable()) as table:
        for each in objects:
            table.add(each)
        yield table


@given(KEYS)
def test_wanted_objects_come_in_the_order_of_their_keys_bytes(keys: list[str]) -> None:
    with a_table_of(*map(wanted, keys), wanted("another", "old")) as table:
        assert [each.key for each in table.of("default")] == sorted(keys, key=in_order)
        assert table.storages() == ({"default", "old"} if keys else {"old"})


@pytest.mark.parametrize(
    "changes",
    [
        {"document": UUID(int=5), "section": "profiles"},
        {"document": "00000000-0000-0000-0000-000000000005"},
        {"replicas": ("one", "two")},
        {"size": -1, "sha256": ""},
        {"key": "odd\udc80key"},
    ],
)
def test_a_wanted_object_comes_back_as_it_was(changes: dict[str, Any]) -> None:
    item = wanted(changes.pop("key", "a"), **changes)
    with a_table_of(item) as table:
        assert list(table.of("default")) == [item]


def test_references_to_one_object_are_counted_and_sizes_that_disagree_are_unknown() -> None:
    with a_table_of(wanted("a"), wanted("a"), wanted("b"), wanted("b", size=8), wanted("b")) as table:
        first, second = table.of("default")
    assert (first.referrers, first.size) == (2, 7)
    assert (second.referrers, second.size) == (3, -1)
    assert first.fits(7)
    assert not first.fits(8)
    assert second.fits(8)


@given(KEYS, KEYS)
def test_two_sorted_rows_are_gone_through_side_by_side(listed: list[str], named: list[str]) -> None:
    row = Peekable(iter([wanted(key) for key in sorted(named, key=in_order)]))
    alone, together = [], []
    for key in sorted(listed, key=in_order):
        alone += [each.key for each in row.before(key)]
        found = row.at(key)
        together += [] if found is None else [found.key]
    alone += [each.key for each in row.rest()]
    assert together == sorted(set(listed) & set(named), key=in_order)
    assert alone == sorted(set(named) - set(listed), key=in_order)


ITEMS = st.lists(
    st.builds(WorkItem, st.integers(0, 2), st.just("source"), st.text(min_size=1), st.integers(0, 2**40), st.just("e")),
    unique_by=lambda item: (item.leg, item.destination),
    max_size=30,
)


@given(ITEMS, st.integers(1, 5))
def test_work_is_dealt_whole_sorted_and_evenly(items: list[WorkItem], pods: int) -> None:
    with closing(WorkTable()) as table:
        for item in items:
            table.add(item)
        lists = [list(part) for part in table.split(pods)]
        assert list(table) == sorted(items, key=position)
        assert (table.count, table.bytes) == (len(items), sum(item.size for item in items))
    assert len(lists) == pods
    assert sorted((item for part in lists for item in part), key=position) == sorted(items, key=position)
    assert all(part == sorted(part, key=position) for part in lists)
    loads = [sum(item.size + OBJECT_COST for item in part) for part in lists]
    assert max(loads) - min(loads) <= max((item.size + OBJECT_COST for item in items), default=0)


def test_lines_come_sorted_by_key_and_storage() -> None:
    lines = [InventoryLine(key, "at", 1, "e", "e", storage) for key in ("b", "a", "é", "a/b") for storage in "yx"]
    with closing(LineTable()) as table:
        for line in lines:
            table.add(line)
        assert list(map(decode_line, table)) == sorted(lines, key=lambda line: line.order)


def test_an_object_that_a_store_lists_twice_is_one() -> None:
    with closing(WorkTable()) as table:
        for _ in range(2):
            table.add(WorkItem(0, "a", "b", 5, "etag"))
        assert (table.count, table.bytes, len(list(table))) == (1, 5, 1)
    with closing(LineTable()) as lines:
        for etag in ("older", "newer"):
            lines.add(InventoryLine("a", "a", 1, etag, etag, "default"))
        assert [decode_line(line).etag for line in lines] == ["newer"]


def test_a_pair_of_etags_holds_as_long_as_the_source_has_its_own() -> None:
    with closing(PairTable()) as pairs:
        assert pairs.get("default", "org/a", "ours") is None
        pairs.add(InventoryLine("org/a", "org/a", 1, "theirs", "ours", "default"))
        assert pairs.get("default", "org/a", "ours") == "theirs"
        assert pairs.get("default", "org/a", "newer") is None
        assert pairs.get("other", "org/a", "ours") is None
