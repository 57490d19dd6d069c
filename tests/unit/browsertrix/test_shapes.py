"""What is taken for its shape is what the rules would take."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from hypothesis import given, settings
from hypothesis import strategies as st

from orgport.archive.batches import decode, decode_bare
from orgport.browsertrix import shapes
from orgport.browsertrix.held import refusal
from orgport.browsertrix.paths import Document
from orgport.browsertrix.sections import CRAWL_LOGS, PAGES, Section
from orgport.browsertrix.settings import Settings
from orgport.browsertrix.shapes import Shapes
from tests.organizations import generate
from tests.unit.browsertrix.samples import INSTANT, OTHER

SETTINGS = Settings()
OPTIONS: CodecOptions[Any] = CodecOptions(uuid_representation=4)
ORGANIZATION = generate(items=9, pages=120, objects=30)
DOCUMENTS = {section: ORGANIZATION.documents[section.collection] for section in (PAGES, CRAWL_LOGS)}
URLS = ["https://example.org/", "about:blank", "http://", "https://1.2.3.999/", "HTTP://x", "https://a b/", "ftp://a/"]
STRANGE: list[Any] = [
    *(None, True, 0, -7, 2.5, 200.0, float("nan"), "", "200", "true", OTHER, str(OTHER), INSTANT, INSTANT.isoformat()),
    *([], [None], ["x"], {}, {"x": {}}, {"run": {"textMatch": "much"}}, {"run": {"textMatch": 1}}),
    *([{"id": OTHER, "text": "t", "created": INSTANT, "userid": OTHER, "userName": "n"}], [{"id": str(OTHER)}]),
    *URLS,
]


@st.composite
def changed(draw: st.DrawFn, section: Section) -> Document:
    """A document with members that are something else, gone, or new."""
    document = deepcopy(draw(st.sampled_from(DOCUMENTS[section])))
    for name in draw(st.lists(st.sampled_from([*sorted(document), "browserWindows", "scale", "new"]), max_size=2)):
        if draw(st.booleans()):
            document[name] = draw(st.sampled_from(STRANGE))
        elif name != "_id":
            document.pop(name, None)
    return document


def encoded(document: Document) -> bytes:
    return bson.encode(document, codec_options=OPTIONS)


def is_taken(section: Section, document: Document) -> bool:
    return refusal(section, decode(encoded(document)), SETTINGS) is None


def learned(section: Section, documents: list[Document]) -> Shapes:
    known = Shapes(section)
    for document in documents:
        if is_taken(section, document):
            known.learn(*decode_bare(encoded(document)))
    return known


@pytest.mark.parametrize("section", DOCUMENTS, ids=lambda section: section.name)
@settings(max_examples=300)
@given(st.data())
def test_nothing_is_taken_for_its_shape_that_the_rules_refuse(section: Section, data: st.DataObject) -> None:
    known = learned(section, data.draw(st.lists(changed(section), min_size=1, max_size=12)))
    for document in data.draw(st.lists(changed(section), min_size=1, max_size=12)):
        if known.fits(*decode_bare(encoded(document))):
            assert is_taken(section, document)


@pytest.mark.parametrize("section", DOCUMENTS, ids=lambda section: section.name)
def test_documents_of_a_shape_are_taken_once_it_is_known(section: Section) -> None:
    documents = [document for document in DOCUMENTS[section] if not document.get("notes")]
    bare = [decode_bare(encoded(document))[0] for document in documents]
    assert not any(map(Shapes(section).fits, bare))
    assert all(map(learned(section, documents).fits, bare))


@pytest.mark.parametrize("url", URLS)
def test_a_url_is_looked_at_whatever_the_shape(url: str) -> None:
    (page, *_) = DOCUMENTS[PAGES]
    changed = {**page, "url": url}
    assert learned(PAGES, [page]).fits(*decode_bare(encoded(changed))) == is_taken(PAGES, changed)


def test_no_more_shapes_are_remembered_than_memory_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "MAX_SHAPES", 2)
    pages = [{**DOCUMENTS[PAGES][0], f"new{number}": number} for number in range(3)]
    known = learned(PAGES, pages)
    assert [known.fits(*decode_bare(encoded(page))) for page in pages] == [True, True, False]
