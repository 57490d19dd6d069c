"""Whether what is not refused is what an importer takes, asked of one that is written down apart from these rules."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgport.browsertrix.held import presentable, refusal
from orgport.browsertrix.paths import Document
from orgport.browsertrix.sections import UPSTREAM_SECTIONS, Section, by_name
from orgport.browsertrix.settings import Settings
from tests.oracle.importer import sections
from tests.organizations import generate
from tests.unit.browsertrix.samples import as_json

SETTINGS = Settings(max_browser_windows=8, num_browsers=2)
CHECKS = {by_name[name]: check for name, check in sections(8, 4).items()}
ORGANIZATION = generate(items=9, pages=20, objects=30)
DOCUMENTS = [(section, document) for section in CHECKS for document in ORGANIZATION.documents[section.collection]]
STRANGE = st.one_of(
    st.none(),
    st.integers(-1, 12),
    st.just(2.5),
    st.sampled_from(["", "x", "2024-07-01", "about:blank", "https://example.org/"]),
    st.sampled_from([[], [None], ["x"], [1], {}, {"x": None}, {"x": {}}]),
)
ABSENT = object()


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[Section, Document]:
    """A document with a member, at any depth, that is replaced or gone."""
    section, document = draw(st.sampled_from(DOCUMENTS))
    document = deepcopy(document)
    holder: Any = document
    key = draw(st.sampled_from(sorted(set(holder) - {"_id"})))
    while isinstance(holder[key], dict | list) and holder[key] and draw(st.booleans()):
        holder = holder[key]
        key = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
    value = draw(STRANGE | st.just(ABSENT))
    if value is ABSENT and isinstance(holder, dict):
        del holder[key]
    elif value is not ABSENT:
        holder[key] = value
    return section, document


@pytest.mark.parametrize("section", UPSTREAM_SECTIONS, ids=lambda section: section.name)
def test_whatever_breaks_a_rule_of_the_importer_is_refused(section: Section) -> None:
    """But for what `presentable` mends, and for an _id, which no document of a database lacks."""
    check = CHECKS[section]
    assert refusal(section, check.example(), SETTINGS) is None
    for path, bad in check.faulty():
        if isinstance(bad, dict) and path != "._id" and refusal(section, bad, SETTINGS) is None:
            assert list(check(presentable(section, bad))) == [], path


@settings(max_examples=200)
@given(spoilt())
def test_whatever_is_not_refused_is_taken(case: tuple[Section, Document]) -> None:
    section, document = case
    if refusal(section, document, SETTINGS) is None:
        assert list(CHECKS[section](as_json(presentable(section, document)))) == []
