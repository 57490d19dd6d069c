"""org-export.json, byte by byte."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from bson import Binary, Decimal128, Int64, ObjectId
from hypothesis import given
from hypothesis import strategies as st

from orgport.archive import writing
from orgport.archive.encoding import encode
from orgport.archive.writing import ExportWriter, Written

NAMES = ["profiles", "workflows", "workflowRevisions", "items", "pages", "collections"]


def written(steps: list[tuple[str, list[dict[str, Any]]]]) -> tuple[bytes, Written]:
    """What the writer makes of these sections, and what it says of it."""
    pieces: list[bytes] = []

    async def sink(data: bytes) -> None:
        pieces.append(data)

    async def write() -> Written:
        writer = ExportWriter(sink)
        await writer.begin("0058", {"name": "Acme"})
        for section, documents in steps:
            await writer.section(section)
            for document in documents:
                await writer.add(document)
        return await writer.finish()

    result = asyncio.run(write())
    return b"".join(pieces), result


def test_every_document_has_a_line_and_every_section_of_browsertrix_is_there() -> None:
    text, result = written([("profiles", [{"_id": 1}, {"_id": 2}]), ("collections", [{"_id": 3}])])
    assert text.decode().split("\n") == [
        '{"data": {',
        '"dbVersion": "0058",',
        '"org": {"name":"Acme"},',
        '"profiles": [',
        '{"_id":1},',
        '{"_id":2}',
        "],",
        '"workflows": [',
        "],",
        '"workflowRevisions": [',
        "],",
        '"items": [',
        "],",
        '"pages": [',
        "],",
        '"collections": [',
        '{"_id":3}',
        "]},",
        '"orgport": {"formatVersion":1,"counts":{"profiles":2,"workflows":0,"workflowRevisions":0,"items":0,'
        '"pages":0,"collections":1}}}',
    ]
    assert result.documents == {**dict.fromkeys(NAMES, 0), "profiles": 2, "collections": 1}


def test_held_and_extra_sections_come_after_those_of_browsertrix() -> None:
    steps: list[tuple[str, list[dict[str, Any]]]] = [
        ("pages", []),
        ("held.items", [{"rule": "a", "document": {}}]),
        ("held.pages", [{"rule": "b", "document": {}}, {"rule": "c", "document": {}}]),
        ("fileUploads", [{"_id": 1}]),
    ]
    text, _ = written(steps)
    whole = json.loads(text)
    assert list(whole["data"]) == ["dbVersion", "org", *NAMES, "held", "fileUploads"]
    assert [len(entries) for entries in whole["data"]["held"].values()] == [1, 2]
    assert whole["orgport"]["counts"]["held.pages"] == 2
    assert json.loads(written(steps[:-1])[0])["data"]["held"] == whole["data"]["held"]


def test_size_and_hash_are_those_of_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BUFFER_BYTES", 50)
    text, result = written([("pages", [{"_id": number, "title": "x" * number} for number in range(100)])])
    assert (result.size, result.sha256) == (len(text), hashlib.sha256(text).hexdigest())


@pytest.mark.parametrize(
    "order", [["workflows", "profiles"], ["fileUploads", "pages"], ["pages", "pages"], ["crawlLogs", "crawlLogs"]]
)
def test_an_order_in_which_browsertrix_finds_nothing_is_refused(order: list[str]) -> None:
    with pytest.raises(ValueError, match="section"):
        written([(name, []) for name in order])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (UUID("4C880741-C1B7-47AE-B825-3FB15D52A760"), '"4c880741-c1b7-47ae-b825-3fb15d52a760"'),
        (datetime(2024, 7, 1, 12, tzinfo=UTC), '"2024-07-01T12:00:00Z"'),
        (datetime(2024, 7, 1, 12, 0, 0, 123000, tzinfo=UTC), '"2024-07-01T12:00:00.123000Z"'),
        (datetime(2024, 7, 1, 12), '"2024-07-01T12:00:00Z"'),
        (Int64(7), "7"),
        (2**63 - 1, "9223372036854775807"),
        (1.0, "1.0"),
        (math.nan, "null"),
        (-math.inf, "null"),
        (None, "null"),
        (True, "true"),
        ('é\u2028"\\\0', '"é\u2028\\"\\\\\\u0000"'),
        (ObjectId("64b7f0c2a1b2c3d4e5f60718"), '"64b7f0c2a1b2c3d4e5f60718"'),
        (Decimal128("1.50"), '"1.50"'),
        (Binary(b"\x01\x02", 0), '"0102"'),
        (Binary(bytes(range(16)), 3), '"00010203-0405-0607-0809-0a0b0c0d0e0f"'),
    ],
)
def test_values_are_written_as_browsertrix_does(value: Any, text: str) -> None:
    assert encode({"x": value}).decode() == f'{{"x":{text}}}'


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
NAME = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAME, inner, max_size=4), max_leaves=8
)
DOCUMENTS = st.lists(st.dictionaries(NAME, VALUES, max_size=5), max_size=5)


@given(st.dictionaries(st.sampled_from(NAMES), DOCUMENTS), st.dictionaries(st.sampled_from(NAMES), DOCUMENTS))
def test_whatever_the_documents_the_json_says_them(
    documents: dict[str, list[dict[str, Any]]], held: dict[str, list[dict[str, Any]]]
) -> None:
    steps = [(name, documents[name]) for name in NAMES if name in documents]
    steps += [(f"held.{name}", held[name]) for name in NAMES if name in held]
    text, result = written(steps)
    whole = json.loads(text)
    assert {name: whole["data"][name] for name in documents} == documents
    assert whole["data"].get("held", {}) == held
    assert whole["orgport"]["counts"] == result.documents


@given(st.datetimes(timezones=st.just(UTC)))
def test_dates_are_read_as_they_were_written(moment: datetime) -> None:
    text = json.loads(encode({"at": moment}))["at"]
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == moment
