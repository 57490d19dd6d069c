"""Buckets of real servers."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest

from orgport.stores.s3 import Bucket, Connection, Placement, open_bucket
from tests.integration.transfer.faults import Way, way_to
from tests.servers import ACCESS_KEY, SECRET_KEY, ObjectStore
from tests.stub.store import Shelf, Stub

NewBucket = Callable[[ObjectStore], Awaitable[Bucket]]


@dataclass(frozen=True)
class Pair:
    """Two buckets, and whether the source's server copies to the destination's by itself."""

    source: Bucket
    destination: Bucket


def connection(store: ObjectStore) -> Connection:
    return Connection(store.endpoint, None, store.access_key, store.secret_key)


def hurry(bucket: Bucket) -> Bucket:
    """The same bucket, whose calls hardly wait before they are tried again."""
    bucket._calls.patience = replace(bucket._calls.patience, first_seconds=0.001, longest_seconds=0.001)
    return bucket


@dataclass(frozen=True)
class Stubbed:
    """A stub with two buckets, as it is and as they are reached on a way."""

    stub: Stub
    way: Way
    pair: Pair

    @property
    def source(self) -> Shelf:
        return self.stub.shelf(self.pair.source.name)

    @property
    def destination(self) -> Shelf:
        return self.stub.shelf(self.pair.destination.name)


@pytest.fixture
async def new_bucket() -> AsyncIterator[NewBucket]:
    """Makes an empty bucket with a name of its own."""
    async with AsyncExitStack() as stack:

        async def make(store: ObjectStore) -> Bucket:
            name = f"bucket-{uuid.uuid4()}"
            opening = open_bucket(connection(store), name, Placement(), "spec.destination")
            bucket = await stack.enter_async_context(opening)
            await bucket._calls.client.create_bucket(Bucket=name)
            return bucket

        yield make


@pytest.fixture
async def pair(minio: ObjectStore, new_bucket: NewBucket) -> Pair:
    """Two buckets of MinIO."""
    return Pair(await new_bucket(minio), await new_bucket(minio))


@pytest.fixture
async def moto_pair(moto_server: ObjectStore, new_bucket: NewBucket) -> Pair:
    """Two buckets of moto."""
    return Pair(await new_bucket(moto_server), await new_bucket(moto_server))


@pytest.fixture
async def stubbed() -> AsyncIterator[Stubbed]:
    """The stub, which does as S3 does until it is told otherwise."""
    stub = Stub()
    async with way_to(stub) as way, AsyncExitStack() as stack:
        at = connection(ObjectStore(way.endpoint, ACCESS_KEY, SECRET_KEY))
        buckets = [await stack.enter_async_context(open_bucket(at, name)) for name in ("source", "archive")]
        for bucket in buckets:
            stub.shelf(bucket.name)
        yield Stubbed(stub, way, Pair(*map(hurry, buckets)))
