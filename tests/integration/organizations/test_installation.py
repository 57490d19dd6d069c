"""What is seeded is what is found."""

from __future__ import annotations

import json

import pytest
from pymongo.errors import PyMongoError

from orgport.browsertrix.connection import mongodb_uri
from orgport.browsertrix.storages import parse_storages, primary
from tests.integration.conftest import Installations
from tests.organizations import Installation, Object, ObjectFacts, Organization, generate
from tests.organizations.__main__ import main

pytestmark = pytest.mark.integration


def facts(organization: Organization, storage: str = "default") -> dict[str, ObjectFacts]:
    return {
        key: ObjectFacts(
            made.size, made.sha256, made.content_type, dict(made.metadata), dict(made.tags), dict(made.headers)
        )
        for key, made in organization.objects.items()
        if storage in made.storages
    }


def assert_holds(here: Installation, made: Organization) -> None:
    found = here.snapshot(made)
    for collection, documents in made.documents.items():
        if collection != "users":
            assert found.by_id(collection) == {document["_id"]: document for document in documents}, collection
    assert set(found.accounts()) == {person["id"] for person in made.documents["users"] if not person["is_superuser"]}
    assert found.objects["default"] == facts(made)


@pytest.mark.parametrize("prefix", ["", "archive/of 2024/"])
def test_a_snapshot_holds_all_that_was_seeded_and_nothing_of_the_neighbour(
    installation: Installations, prefix: str
) -> None:
    here, made = installation(prefix=prefix), generate(seed=3, in_flight=True, large_objects=1)
    assert made.neighbour is not None
    here.seed(made)
    assert_holds(here, made)
    assert_holds(here, made.neighbour)
    assert set(here.keys()) == {*made.objects, *made.strangers, *made.neighbour.objects}


def test_replicas_and_former_storages_hold_their_objects(installation: Installations) -> None:
    here, made = installation(replica="copy", former="old"), generate(replica="copy", former="old")
    here.seed(made)
    found = here.snapshot(made)
    assert {name: found.objects[name] for name in ("default", "copy", "old")} == {
        name: facts(made, name) for name in ("default", "copy", "old")
    }


def test_mentions_find_an_id_in_documents_keys_and_exports(installation: Installations) -> None:
    here, made = installation(), generate(items=3, pages=5, objects=10)
    assert made.neighbour is not None
    here.seed(made.neighbour)
    here.store.write(here.exports, {"x.json": Object(f'{{"oid": "{made.id}"}}'.encode())})
    assert here.mentions(str(made.id)) == ["inside x.json"]
    found = here.mentions(str(made.neighbour.id))
    assert {line.split(" ")[0] for line in found} >= {"organizations", "pages", "key"}


def test_a_footprint_changes_with_every_document_and_object(installation: Installations) -> None:
    here, made = installation(), generate(items=3, pages=5, objects=10)
    empty = here.footprint()
    here.put(dict(list(made.objects.items())[:1]))
    with_object = here.footprint()
    here.mongo.insert({"users": made.documents["users"][:1]})
    assert empty != with_object != here.footprint()


def test_the_product_reads_the_manifests_as_the_charts(installation: Installations) -> None:
    here = installation(prefix="deep/er/", replica="copy").with_settings(MAX_BROWSER_WINDOWS="4")
    resources, inputs = here.resources("archive"), here.inputs(my_key={"a": "b"})
    assert {name: manifest["kind"] for name, manifest in resources.items()} == {
        "mongo-auth": "Secret",
        "ops-configs": "Secret",
        "exports-s3": "Secret",
        "backend-env-config": "ConfigMap",
    }
    assert {manifest["metadata"]["namespace"] for manifest in resources.values()} == {"archive"}
    assert inputs.config_map("backend-env-config")["MAX_BROWSER_WINDOWS"] == "4"
    assert inputs.secret("my-key") == {"a": "b"}
    assert mongodb_uri(inputs.secret("mongo-auth")) == here.mongo.uri
    storage = primary(parse_storages(resources["ops-configs"]["stringData"]["storages.json"]))
    assert (storage.endpoint_url, storage.bucket, storage.prefix) == (
        here.store.endpoint,
        here.storages[0].bucket,
        "deep/er/",
    )
    assert json.dumps(resources)


def test_the_command_seeds_an_installation(installation: Installations, capsys: pytest.CaptureFixture[str]) -> None:
    here = installation()
    store = here.store
    main(
        [
            *("--mongo-uri", here.mongo.uri, "--database", here.mongo.name, "--bucket", here.storages[0].bucket),
            *("--s3-endpoint", store.endpoint, "--access-key", store.access_key, "--secret-key", store.secret_key),
            *("--seed", "9", "--objects", "30", "--pages", "50", "--mean-size", "100"),
        ]
    )
    made = generate(9, objects=30, pages=50, mean_size=100)
    assert str(made.id) in capsys.readouterr().out
    assert_holds(here, made)


def test_ferretdb_takes_no_fields_with_dots(installation: Installations) -> None:
    """Why no made-up document has one, although MongoDB takes them."""
    with installation().mongo.open() as database, pytest.raises(PyMongoError, match="key must not contain"):
        database["crawl_logs"].insert_one({"details": {"https://example.org/": 1}})
