"""Slugs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.browsertrix.slugs import folded, slugify_name


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        *[("default", "default"), ("a.b", "a-b"), ("A B", "a-b"), ("  a__b--c ", "a-b-c"), ("Ann's", "anns")],
        *[("Café Zürich", "cafe-zurich"), ("Straße Ærø Łódź", "strasse-aero-lodz"), ("1,000 pages", "1000-pages")],
        *[("図書館", ""), ("", ""), ("!!!", ""), ("ﬁne", "fine")],
    ],
)
def test_names_become_slugs_as_browsertrix_makes_them(name: str, slug: str) -> None:
    assert slugify_name(name) == slug


@given(st.text())
def test_slugs_are_plain_and_stay_as_they_are(name: str) -> None:
    slug = slugify_name(name)
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", slug)
    assert slugify_name(slug) == slug == folded(slug)


def test_case_and_accents_do_not_tell_names_apart() -> None:
    assert folded("CAFÉ") == folded("cafe") == "cafe"
