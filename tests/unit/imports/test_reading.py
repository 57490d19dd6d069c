from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.archive.reading import Found
from orgport.browsertrix.sections import UPSTREAM_SECTIONS
from tests.unit.imports.layouts import LAYOUTS, a_line_each, read

ODD_TEXT = '"quoted" \\ {[ ]} , : \n \u2028 é 🗄 2024-07-01T00:00:00Z'
EXPORT: dict[str, Any] = {
    "dbVersion": "0058",
    "org": {"_id": "o", "name": ODD_TEXT},
    "profiles": [],
    "pages": [{"_id": "p1", "title": ODD_TEXT, "qa": {"r": {"textMatch": 1.0}}}, {"_id": "p2", "n": -(2**63)}],
}

names_of_members = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names_of_members, inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(names_of_members, values, max_size=4)
names = st.sampled_from([section.name for section in UPSTREAM_SECTIONS] + ["fileUploads", "crawlLogs"])
exports = st.dictionaries(names, st.lists(documents, max_size=4), max_size=5)


def expected(data: dict[str, Any]) -> list[Found]:
    found = []
    for name, value in data.items():
        found += [Found(name, each) for each in value] if isinstance(value, list) else [Found(name, value)]
    return found


def refused(text: bytes, sizes: Sequence[int] = ()) -> str:
    with pytest.raises(Failure) as caught:
        read(text, sizes)
    assert caught.value.reason is Reason.EXPORT_CORRUPT
    return caught.value.message


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_documents_come_in_their_order_in_any_layout(layout: Any) -> None:
    assert read(layout(EXPORT, orgport={"formatVersion": 1})) == [
        *expected(EXPORT),
        Found("orgport", {"formatVersion": 1}),
    ]


@given(exports, st.sampled_from(list(LAYOUTS.values())), st.lists(st.integers(0, 40), max_size=30))
def test_any_documents_survive_any_layout_cut_anywhere(data: Any, layout: Any, sizes: list[int]) -> None:
    found = read(layout(data), sizes)
    assert found == expected(data)
    # 1 == 1.0 == True in Python: a double must stay a double.
    assert repr([each.document for each in found]) == repr([each.document for each in expected(data)])


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_truncation_is_refused(layout: Any) -> None:
    text = layout(EXPORT)
    for length in range(len(text)):
        refused(text[:length])


@given(st.integers(0, 10_000), st.sampled_from(list(LAYOUTS.values())), st.binary(min_size=1, max_size=1))
def test_a_changed_byte_is_refused_or_read_as_the_json_that_it_is(place: int, layout: Any, byte: bytes) -> None:
    text = layout(EXPORT)
    place %= len(text)
    changed = text[:place] + byte + text[place + 1 :]
    try:
        whole = json.loads(changed)
    except ValueError:
        refused(changed)
        return
    try:
        found = read(changed)
    except Failure:
        return
    assert found == expected({name: whole["data"][name] for name in whole["data"] if name in EXPORT})


def test_unknown_members_are_passed_over_but_have_to_be_json() -> None:
    data = {"before": [1, {"a": "]"}], **EXPORT, "after": {"x": [[]]}}
    text = json.dumps({"first": "x", "data": data, "last": [1.5, None]}).encode()
    assert read(text) == expected(EXPORT)
    assert "data.after" in refused(text.replace(b'{"x": [[]]}', b'{"x": [[}]}'))


def test_held_documents_are_of_their_section() -> None:
    held = {"pages": [{"rule": "url", "document": {"_id": "p3", "url": "about:blank"}}], "unknown": [1]}
    assert read(a_line_each({**EXPORT, "held": held}))[-1] == Found("pages", {"_id": "p3", "url": "about:blank"}, True)


