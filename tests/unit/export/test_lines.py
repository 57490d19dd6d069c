"""Lines of many documents: what is told by its shape is written as if each had been looked at."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

import bson
import orjson
import pytest
from bson import Binary, Int64, ObjectId
from bson.codec_options import CodecOptions
from hypothesis import given
from hypothesis import strategies as st

from orgport.archive.batches import decode, mark
from orgport.browsertrix.sections import PAGES
from orgport.browsertrix.settings import Settings
from orgport.worker.export_changes import Marks
from orgport.worker.export_lines import Many, line_of
from tests.organizations import generate

SETTINGS = Settings()
OPTIONS: CodecOptions[Any] = CodecOptions(uuid_representation=4)
ORGANIZATION = generate(items=4, pages=60, objects=12, neighbour=False)
PAGE = ORGANIZATION.documents["pages"][0]
ODD: list[dict[str, Any]] = [
    {"url": "about:blank"},
    {"status": "no number"},
    {"added": ObjectId("64b7f0c2a1b2c3d4e5f60718")},
    {"added": Binary(b"\x01", 0)},
    {"ts": bson.DatetimeMS(2**50)},
    {"title": float("inf")},
    {"depth": Int64(3)},
    {"notes": []},
    {"crawl_id": "another"},
]
pages = st.sampled_from(ORGANIZATION.documents["pages"])
odd_pages = st.tuples(pages, st.sampled_from(ODD)).map(lambda pair: {**pair[0], **pair[1]})


def encoded(document: dict[str, Any]) -> bytes:
    return bson.encode(document, codec_options=OPTIONS)


def many() -> Many:
    return Many(PAGES, SETTINGS, Marks(), ORGANIZATION.id)


@given(st.lists(st.lists(pages | odd_pages, min_size=1, max_size=5), max_size=4))
def test_many_documents_become_the_lines_that_each_of_them_would(pieces: list[list[dict[str, Any]]]) -> None:
    taker = many()
    marks: dict[str, int] = {}
    for piece in pieces:
        lines = taker.lines([encoded(document) for document in piece])
        alone = [line_of(PAGES, decode(encoded(document)), SETTINGS) for document in piece]
        assert lines.text == b",\n".join(line.text for line in alone if not line.is_held)
        assert lines.held == [line.text for line in alone if line.is_held]
        assert lines.count == sum(not line.is_held for line in alone)
        for document in piece:
            marks[document["crawl_id"]] = marks.get(document["crawl_id"], 0) + mark(encoded(document))
    assert taker.marks.sums.get("pages", {}) == marks


def test_a_page_of_a_known_shape_is_not_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = ({**PAGE, "_id": uuid5(PAGE["_id"], str(number))} for number in range(3))
    taker = many()
    taker.lines([encoded(first)])
    monkeypatch.setattr("orgport.worker.export_lines.decode", None)
    lines = taker.lines([encoded(other) for other in others])
    assert [UUID(orjson.loads(text)["_id"]) for text in lines.text.decode().split(",\n")] == [
        other["_id"] for other in others
    ]
