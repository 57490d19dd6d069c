"""The servers that the integration tests stand on."""

from __future__ import annotations

from contextlib import closing

import boto3
import pytest
from pymongo import MongoClient

from tests.servers import DocumentStore, ObjectStore

pytestmark = pytest.mark.integration


def store_of(request: pytest.FixtureRequest, name: str) -> ObjectStore:
    store: ObjectStore = request.getfixturevalue(name)
    return store


@pytest.mark.parametrize("name", ["minio", "moto_server"])
def test_an_object_store_gives_back_what_it_was_given(request: pytest.FixtureRequest, name: str) -> None:
    store = store_of(request, name)
    client = boto3.client(
        "s3",
        endpoint_url=store.endpoint,
        aws_access_key_id=store.access_key,
        aws_secret_access_key=store.secret_key,
        region_name="us-east-1",
    )
    with closing(client):
        client.create_bucket(Bucket="servers")
        client.put_object(Bucket="servers", Key="a b+c%ü", Body=b"x")
        with closing(client.get_object(Bucket="servers", Key="a b+c%ü")["Body"]) as body:
            assert body.read() == b"x"


def test_the_document_store_gives_back_what_it_was_given(ferretdb: DocumentStore) -> None:
    with MongoClient[dict[str, object]](ferretdb.uri) as client:
        client["servers"]["things"].insert_one({"_id": "a"})
        assert client["servers"]["things"].find_one() == {"_id": "a"}