def test_numbers_that_json_does_not_know_become_null() -> None:
    text = b'{"data": {"pages": [\n{"a": NaN, "b": -Infinity, "c": 0.1}\n]}}'
    assert read(text)[0].document == {"a": None, "b": None, "c": 0.1}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "ends too early"),
        (b"[]", "expected {"),
        (b"{}", 'no member "data"'),
        (b'{"data": []}', "expected {"),
        (b'{"data": {"pages": null}}', "expected ["),
        (b'{"data": {"pages": [1]}}', "data.pages[0]"),
        (b'{"data": {"pages": [{}{}]}}', "expected , or ]"),
        (b'{"data": {"pages": [\n{"a": 1}\n{"a": 2}\n]}}', "expected , or ]"),
        (b'{"data": {"pages": [\n{"a": 1},\n]}}', "data.pages[1]"),
        (b'{"data": {"pages": [{"a": 1,}]}}', "data.pages[0]"),
        (b'{"data": {"pages": [{"a": 01}]}}', "data.pages[0]"),
        (b'{"data": {"pages": [{"a": "\x01"}]}}', "data.pages[0]"),
        (b'{"data": {"pages": [{"a": "\xff"}]}}', "data.pages[0]"),
        (b'{"data": {"pages": [{"a": "\\ud800"}]}}', "data.pages[0]"),
        (b'{"data": {"pages": [{"a": 9223372036854775808}]}}', "64 bits"),
        (b'{"data": {"pages": [{"a": 1e400}]}}', "data.pages[0]"),
        (b'{"data": {}} {}', "more after its end"),
        (b'{"data": {"org": {}, "org": {}}}', "'org' is there twice"),
        (b'{"data": {"pages": [], "items": [], "pages": []}}', "'pages' is there twice"),
        (b'{"data": {}, "data": {}}', "'data' is there twice"),
        (b'{"data": {"org": 3}}', "no object"),
        (b'{"data": {3: 3}}', "name is missing"),
        (b'{"data": {"org" {}}}', "expected :"),
        (b'{"data": {"held": {"pages": [{}]}}}', "no object"),
        (b'\xef\xbb\xbf{"data": {}}', "byte order mark"),
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused_with_the_place(text: bytes, problem: str) -> None:
    assert problem in refused(text)
    assert problem in refused(text, (1,) * len(text))


def test_the_place_is_a_byte_of_the_whole_text() -> None:
    text = a_line_each({"pages": [{"a": "x" * 100}] * 50}).replace(b"]", b"},]")
    message = refused(text, (7,) * 1000)
    assert f"byte {text.index(b'},]')}" in message


@pytest.mark.parametrize("head", [b"[\n", b"["])
@pytest.mark.parametrize(("levels", "fits"), [(100, True), (101, False)])
def test_a_document_may_have_a_hundred_levels(levels: int, fits: bool, head: bytes) -> None:
    nested = b'{"a":' * (levels - 1) + b"{}" + b"}" * (levels - 1)
    text = b'{"data": {"pages": ' + head + nested + b"\n]}}"
    if fits:
        assert len(read(text)) == 1
    else:
        assert "100 levels" in refused(text)


@pytest.mark.parametrize(
    ("head", "value", "count", "fits"),
    [
        # the database adds thirteen bytes to the text, JSON eight
        (b"[\n", b"x", 2**24 - 13, True),
        (b"[\n", b"x", 2**24 - 12, False),
        (b"[", b"x", 2**24 - 12, False),
        # the two bytes of an é are six of JSON's
        (b"[\n", b"\\u00e9", 2**23 - 7, True),
        (b"[", b"x", 2**26, False),
    ],
)
def test_a_document_may_have_as_many_bytes_as_mongodb_takes(head: bytes, value: bytes, count: int, fits: bool) -> None:
    text = b'{"data": {"pages": ' + head + b'{"a":"' + value * count + b'"}\n]}}'
    pieces = [2**22] * (len(text) // 2**22)
    if fits:
        assert len(read(text, pieces)) == 1
    else:
        assert "16 MiB" in refused(text, pieces)
