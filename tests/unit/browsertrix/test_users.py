"""Users that records name."""

from __future__ import annotations

from copy import deepcopy
from uuid import UUID

import pytest

from orgport.browsertrix.paths import Document
from orgport.browsertrix.sections import ITEMS, ORGANIZATION, PAGES, SECTIONS, Section
from orgport.browsertrix.users import map_users, user_ids
from tests.unit.browsertrix.samples import OID, OTHER, as_json, filled, found

A, B, C = (UUID(int=number << 64) for number in (1, 2, 3))
ALL = [(section, path) for section in SECTIONS for path in section.users]


@pytest.mark.parametrize(("section", "path"), ALL, ids=lambda value: getattr(value, "name", value))
def test_each_path_of_a_user_is_listed_and_mapped(section: Section, path: str) -> None:
    document = filled(section)
    before = deepcopy(document)
    old = set(found(document, path))
    assert old <= user_ids(section, document)
    mapping = {identifier: UUID(int=identifier.int + (1 << 100)) for identifier in old}
    unmapped = map_users(section, document, mapping)
    assert set(found(document, path)) == set(mapping.values())
    assert unmapped == user_ids(section, before) - old
    for other in (*section.uuids, *section.dates):
        if other != path:
            assert found(document, other) == found(before, other)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_users_without_a_mapping_stay_and_are_returned(section: Section) -> None:
    document = filled(section)
    before = deepcopy(document)
    assert map_users(section, document, {}) == user_ids(section, before)
    assert document == before


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_texts_of_an_export_name_the_same_users(section: Section) -> None:
    assert user_ids(section, as_json(filled(section))) == user_ids(section, filled(section))


def test_nobody_is_no_user() -> None:
    item: Document = {"_id": "crawl", "userid": None, "qa": None, "qaFinished": {"run": {"userid": "gone"}}}
    assert user_ids(ITEMS, item) == set()
    assert map_users(ITEMS, item, {A: B}) == set()
    assert user_ids(PAGES, {"_id": OID, "notes": []}) == set()


def test_members_are_keys_and_details() -> None:
    organization: Document = {
        "_id": OID,
        "name": str(A),
        "users": {str(A): 40, str(B): 10},
        "userDetails": [{"id": str(A), "role": 40}, {"id": str(C), "role": 20}],
    }
    assert user_ids(ORGANIZATION, organization) == {A, B, C}
    assert map_users(ORGANIZATION, organization, {A: OTHER}) == {B, C}
    assert organization["users"] == {str(OTHER): 40, str(B): 10}
    assert [detail["id"] for detail in organization["userDetails"]] == [str(OTHER), str(C)]
    assert organization["name"] == str(A)


def test_two_accounts_that_become_one_have_the_higher_role() -> None:
    organization = {"_id": OID, "users": {str(A): 10, str(B): 40, str(C): 20}}
    assert map_users(ORGANIZATION, organization, {A: C, B: C, C: C}) == set()
    assert organization["users"] == {str(C): 40}
