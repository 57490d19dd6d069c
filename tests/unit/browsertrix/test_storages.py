"""storages.json."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.browsertrix.storages import find, parse_storages, primary

LOCAL = {
    "name": "default",
    "type": "s3",
    "access_key": "ADMIN",
    "secret_key": "PASSW0RD",
    "bucket_name": "btrix-data",
    "endpoint_url": "http://local-minio.ns:9000/",
    "access_endpoint_url": "/data/",
}


def listed(*entries: dict[str, Any]) -> str:
    return json.dumps([LOCAL | entry for entry in entries])


def test_the_charts_own_storage_is_understood() -> None:
    (storage,) = parse_storages(listed({}))
    assert (storage.name, storage.endpoint_url) == ("default", "http://local-minio.ns:9000")
    assert (storage.bucket, storage.prefix, storage.region) == ("btrix-data", "", "us-east-1")
    assert (storage.access_key, storage.secret_key, storage.addressing) == ("ADMIN", "PASSW0RD", "Auto")
    assert storage.is_primary
    assert not storage.is_replica
    assert storage.url == "http://local-minio.ns:9000/btrix-data/"


@pytest.mark.parametrize(
    ("endpoint", "bucket", "expected"),
    [
        ("https://s3.example.org/", "b", ("https://s3.example.org", "b", "")),
        ("https://s3.example.org", "b", ("https://s3.example.org", "b", "")),
        ("https://s3.example.org/b", None, ("https://s3.example.org", "b", "")),
        ("https://s3.example.org/b/", "", ("https://s3.example.org", "b", "")),
        ("https://s3.example.org/b/some/where/", None, ("https://s3.example.org", "b", "some/where/")),
        ("https://s3.example.org:8443/b/", "c", ("https://s3.example.org:8443", "b", "c/")),
    ],
)
def test_the_bucket_is_the_first_segment_and_the_rest_a_prefix(
    endpoint: str, bucket: str | None, expected: tuple[str, str, str]
) -> None:
    (storage,) = parse_storages(listed({"endpoint_url": endpoint, "bucket_name": bucket}))
    assert (storage.endpoint_url, storage.bucket, storage.prefix) == expected


def test_names_are_slugified_as_records_name_them_and_found_either_way() -> None:
    storages = parse_storages(listed({"name": "EU.Storage 1"}, {"name": "us", "is_default_primary": True}))
    assert [storage.name for storage in storages] == ["eu-storage-1", "us"]
    assert find(storages, "EU.Storage 1") is find(storages, "eu-storage-1") is storages[0]
    assert primary(storages).name == "us"


def test_region_addressing_and_replica_are_taken() -> None:
    entry = {"region": "eu-central-1", "access_addressing_style": "path", "is_default_replica": True}
    (storage,) = parse_storages(listed(entry))
    assert (storage.region, storage.addressing, storage.is_replica) == ("eu-central-1", "Path", True)


def test_virtual_addressing_is_for_links_only() -> None:
    (storage,) = parse_storages(listed({"access_addressing_style": "virtual"}))
    assert storage.addressing == "Auto"


def test_an_unknown_storage_is_a_failure_that_lists_the_known_ones() -> None:
    storages = parse_storages(listed({"name": "eu"}, {"name": "us"}))
    with pytest.raises(Failure, match="no storage 'asia'; it has eu, us") as caught:
        find(storages, "asia")
    assert caught.value.reason is Reason.UNKNOWN_STORAGE
    assert "eu, us" in caught.value.suggestion


def test_several_storages_without_a_primary_one_have_none() -> None:
    with pytest.raises(Failure, match="none of eu, us has is_default_primary"):
        primary(parse_storages(listed({"name": "eu"}, {"name": "us"})))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"secret_key": "PASSW0RD"', "it is no JSON"),
        ("{}", "must be a list"),
        ("[]", "at least one storage"),
        ('["PASSW0RD"]', "entry 1 is no map"),
        (listed({"name": ""}), "entry 1 has no name"),
        (listed({"name": "図書館"}), "entry 1 has a name without letters and digits"),
        (listed({"type": "azure"}), "'default' is not of type s3"),
        (listed({"endpoint_url": None}), "'default' has no endpoint_url"),
        (listed({"endpoint_url": "local-minio:9000"}), "no plain http"),
        (listed({"endpoint_url": "http://u:PASSW0RD@h/"}), "no plain http"),
        (listed({"endpoint_url": "http://h/?x=1"}), "no plain http"),
        (listed({"endpoint_url": "http://h:port/"}), "no plain http"),
        (listed({"bucket_name": ""}), "'default' has no bucket"),
        (listed({"access_key": ""}), "'default' has no access_key"),
        (listed({"secret_key": None}), "'default' has no secret_key"),
        (listed({"name": "a.b"}, {"name": "a-b"}), "two storages have the name 'a-b'"),
        (listed({"is_default_primary": True}, {"name": "b", "is_default_primary": True}), "more than one storage"),
    ],
)
def test_what_is_wrong_is_said_without_a_secret(text: str, message: str) -> None:
    with pytest.raises(Failure, match=message) as caught:
        parse_storages(text)
    assert caught.value.reason is Reason.INVALID_SPEC
    assert "PASSW0RD" not in caught.value.message + caught.value.suggestion
    assert caught.value.__cause__ is None


def test_a_storage_does_not_show_its_keys() -> None:
    (storage,) = parse_storages(listed({}))
    assert "PASSW0RD" not in repr(storage)
    assert "ADMIN" not in repr(storage)
