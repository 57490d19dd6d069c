"""The path language."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.browsertrix.paths import Misshapen, slots, steps, values

NAMES = st.text(st.characters(codec="utf-8", exclude_characters=".[]*"), min_size=1, max_size=6)
STEPS = st.lists(st.one_of(NAMES, st.sampled_from(["[]", "*"])), min_size=1, max_size=5).filter(
    lambda path: path[0] != "[]"
)


def path_of(path: list[str]) -> str:
    return ".".join(path).replace(".[]", "[]")


def nested(path: list[str], sizes: list[int], leaf: Any) -> tuple[Any, int]:
    """A value that has `leaf` wherever the path leads, and how often that is."""
    if not path:
        return leaf, 1
    step, *rest = path
    size = sizes[len(rest) % len(sizes)] if step in ("[]", "*") else 1
    below, count = nested(rest, sizes, leaf)
    if step == "[]":
        return [nested(rest, sizes, leaf)[0] for _ in range(size)], count * size
    if step == "*":
        return {f"key {number}": nested(rest, sizes, leaf)[0] for number in range(size)}, count * size
    return {step: below, "beside": 1} if step != "beside" else {step: below}, count


@given(STEPS, st.lists(st.integers(0, 3), min_size=1, max_size=3))
def test_slots_are_all_the_places_that_a_path_leads_to(path: list[str], sizes: list[int]) -> None:
    document, count = nested(path, sizes, "leaf")
    places = list(slots(document, path_of(path), strict=True))
    assert len(places) == count
    assert all(container[key] == "leaf" for container, key in places)


@given(STEPS, st.lists(st.integers(0, 3), min_size=1, max_size=3))
def test_what_is_written_to_slots_is_in_the_document(path: list[str], sizes: list[int]) -> None:
    document, _ = nested(path, sizes, "old")
    for container, key in slots(document, path_of(path)):
        container[key] = "new"
    assert document == nested(path, sizes, "new")[0]


@given(STEPS)
def test_steps_take_a_path_apart(path: list[str]) -> None:
    assert list(steps(path_of(path))) == path


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from("abc"), JSON), st.sampled_from(["a", "a.b", "a[].b", "a.*.b[]", "a.*", ""]))
def test_any_document_can_be_asked_for_any_path(document: dict[str, Any], path: str) -> None:
    for container, key in slots(document, path):
        assert container[key] is container[key]


def test_the_document_itself_has_no_slot_but_is_a_value() -> None:
    document = {"a": 1}
    assert list(slots(document, "")) == []
    assert list(values(document, "")) == [document]


def test_nulls_are_slots_but_no_values() -> None:
    document = {"a": [{"b": None}, {"b": 1}, None, {}]}
    assert [container[key] for container, key in slots(document, "a[].b")] == [None, 1]
    assert list(values(document, "a[].b")) == [1]


@pytest.mark.parametrize(
    ("document", "path"),
    [({"a": "text"}, "a[].b"), ({"a": {}}, "a[]"), ({"a": []}, "a.b"), ({"a": [1]}, "a.*"), ({"a": ["x"]}, "a[].b")],
)
def test_another_shape_is_passed_over_or_raised(document: dict[str, Any], path: str) -> None:
    assert list(slots(document, path)) == []
    with pytest.raises(Misshapen, match="instead of a"):
        list(slots(document, path, strict=True))
