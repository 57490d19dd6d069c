"""Every key that a store takes arrives byte for byte, with all that belongs to it; the others are named."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from orgport.api.failures import Failure
from orgport.api.plan import Leg
from orgport.stores.s3 import Bucket
from orgport.stores.s3_model import MIB
from orgport.transfer.verifying import Expected, Verification, verify_listing
from orgport.transfer.worklists import WorkItem
from tests.integration.transfer.conftest import NewBucket, Pair
from tests.integration.transfer.copies import LEGS, STREAMED, copy_many, upload
from tests.integration.transfer.odd_keys import ODD_KEYS
from tests.organizations.buckets import Store
from tests.servers import ObjectStore

pytestmark = pytest.mark.integration

ALTERED_BY_MINIO = {"leading slash", "leading double slash"}
"""It takes them, and lists them without what they begin with."""
TAKEN_BY_NO_MINIO = {
    "double slash",
    "trailing double slash",
    "only a slash",
    "dot segment",
    "dot-dot segment",
    "leading dot segment",
    "leading dot-dot segment",
    "dot",
    "dot-dot",
    "null",
    "backslash dot-dot",
    "segment of 1024 bytes",
}
TAKEN_BY_NO_MOTO = {"line feed", "carriage return"}
TAKEN = {
    "minio": {name: key for name, key in ODD_KEYS.items() if name not in TAKEN_BY_NO_MINIO | ALTERED_BY_MINIO},
    "moto": {name: key for name, key in ODD_KEYS.items() if name not in TAKEN_BY_NO_MOTO},
}
FACTS = {
    "ContentType": "application/wacz",
    "CacheControl": "no-cache",
    "ContentDisposition": 'attachment; filename="a b"',
    "ContentEncoding": "gzip",
    "ContentLanguage": "de",
    "Metadata": {"name": "value", "other": "a b+c%20"},
}
TAGS = {"a": "b", "c d": "e+f = g"}


@pytest.fixture(params=["minio", "moto"])
async def stores(request: pytest.FixtureRequest, new_bucket: NewBucket) -> tuple[str, ObjectStore, Pair]:
    """A store, and two buckets of it."""
    store: ObjectStore = request.getfixturevalue({"minio": "minio", "moto": "moto_server"}[request.param])
    return request.param, store, Pair(await new_bucket(store), await new_bucket(store))


@contextmanager
def another_client(store: ObjectStore) -> Iterator[Any]:
    """A client that shares nothing with ours."""
    with Store(store.endpoint, store.access_key, store.secret_key).client() as client:
        yield client


def body_of(key: str) -> bytes:
    return b"" if key.endswith("/") else key.encode()


def put_with_everything(client: Any, bucket: str, key: str) -> None:
    client.put_object(Bucket=bucket, Key=key, Body=body_of(key), **FACTS)
    tag_set = [{"Key": name, "Value": value} for name, value in TAGS.items()]
    client.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": tag_set})


def facts_of(client: Any, bucket: str, key: str) -> dict[str, Any]:
    answer = client.get_object(Bucket=bucket, Key=key)
    tags = client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    facts = {name: answer.get(name) for name in FACTS}
    return {**facts, "tags": {tag["Key"]: tag["Value"] for tag in tags}, "body": answer["Body"].read()}


def is_xml(key: str) -> bool:
    """Whether XML can hold the key as it is: moto answers with it when an upload begins."""
    return not any(char < " " or char in "\ufffe\uffff" for char in key)


async def items_of(bucket: Bucket) -> list[WorkItem]:
    return [WorkItem(0, each.key, each.key, each.size, each.etag) async for each in bucket.list("")]


def test_there_are_at_least_forty_kinds_and_the_long_ones_are_as_long_as_they_may_be() -> None:
    assert len(set(ODD_KEYS.values())) == len(ODD_KEYS) >= 40
    assert {len(key.encode()) for name, key in ODD_KEYS.items() if "1024" in name} == {1024}


@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_every_key_arrives_with_all_that_belongs_to_it(stores: tuple[str, ObjectStore, Pair], leg: Leg) -> None:
    name, store, pair = stores
    keys = TAKEN[name].values()
    with another_client(store) as client:
        for key in keys:
            put_with_everything(client, pair.source.name, key)
        report = await copy_many(pair, await items_of(pair.source), leg)
        assert report.copied == len(keys)
        assert {listed.key async for listed in pair.destination.list("")} == set(keys)
        for key in keys:
            assert facts_of(client, pair.destination.name, key) == {**FACTS, "tags": TAGS, "body": body_of(key)}


@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_odd_keys_of_objects_in_parts_arrive_too(stores: tuple[str, ObjectStore, Pair], leg: Leg) -> None:
    name, _, pair = stores
    odd = [key for key in TAKEN[name].values() if not key.endswith("/") and (name != "moto" or is_xml(key))][::3]
    bodies = {key: await upload(pair.source, key, 5 * MIB, 1) for key in odd}
    await copy_many(pair, await items_of(pair.source), leg)
    assert {listed.key async for listed in pair.destination.list("")} == set(odd)
    assert all([await pair.destination.read(key) == body for key, body in bodies.items()])


@pytest.mark.parametrize("name", sorted(TAKEN_BY_NO_MINIO))
@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_a_key_that_the_store_refuses_ends_the_run_by_its_name(pair: Pair, leg: Leg, name: str) -> None:
    await pair.source.write("fine", b"x")
    source = (await items_of(pair.source))[0]
    refused = WorkItem(0, "fine", ODD_KEYS[name], source.size, source.etag)
    with pytest.raises(Failure) as caught:
        await copy_many(pair, [source, refused], leg)
    assert caught.value.keys == (ODD_KEYS[name],)


@pytest.mark.parametrize("name", sorted(ALTERED_BY_MINIO))
@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_a_key_that_the_store_alters_is_named_when_the_copies_are_verified(
    pair: Pair, leg: Leg, name: str
) -> None:
    await pair.source.write("fine", b"x")
    source = (await items_of(pair.source))[0]
    await copy_many(pair, [source, replace(source, destination=ODD_KEYS[name])], leg)

    async def expected() -> AsyncIterator[Expected]:
        for key in sorted(["fine", ODD_KEYS[name]]):
            yield Expected(key, source.size, source.etag)

    result = Verification()
    await verify_listing(result, expected(), pair.destination.list(""))
    assert (result.by_etag, result.wrong) == (1, [ODD_KEYS[name]])


@pytest.mark.parametrize("name", sorted(TAKEN_BY_NO_MINIO))
def test_the_store_itself_refuses_what_is_said_to_be_refused(minio: ObjectStore, pair: Pair, name: str) -> None:
    with another_client(minio) as client, pytest.raises(ClientError):
        client.put_object(Bucket=pair.destination.name, Key=ODD_KEYS[name], Body=b"x")


async def test_a_key_that_another_store_had_is_refused_by_its_name(
    pair: Pair, moto_server: ObjectStore, new_bucket: NewBucket
) -> None:
    elsewhere = await new_bucket(moto_server)
    for key in ("a", "a//b", "c"):
        await elsewhere.write(key, b"x")
    with pytest.raises(Failure) as caught:
        await copy_many(Pair(elsewhere, pair.destination), await items_of(elsewhere), STREAMED)
    assert caught.value.keys == ("a//b",)
