"""Buckets of real servers."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from orgport.stores.s3 import Bucket, Connection, Placement, open_bucket
from tests.servers import ObjectStore

NewBucket = Callable[[ObjectStore], Awaitable[Bucket]]


@dataclass(frozen=True)
class Pair:
    """Two buckets, and whether the source's server copies to the destination's by itself."""

    source: Bucket
    destination: Bucket


def connection(store: ObjectStore) -> Connection:
    return Connection(store.endpoint, None, store.access_key, store.secret_key)


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
