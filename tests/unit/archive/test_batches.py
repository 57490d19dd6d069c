"""Encoded documents as lines of JSON: the fast way and the thorough one say the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import bson
import orjson
import pytest
from bson import Binary, DatetimeMS, Decimal128, Int64, ObjectId, Regex
from bson.codec_options import CodecOptions
from bson.errors import InvalidBSON
from hypothesis import example, given
from hypothesis import strategies as st

from orgport.archive.batches import decode, decode_bare, decode_with_plain_ids, mark, split
from orgport.archive.encoding import encode, encode_bare, text_of_uuid

OPTIONS: CodecOptions[Any] = CodecOptions(uuid_representation=4)
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
USUAL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-5, 5).map(Int64),
    st.floats(),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.just('\n,{"a":1},\n'),
    st.uuids(),
    st.datetimes(timezones=st.just(UTC)).map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    ),
)
STRANGE = st.sampled_from(
    [
        ObjectId("64b7f0c2a1b2c3d4e5f60718"),
        Decimal128("1.50"),
        Binary(b"\x01\x02", 0),
        Binary(bytes(16), 3),
        Binary(b"short", 4),
        Regex("^a"),
        DatetimeMS(2**50),
        {"$ref": "crawls", "$id": 7},
    ]
)


def documents(scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    values = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=6
    )
    return st.lists(st.dictionaries(NAMES, values, max_size=5), max_size=4)


def encoded(each: dict[str, Any]) -> bytes:
    return bson.encode(each, codec_options=OPTIONS)


def thoroughly(batch: bytes) -> bytes:
    return b",\n".join(encode(decode(each)) for each in split(batch))


@given(documents(USUAL))
@example([{"a": float("nan")}, {}, {"at": datetime(1, 1, 1, tzinfo=UTC)}, {"at": datetime.max.replace(tzinfo=UTC)}])
def test_what_browsertrix_stores_is_written_alike_in_both_ways(each: list[dict[str, Any]]) -> None:
    batch = b"".join(map(encoded, each))
    assert encode_bare(decode_bare(batch)) == thoroughly(batch)


@given(documents(USUAL | STRANGE))
def test_what_it_does_not_store_is_written_alike_or_left_to_the_thorough_way(each: list[dict[str, Any]]) -> None:
    batch = b"".join(map(encoded, each))
    try:
        quick = encode_bare(decode_bare(batch))
    except (InvalidBSON, orjson.JSONEncodeError):
        return
    assert quick == thoroughly(batch)


IDS = {"_id": UUID(int=1), "oid": UUID(int=2)}
BEGINNING = "\x05oid\0\x10\0\0\0\4"
"""A text that looks as an id does in BSON."""


@given(documents(USUAL))
def test_plain_ids_are_the_bytes_of_the_uuids_and_the_rest_is_as_it_was(each: list[dict[str, Any]]) -> None:
    batch = [encoded({**document, **IDS}) for document in each if "oid" not in repr(document)]
    plain = {name: identifier.bytes for name, identifier in IDS.items()}
    expected = [{**document, **plain} for document in decode_bare(b"".join(batch))]
    assert repr(decode_with_plain_ids(batch)) == repr(expected)
    assert text_of_uuid(plain["_id"]) == str(IDS["_id"])


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"_id": UUID(int=1)},
        {**IDS, "oid": str(UUID(int=2))},
        {**IDS, "oid": Binary(bytes(16), 0)},
        {**IDS, "oid": Binary(bytes(16), 3)},
        {**IDS, "below": {"oid": UUID(int=3)}},
        {**IDS, "title": BEGINNING},
        {"_id": UUID(int=1), "title": BEGINNING},
        {"_id": UUID(int=1), "oid": Binary(bytes(16), 0), "title": BEGINNING},
    ],
)
def test_where_an_id_might_be_something_else_there_are_no_plain_ones(other: dict[str, Any]) -> None:
    assert decode_with_plain_ids([encoded(IDS), encoded(other)]) is None
    assert decode_with_plain_ids([encoded(IDS), encoded(IDS)]) is not None


def test_lines_that_are_made_already_keep_their_places() -> None:
    assert encode_bare([orjson.Fragment(b'{"a":1}'), {"b": 2}, orjson.Fragment(b"{}")]) == b'{"a":1},\n{"b":2},\n{}'
    assert encode_bare([]) == b""


@pytest.mark.parametrize("moment", [DatetimeMS(2**60), DatetimeMS(-(2**60))])
def test_a_date_that_python_has_none_for_is_written_as_its_milliseconds(moment: DatetimeMS) -> None:
    assert encode(decode(encoded({"at": moment}))) == b'{"at":%d}' % int(moment)


@given(documents(USUAL))
def test_a_batch_is_cut_where_its_documents_end(each: list[dict[str, Any]]) -> None:
    whole = [encoded(document) for document in each]
    assert list(split(b"".join(whole))) == whole


def test_any_change_of_a_document_changes_its_mark() -> None:
    moment = datetime(2024, 7, 1, tzinfo=UTC)
    versions: list[dict[str, Any]] = [{"a": 1}, {"a": 1.0}, {"a": "1"}, {"a": None}, {}, {"b": 1}, {"a": 1, "b": 1}]
    versions += [{"at": moment}, {"at": moment + timedelta(milliseconds=1)}]
    assert len({mark(encoded(version)) for version in versions}) == len(versions)
    assert mark(encoded({"a": 1})) == mark(encoded({"a": 1}))
