"""`orgport render`: what is found of an installation, and a manifest that is valid as it stands."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import yaml

from orgport.api.names import Kind
from orgport.cli.errors import CommandError
from orgport.cli.installation import Found, Names, find
from orgport.cli.manifest import Choices, manifest, rendered
from tests.cluster.browsertrix import ACCESS_KEY, MONGO_PASSWORD, SECRET_KEY, mongo_auth, settings, storage
from tests.unit.api.test_models import MODELS

REPLICA: dict[str, Any] = {
    **storage(),
    "name": "replica in the west",
    "is_default_primary": False,
    "is_default_replica": True,
    "endpoint_url": "https://s3.example.org/btrix/copies/",
    "bucket_name": "",
    "region": "us-west-2",
}

USUAL = Names()


def secret(data: dict[str, str]) -> dict[str, Any]:
    return {"data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}}


def found(config: Any = None, auth: dict[str, str] | None = None, names: Names = USUAL) -> Found:
    storages = secret({"storages.json": json.dumps([storage(), REPLICA])})
    return find("browsertrix", names, config, secret(auth or mongo_auth()), storages)


@pytest.mark.parametrize("kind", ["OrgExport", "OrgImport"])
@pytest.mark.parametrize("names", [Names(), Names("config", "mongo", "storages")])
@pytest.mark.parametrize("name", ["", "acme-2026"])
def test_the_manifest_is_valid_and_reads_as_it_was_meant(kind: Kind, names: Names, name: str) -> None:
    choices = Choices(kind, name)
    text = rendered(found(names=names), choices)
    document = yaml.safe_load(text)
    assert document == manifest(found(names=names), choices)
    MODELS[kind].model_validate(document["spec"])
    assert max(map(len, text.splitlines())) <= 120


def test_what_was_found_stands_above_it() -> None:
    text = rendered(found(config=settings("browsertrix")), Choices())
    assert "#   database   local-mongo:27017  (Secret mongo-auth)\n" in text
    assert "#   storage    default: btrix-data at http://local-minio:9000, region us-east-1  (primary)\n" in text
    west = "replica-in-the-west: btrix/copies/ at https://s3.example.org, region us-west-2  (replica)"
    assert f"#   storage    {west}\n" in text
    assert "at most 8 browser windows a crawl, 2 a pod  (ConfigMap backend-env-config)" in text


def test_no_secret_is_shown() -> None:
    uri = "mongodb+srv://root:hunter2hunter2@a.example.org,b.example.org/?authSource=admin"
    for auth in (mongo_auth(), {"MONGO_DB_URL": uri}):
        shown = found(auth=auth)
        text = rendered(shown, Choices()) + json.dumps(shown.dump())
        assert not any(word in text for word in (ACCESS_KEY, SECRET_KEY, MONGO_PASSWORD, "hunter2"))
    assert found(auth={"MONGO_DB_URL": uri}).hosts == "a.example.org,b.example.org"


def test_what_is_given_is_taken_and_what_is_left_is_to_be_chosen() -> None:
    given = Choices("OrgExport", "acme-1", "acme", "archives", "https://s3.example.net", "keys")
    assert "choose:" not in rendered(found(), given)
    spec = manifest(found(), given)["spec"]
    location = {"bucket": "archives", "endpoint": "https://s3.example.net"}
    assert spec["destination"] == {**location, "credentials": {"secretRef": {"name": "keys"}}}
    assert rendered(found(), Choices()).count("choose:") == 5


def test_what_is_where_the_defaults_look_is_left_out() -> None:
    assert "source" not in manifest(found(), Choices())["spec"]
    spec = manifest(found(names=Names(database="mongo")), Choices())["spec"]
    assert spec["source"] == {"database": {"secretRef": {"name": "mongo"}}}


def test_a_namespace_without_settings_has_the_defaults() -> None:
    assert "the defaults: there is no ConfigMap backend-env-config" in rendered(found(), Choices())


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        ((None, None, None), "there is no Secret mongo-auth in the namespace x: give Browsertrix's namespace with -n"),
        ((None, secret(mongo_auth()), None), "no Secret ops-configs .* with --storages-secret"),
        (
            (None, secret({}), secret({"storages.json": "[]"})),
            "the Secret mongo-auth has no MONGO_INITDB_ROOT_USERNAME",
        ),
        ((None, secret(mongo_auth()), secret({})), "the Secret ops-configs has no key storages.json"),
        ((None, secret(mongo_auth()), secret({"storages.json": "{"})), "storages.json: it is no JSON"),
        (
            (
                {"data": {"NUM_BROWSERS": "two"}},
                secret(mongo_auth()),
                secret({"storages.json": json.dumps([storage()])}),
            ),
            "NUM_BROWSERS is no number",
        ),
    ],
    ids=["nothing", "no storages", "no user", "no key", "no JSON", "no number"],
)
def test_what_is_missing_or_wrong_is_named(objects: tuple[Any, Any, Any], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        find("x", Names(), *objects)
