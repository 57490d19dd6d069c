"""Sections, and the types of their members."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.browsertrix.decoding import decode, decode_held, misfit, typed
from orgport.browsertrix.paths import slots
from orgport.browsertrix.sections import (
    COLLECTIONS,
    EXTRA_SECTIONS,
    ITEMS,
    ORGANIZATION,
    PAGES,
    PROFILES,
    REVISIONS,
    SECTIONS,
    UPSTREAM_SECTIONS,
    WORKFLOWS,
    Section,
    by_name,
)
from tests.organizations import generate
from tests.unit.browsertrix.samples import OID, as_json, filled, found

every_section = pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
TYPED = [(section, path) for section in SECTIONS for path in (*section.uuids, *section.dates)]
every_typed_path = pytest.mark.parametrize(("section", "path"), TYPED, ids=lambda value: getattr(value, "name", value))

NOT_USERS = {
    *("_id", "oid", "cid", "baseid", "modifiedCrawlCid", "profileid", "dedupeCollId", "autoAddCollections[]"),
    *("config.seedFileId", "collectionIds[]", "homeUrlPageId", "thumbnailSource.urlPageId", "notes[].id"),
    *("crawlingDefaults.profileid", "crawlingDefaults.dedupeCollId"),
}


@every_section
def test_every_uuid_is_known_to_name_a_user_or_something_else(section: Section) -> None:
    assert set(section.uuids) == set(section.users) | (set(section.uuids) & NOT_USERS)
    assert not set(section.users) & NOT_USERS


@every_section
def test_a_document_with_all_types_survives_json(section: Section) -> None:
    document = filled(section)
    assert all(found(document, path) for path in (*section.uuids, *section.dates))
    assert decode(section, as_json(document)) == document


@every_section
def test_decoding_is_in_place_keeps_the_order_and_can_be_repeated(section: Section) -> None:
    document = as_json(filled(section))
    order = list(document)
    assert decode(section, document) is document
    assert list(document) == order
    assert decode(section, deepcopy(document)) == document


@every_typed_path
def test_each_path_is_typed_and_names_itself_when_it_holds_something_else(section: Section, path: str) -> None:
    for wrong in ("no such thing", 7, True, ["x"], {"a": 1}):
        document = as_json(filled(section))
        for container, key in list(slots(document, path)):
            container[key] = wrong
        with pytest.raises(Failure) as caught:
            decode(section, document)
        assert caught.value.reason is Reason.EXPORT_CORRUPT
        assert section.name in caught.value.message
        if path != "_id":
            assert path.replace("[]", "") in caught.value.message
            assert str(document["_id"]) in caught.value.message
        assert misfit(section, document)


@every_typed_path
def test_null_and_absent_are_as_good_as_a_value(section: Section, path: str) -> None:
    if path == "_id":
        return
    document = as_json(filled(section))
    for container, key in list(slots(document, path)):
        container[key] = None
    decode(section, document)
    assert set(found(document, path)) == {None}
    assert decode(section, {"_id": document["_id"]})
    assert (misfit(section, document) is None) is not path.endswith("[]")


@pytest.mark.parametrize(
    ("section", "document", "path"),
    [
        (ITEMS, {"_id": "a", "qaFinished": [1]}, "qaFinished"),
        (ITEMS, {"_id": "a", "collectionIds": "x"}, "collectionIds"),
        (ITEMS, {"_id": "a", "files": {"0": {}}}, "files"),
        (ITEMS, {"_id": "a", "files": ["a.wacz"]}, "files"),
        (PROFILES, {"_id": str(OID), "resource": "a.tar.gz"}, "resource"),
        (WORKFLOWS, {"_id": str(OID), "config": "x"}, "config"),
        (WORKFLOWS, {"_id": str(OID), "autoAddCollections": False}, "autoAddCollections"),
        (ITEMS, {"_id": "a", "qaFinished": []}, "qaFinished"),
    ],
)
def test_a_wrong_shape_is_corrupt(section: Section, document: dict[str, Any], path: str) -> None:
    with pytest.raises(Failure, match=path) as caught:
        decode(section, document)
    assert caught.value.reason is Reason.EXPORT_CORRUPT


@pytest.mark.parametrize("identifier", [None, 7, "", str(OID)])
def test_items_have_texts_for_ids_even_if_they_look_like_uuids(identifier: Any) -> None:
    if identifier == str(OID):
        assert decode(ITEMS, {"_id": identifier})["_id"] == identifier
        return
    with pytest.raises(Failure, match="items: a document has no _id"):
        decode(ITEMS, {"_id": identifier})


def test_ids_of_revisions_are_uuids_however_they_were_stored() -> None:
    assert decode(REVISIONS, {"_id": str(OID)})["_id"] == OID
    assert decode(REVISIONS, {"_id": OID})["_id"] == OID


def test_texts_that_look_like_uuids_or_dates_stay_texts() -> None:
    looks = {"name": str(OID), "title": "2024-07-01T00:00:00Z", "requiresCrawls": [str(OID)], "crawl_id": str(OID)}
    for section in SECTIONS:
        document = {"_id": str(OID), **looks}
        decode(section, document)
        assert {key: document[key] for key in looks} == looks


def test_a_held_document_keeps_what_is_none_of_the_types() -> None:
    page = {"_id": str(OID), "userid": "nobody", "ts": "yesterday", "notes": [{"id": str(OID)}, 7], "oid": str(OID)}
    decode_held(PAGES, page)
    assert page == {"_id": OID, "userid": "nobody", "ts": "yesterday", "notes": [{"id": OID}, 7], "oid": OID}
    with pytest.raises(Failure):
        decode_held(PAGES, {"url": "https://example.org/"})


def test_a_failure_shows_no_value() -> None:
    with pytest.raises(Failure) as caught:
        decode(PROFILES, {"_id": str(OID), "userid": "hunter2hunter2"})
    assert "hunter2" not in caught.value.message
    assert caught.value.keys == (str(OID),)


SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5)
EXTRA = st.dictionaries(st.text(min_size=1, max_size=5).filter(lambda key: not key.startswith("_")), SCALARS)


@settings(max_examples=30)
@given(st.sampled_from(SECTIONS), EXTRA, st.uuids())
def test_unknown_members_survive_beside_the_typed_ones(
    section: Section, extra: dict[str, Any], identifier: UUID
) -> None:
    heads = {path.split(".")[0].removesuffix("[]") for path, _ in typed(section)}
    document = {key: value for key, value in extra.items() if key not in heads} | filled(section)
    if not section.string_id:
        document["_id"] = identifier
    assert decode(section, as_json(document)) == document


def test_generated_organizations_survive_json_but_for_what_is_under_no_section() -> None:
    organization = generate(items=6, pages=40, objects=20, in_flight=True)
    for section in SECTIONS:
        for document in organization.documents[section.collection]:
            assert decode(section, as_json(document)) == document


def test_sections_come_in_the_order_that_the_importer_needs() -> None:
    names = ["profiles", "workflows", "workflowRevisions", "items", "pages", "collections"]
    assert [section.name for section in UPSTREAM_SECTIONS] == names
    assert list(SECTIONS) == [ORGANIZATION, *UPSTREAM_SECTIONS, *EXTRA_SECTIONS]
    assert by_name["collections"] is COLLECTIONS
    assert by_name.keys() == {"org", *names, "fileUploads", "crawlLogs"}
