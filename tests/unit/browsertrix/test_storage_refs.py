"""Storages that records name."""

from __future__ import annotations

import pytest

from orgport.browsertrix.paths import Document
from orgport.browsertrix.sections import COLLECTIONS, ITEMS, ORGANIZATION, SECTIONS, Section
from orgport.browsertrix.storage_refs import map_storages, storage_names
from tests.unit.browsertrix.samples import OID, file, filled, found, ref

NO_REPLICAS: frozenset[str] = frozenset()
PLACES = [(section, path) for section in SECTIONS for path in section.files] + [(ORGANIZATION, "")]


def member(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def replicas_of(section: Section, path: str) -> str:
    return "storageReplicas" if section is ORGANIZATION else member(path, "replicas")


@pytest.mark.parametrize(("section", "path"), PLACES, ids=lambda value: getattr(value, "name", value))
def test_each_storage_is_listed_and_mapped_with_its_replicas(section: Section, path: str) -> None:
    document = filled(section)
    replicas = replicas_of(section, path)
    assert storage_names(section, document) == {("default", False)}
    assert any(ref("replica") in refs for refs in found(document, replicas))
    map_storages(section, document, {"default": "eu", "replica": "eu-replica", "gone": "eu"}.__getitem__,
                 frozenset({"eu-replica"}))  # fmt: skip
    assert set(found(document, member(path, "storage.name"))) == {"eu"}
    assert all(refs == [ref("eu-replica")] for refs in found(document, replicas))


@pytest.mark.parametrize(("section", "path"), PLACES, ids=lambda value: getattr(value, "name", value))
def test_replicas_that_the_target_lacks_are_dropped(section: Section, path: str) -> None:
    document = filled(section)
    map_storages(section, document, lambda _: "eu", NO_REPLICAS)
    assert not any(found(document, replicas_of(section, path)))


def test_a_replica_that_no_mapping_lists_keeps_its_name_where_the_target_has_it() -> None:
    item: Document = {"_id": "crawl", "files": [file("a.wacz")]}
    map_storages(ITEMS, item, lambda _: "eu", frozenset({"replica"}))
    assert item["files"][0]["replicas"] == [ref("replica")]


def test_a_storage_is_no_replica_of_itself_and_none_twice() -> None:
    item: Document = {"_id": "crawl", "files": [file("a.wacz") | {"replicas": [ref("r1"), ref("r2"), ref("r3")]}]}
    mapping = {"default": "eu", "r1": "eu", "r2": "us", "r3": "us"}
    map_storages(ITEMS, item, mapping.__getitem__, frozenset({"eu", "us"}))
    assert item["files"][0]["replicas"] == [ref("us")]


def test_custom_storages_are_said_and_become_the_installations_own() -> None:
    item: Document = {"_id": "crawl", "files": [file("a") | {"storage": ref("mine", True)}, file("b")]}
    item["files"][1]["replicas"] = [ref("other", True)]
    assert storage_names(ITEMS, item) == {("mine", True), ("default", False)}
    map_storages(ITEMS, item, lambda _: "eu", frozenset({"other"}))
    assert [made["storage"] for made in item["files"]] == [ref("eu"), ref("eu")]
    assert item["files"][1]["replicas"] == []


def test_null_is_as_good_as_not_custom_and_stays() -> None:
    organization: Document = {"_id": OID, "storage": ref("default", None)}
    assert storage_names(ORGANIZATION, organization) == {("default", False)}
    map_storages(ORGANIZATION, organization, lambda _: "eu", NO_REPLICAS)
    assert organization == {"_id": OID, "storage": ref("eu", None)}


def test_file_objects_without_storage_or_replicas_are_left_alone() -> None:
    collection: Document = {
        "_id": OID,
        "thumbnail": {"filename": "a", "storage": None, "replicas": None},
        "indexFile": {"filename": "b", "storage": "default", "replicas": [None]},
    }
    map_storages(COLLECTIONS, collection, lambda _: "eu", frozenset({"eu"}))
    assert collection["thumbnail"] == {"filename": "a", "storage": None, "replicas": None}
    assert collection["indexFile"] == {"filename": "b", "storage": "default", "replicas": [None]}
