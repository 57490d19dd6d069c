"""An installation is what orgport takes for Browsertrix's chart."""

from __future__ import annotations

from typing import Any

from orgport.browsertrix.connection import mongodb_uri
from orgport.browsertrix.settings import parse_settings
from orgport.browsertrix.storages import parse_storages, primary
from tests.cluster.browsertrix import manifests

MADE = {manifest["metadata"]["name"]: manifest for manifest in manifests("here", "minio:1", "ferretdb:1")}


def data(name: str, member: str = "stringData") -> dict[str, Any]:
    found: dict[str, Any] = MADE[name][member]
    return found


def test_the_database_is_found_by_the_charts_secret() -> None:
    uri = mongodb_uri(data("mongo-auth"))
    assert uri is not None
    assert uri.startswith("mongodb://root:PASSW%40RD%21@local-mongo:27017")


def test_the_primary_storage_is_found_in_the_charts_list() -> None:
    storage = primary(parse_storages(data("ops-configs")["storages.json"]))
    assert (storage.name, storage.bucket, storage.prefix) == ("default", "btrix-data", "")
    assert storage.endpoint_url == "http://local-minio:9000"


def test_the_settings_are_found_in_the_charts_config_map() -> None:
    settings = parse_settings(data("backend-env-config", "data"))
    assert (settings.num_browsers, settings.max_browser_windows) == (2, 8)


def test_everything_lies_in_the_namespace() -> None:
    assert {manifest["metadata"]["namespace"] for manifest in MADE.values()} == {"here"}
