"""Made-up organizations are the same for the same seed, whole, and as Browsertrix keeps them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from bson import BSON, ObjectId
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions

from tests.organizations import Organization, generate
from tests.organizations.keys import TEMPLATES
from tests.organizations.model import BY_OID
from tests.organizations.move import FILE_PATHS, files_of

OPTIONS: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, uuid_representation=UuidRepresentation.STANDARD)


@pytest.fixture(scope="module")
def made() -> Organization:
    return generate(seed=1, objects=200, pages=5000)


def records(made: Organization) -> Iterator[dict[str, Any]]:
    for collection in FILE_PATHS:
        for document in made.documents[collection]:
            yield from files_of(collection, document)


def test_the_same_arguments_make_the_same_organization() -> None:
    assert generate(seed=7, in_flight=True) == generate(seed=7, in_flight=True)


def test_another_seed_makes_another_organization() -> None:
    one, other = generate(seed=1), generate(seed=2)
    assert one.id != other.id
    assert {page["_id"] for page in one.documents["pages"]}.isdisjoint(page["_id"] for page in other.documents["pages"])


def test_sizes_are_as_asked_for(made: Organization) -> None:
    assert 200 <= len(made.objects) <= 220
    assert {name: len(made.documents[name]) for name in ("pages", "crawls", "collections", "crawl_configs")} == {
        "pages": 5000,
        "crawls": 20,
        "collections": 4,
        "crawl_configs": 10,
    }


def test_every_collection_has_documents(made: Organization) -> None:
    assert [name for name, documents in made.documents.items() if not documents] == []


def test_every_record_names_an_object_of_its_size_and_hash(made: Organization) -> None:
    found = {record["filename"]: (record["size"], record["hash"]) for record in records(made)}
    held = {key: (each.size, each.sha256) for key, each in made.objects.items()}
    assert {key: held[key] for key in found} == found


def test_one_object_has_no_record(made: Organization) -> None:
    (unrecorded,) = made.objects.keys() - {record["filename"] for record in records(made)}
    assert unrecorded.startswith(f"{made.id}/")


def test_no_two_records_name_one_object(made: Organization) -> None:
    counts = Counter(record["filename"] for record in records(made))
    assert [name for name, count in counts.items() if count > 1] == []


def test_keys_hold_what_every_template_brings(made: Organization) -> None:
    names = [key.removeprefix(f"{made.id}/") for key in made.objects]
    for template in filter(None, TEMPLATES):
        before = template.split("@ts")[0]
        assert any(name.startswith(before) for name in names), template
    assert all(segment not in ("", ".", "..") for name in names for segment in name.split("/"))


def test_documents_survive_bson_unchanged(made: Organization) -> None:
    for documents in made.documents.values():
        for document in documents:
            assert BSON.encode(document, codec_options=OPTIONS).decode(codec_options=OPTIONS) == document


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    else:
        yield value


def test_values_have_the_types_that_browsertrix_stores(made: Organization) -> None:
    values = [leaf for documents in made.documents.values() for each in documents for leaf in leaves(each)]
    assert {type(value) for value in values} == {type(None), bool, int, float, str, UUID, ObjectId, datetime}
    assert {value.tzname() for value in values if isinstance(value, datetime)} == {"UTC"}


def test_documents_of_other_collections_name_the_organization(made: Organization) -> None:
    assert {document["oid"] for name in BY_OID for document in made.documents[name]} == {made.id}
    workflows = {workflow["_id"] for workflow in made.documents["crawl_configs"]}
    assert {revision["cid"] for revision in made.documents["configs_revs"]} <= workflows


def test_workflows_are_stored_without_a_scale_and_items_with_text_ids(made: Organization) -> None:
    assert {workflow["scale"] for workflow in made.documents["crawl_configs"]} == {None}
    assert {type(item["_id"]) for item in made.documents["crawls"]} == {str}
    assert {item["type"] for item in made.documents["crawls"]} == {"crawl", "upload"}


def test_items_count_their_pages_and_files(made: Organization) -> None:
    pages = Counter(page["crawl_id"] for page in made.documents["pages"])
    for item in made.documents["crawls"]:
        assert item.get("pageCount", 0) == pages[item["_id"]]
        assert item["fileSize"] == sum(file["size"] for file in item["files"])


def test_the_organization_counts_the_bytes_of_all_its_records(made: Organization) -> None:
    assert made.document["bytesStored"] == sum(record["size"] for record in records(made))


def test_members_are_of_every_role_and_others_made_things_too(made: Organization) -> None:
    roles = set(made.document["users"].values())
    makers = {each["createdBy"] for name in ("profiles", "crawl_configs") for each in made.documents[name]}
    accounts = {account["id"] for account in made.documents["users"]}
    assert roles == {10, 20, 40}
    assert len(makers - {UUID(member) for member in made.document["users"]}) == 2
    assert len(makers - accounts) == 1


def test_the_neighbour_looks_alike_and_shares_nothing_but_people(made: Organization) -> None:
    other = made.neighbour
    assert other is not None
    assert str(other.id)[:-1] == str(made.id)[:-1]
    assert other.id != made.id
    for name in made.documents.keys() - {"users"}:
        mine = {document["_id"] for document in made.documents[name]}
        assert mine.isdisjoint(document["_id"] for document in other.documents[name]), name
    shared = {account["email"] for account in made.documents["users"]} & {
        account["email"] for account in other.documents["users"]
    }
    assert shared == {"Shared.Person@Example.ORG", "admin@example.org"}


def test_strangers_begin_like_the_organization_and_lie_outside_it(made: Organization) -> None:
    assert [key for key in made.strangers if key.startswith(f"{made.id}/")] == []
    assert any(key.startswith(str(made.id)) for key in made.strangers)


def test_replicas_and_a_former_storage_are_named_where_objects_lie() -> None:
    made = generate(replica="copy", former="old")
    for record in records(made):
        storages = (record["storage"]["name"], *(replica["name"] for replica in record["replicas"]))
        assert made.objects[record["filename"]].storages == storages
    assert {record["storage"]["name"] for record in records(made)} == {"default", "old"}
    assert {("default", "copy"), ("old", "copy"), ("default",)} == {each.storages for each in made.objects.values()}


def test_what_is_under_way_is_there_when_asked_for() -> None:
    items = generate(in_flight=True).documents["crawls"]
    assert {"running", "processing-upload"} <= {item["state"] for item in items}
    assert any(item.get("deleted") for item in items)
    assert any(item.get("qa") for item in items)


def test_a_large_object_is_one_that_clients_send_in_parts() -> None:
    sizes = sorted(
        each.size for each in generate(items=3, objects=10, large_objects=1, neighbour=False).objects.values()
    )
    assert sizes[-1] > 8 * 1024 * 1024 > sizes[-2]


@pytest.mark.parametrize("items", [0, 1, 2])
def test_hardly_anything_is_an_organization_too(items: int) -> None:
    made = generate(items=items, pages=3, objects=0, collections=0, workflows=1, profiles=0, members=1)
    assert len(made.documents["crawls"]) == items
    assert len(made.documents["pages"]) == (3 if items else 0)
