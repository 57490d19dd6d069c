"""A bucket of MinIO, and what a store's refusals become."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.s3 import AlreadyThere, Bucket, NoSuchObject, SourceChanged, open_bucket
from orgport.stores.s3_model import MIB
from orgport.stores.s3_writer import open_writer
from tests.integration.transfer.conftest import Pair, connection
from tests.integration.transfer.copies import HEADERS
from tests.servers import ACCESS_KEY, ObjectStore

pytestmark = pytest.mark.integration


async def test_what_is_written_is_read_listed_and_deleted(pair: Pair) -> None:
    bucket = pair.source
    etag = await bucket.write("a/b", b"content", content_type="text/plain")
    head = await bucket.head("a/b")
    assert head is not None
    assert (head.size, head.etag, head.content_type) == (7, etag, "text/plain")
    assert await bucket.read("a/b") == b"content"
    assert [(listed.key, listed.size, listed.etag) async for listed in bucket.list("a/")] == [("a/b", 7, etag)]
    await bucket.delete(["a/b", "never/was"])
    assert (await bucket.head("a/b"), await bucket.read("a/b")) == (None, None)


async def test_a_listing_has_every_page(pair: Pair) -> None:
    keys = [f"org/{number:04}" for number in range(1001)]
    async with asyncio.TaskGroup() as group:
        for key in keys:
            group.create_task(pair.source.write(key, b""))
    assert [listed.key async for listed in pair.source.list("org/")] == keys


async def test_a_conditional_write_finds_what_is_there(pair: Pair) -> None:
    await pair.source.write("key", b"first", if_absent=True)
    with pytest.raises(AlreadyThere):
        await pair.source.write("key", b"second", if_absent=True)
    assert await pair.source.read("key") == b"first"


async def test_too_long_an_object_is_not_read_into_memory(pair: Pair) -> None:
    await pair.source.write("key", b"0123456789")
    with pytest.raises(Failure, match="more than 9 bytes"):
        await pair.source.read("key", limit=9)


async def test_a_range_is_streamed(pair: Pair) -> None:
    await pair.source.write("key", b"0123456789")
    assert b"".join([chunk async for chunk in pair.source.stream("key", start=3, end=7)]) == b"3456"
    assert b"".join([chunk async for chunk in pair.source.stream("key", start=3)]) == b"3456789"


async def test_another_object_under_the_key_is_not_streamed(pair: Pair) -> None:
    etag = await pair.source.write("key", b"first")
    await pair.source.write("key", b"other")
    with pytest.raises(SourceChanged):
        await anext(pair.source.stream("key", if_match=etag))
    with pytest.raises(NoSuchObject):
        await anext(pair.source.stream("absent"))


@pytest.mark.parametrize("size", [0, 5, 5 * MIB, 11 * MIB])
async def test_a_writer_makes_an_object_of_any_size(pair: Pair, size: int) -> None:
    async with open_writer(pair.source, "key", "application/json", part_bytes=5 * MIB) as writer:
        for _ in range(0, size, MIB):
            await writer.write(b"x" * min(MIB, size))
    head = await pair.source.head("key")
    assert head is not None
    assert (head.size, head.etag, head.content_type) == (size, writer.etag, "application/json")


@pytest.mark.parametrize("size", [5, 11 * MIB])
async def test_a_writer_that_fails_leaves_nothing(pair: Pair, size: int) -> None:
    async def fail() -> None:
        async with open_writer(pair.source, "key", "text/plain", part_bytes=5 * MIB) as writer:
            await writer.write(b"x" * size)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await pair.source.head("key") is None
    assert await unfinished_uploads(pair) == []


async def unfinished_uploads(pair: Pair) -> list[str]:
    answer = await pair.source._calls.client.list_multipart_uploads(Bucket=pair.source.name, Prefix="key")
    return [upload["UploadId"] for upload in answer.get("Uploads", [])]


@pytest.mark.parametrize("operation", ["head", "read", "list", "write"])
@pytest.mark.parametrize(("access_key", "secret_key"), [("nobody", "not-the-secret"), (ACCESS_KEY, "not-the-secret")])
async def test_wrong_keys_are_told_apart_from_missing_objects(
    pair: Pair, minio: ObjectStore, access_key: str, secret_key: str, operation: str
) -> None:
    wrong = replace(connection(minio), access_key=access_key, secret_key=secret_key)
    async with open_bucket(wrong, pair.source.name, title="spec.source") as bucket:
        with pytest.raises(Failure) as caught:
            await _do(bucket, operation)
    assert caught.value.reason is Reason.CREDENTIALS_REJECTED
    assert "spec.source" in caught.value.message
    assert "not-the-secret" not in f"{caught.value.message} {caught.value.suggestion}"


@pytest.mark.parametrize("operation", ["read", "list", "write"])
async def test_a_missing_bucket_is_named(minio: ObjectStore, operation: str) -> None:
    async with open_bucket(connection(minio), "no-such-bucket", title="spec.source") as bucket:
        with pytest.raises(Failure, match=r"spec\.source: bucket no-such-bucket") as caught:
            await _do(bucket, operation)
    assert caught.value.reason is Reason.BUCKET_NOT_FOUND


async def _do(bucket: Bucket, operation: str) -> object:
    match operation:
        case "list":
            return [listed async for listed in bucket.list("")]
        case "write":
            return await bucket.write("key", b"")
        case _:
            return await getattr(bucket, operation)("key")


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "http://no-such-host.invalid"])
async def test_an_unreachable_endpoint_is_given_up_soon(minio: ObjectStore, endpoint: str) -> None:
    start = time.monotonic()
    async with open_bucket(replace(connection(minio), endpoint=endpoint), "bucket", title="spec.source") as bucket:
        bucket._calls.patience = replace(bucket._calls.patience, stranger_seconds=1)
        with pytest.raises(Failure, match=endpoint) as caught:
            await bucket.head("key")
    assert caught.value.reason is Reason.ENDPOINT_UNREACHABLE
    assert time.monotonic() - start < 5


async def test_a_link_local_endpoint_is_refused(minio: ObjectStore) -> None:
    with pytest.raises(Failure, match="link-local"):
        async with open_bucket(replace(connection(minio), endpoint="http://169.254.169.254"), "bucket"):
            pass


async def test_without_credentials_the_failure_says_so(
    minio: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/config")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/credentials")
    bare = replace(connection(minio), access_key=None, secret_key=None)
    async with open_bucket(bare, "bucket", title="spec.source") as bucket:
        with pytest.raises(Failure, match="no credentials") as caught:
            await bucket.head("key")
    assert caught.value.reason is Reason.CREDENTIALS_REJECTED


async def test_metadata_headers_and_tags_are_read_as_they_were_written(pair: Pair) -> None:
    await pair.source.put("key", b"abc", 3, HEADERS, if_absent=False)
    head = await pair.source.head("key")
    assert head is not None
    assert head.stored(await pair.source.tags("key")) == HEADERS
