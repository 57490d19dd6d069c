"""What a store makes of keys: it lists them so that we read them fast, and those that it refuses are named."""

from __future__ import annotations

import pytest

from orgport.api.failures import Failure
from orgport.api.plan import Leg
from orgport.api.reasons import Exit, Reason
from orgport.stores import s3_requests as requests
from orgport.stores.s3 import Bucket
from orgport.stores.s3_listing import read_by_pattern, read_strictly
from orgport.transfer.worklists import WorkItem
from tests.integration.transfer.conftest import NewBucket, Pair
from tests.integration.transfer.copies import LEGS, SERVER_SIDE, STREAMED, copy_many, item_of, upload
from tests.integration.transfer.odd_keys import ODD_KEYS
from tests.servers import ObjectStore

pytestmark = pytest.mark.integration

REFUSED = {
    "double slash": "a//b",
    "trailing double slash": "a//",
    "dot segment": "a/./b",
    "dot-dot segment": "a/../b",
    "dot": ".",
    "dot-dot": "..",
    "null": "nul-\x00",
    "long segment": "S" * 1024,
    "too long": "k/" * 520,
}

OPERATIONS = ["head", "write", "copy", "upload", "read"]
TAKEN_BY_MINIO = {("long segment", "upload"), ("too long", "head"), ("too long", "copy"), ("too long", "read")}
"""It refuses what follows: the upload's parts, and to write there."""
CASES = [(name, operation) for name in REFUSED for operation in OPERATIONS if (name, operation) not in TAKEN_BY_MINIO]


async def attempt(bucket: Bucket, operation: str, key: str) -> None:
    match operation:
        case "head":
            await bucket.head(key)
        case "write":
            await bucket.write(key, b"x")
        case "copy":
            await bucket.copy(bucket, "fine", key)
        case "upload":
            await bucket.upload(key, {})
        case "read":
            await bucket.read(key)


@pytest.mark.parametrize(("name", "operation"), CASES)
async def test_a_key_that_a_store_refuses_is_named_with_the_reason(pair: Pair, name: str, operation: str) -> None:
    await pair.source.write("fine", b"x")
    with pytest.raises(Failure) as caught:
        await attempt(pair.source, operation, REFUSED[name])
    assert caught.value.reason is Reason.KEY_REFUSED
    assert caught.value.keys == (REFUSED[name],)
    assert caught.value.exit_code == Exit.DATA
    assert "rename" in caught.value.suggestion


@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_it_ends_the_run_by_its_name(pair: Pair, leg: Leg) -> None:
    await pair.source.write("fine", b"x")
    fine = await item_of(pair.source, "fine")
    refused = WorkItem(0, "fine", "org//a", fine.size, fine.etag)
    with pytest.raises(Failure, match="org//a was refused with XMinioInvalidObjectName") as caught:
        await copy_many(pair, [fine, refused], leg)
    assert caught.value.reason is Reason.KEY_REFUSED
    assert caught.value.keys == ("org//a",)


async def test_the_parts_of_an_upload_name_it_too(pair: Pair) -> None:
    await upload(pair.source, "large", 5 * 2**20, 1)
    large = await item_of(pair.source, "large")
    for leg in (SERVER_SIDE, STREAMED):
        refused = WorkItem(0, "large", "S" * 1024, large.size, large.etag)
        with pytest.raises(Failure) as caught:
            await copy_many(pair, [refused], leg)
        assert (caught.value.reason, caught.value.keys) == (Reason.KEY_REFUSED, ("S" * 1024,))


@pytest.mark.parametrize("server", ["minio", "moto_server"])
async def test_the_pages_of_real_stores_are_read_by_the_pattern(
    request: pytest.FixtureRequest, new_bucket: NewBucket, server: str
) -> None:
    store: ObjectStore = request.getfixturevalue(server)
    bucket = await new_bucket(store)
    keys = sorted(key for key in ODD_KEYS.values() if key.isprintable() and key.strip("/.") == key and "/." not in key)
    for key in (key for key in keys if "//" not in key and "\\" not in key and len(key) <= 255):
        await bucket.write(key, b"x")
    text = await bucket._calls.ask(requests.list_page("", None), lambda answer: answer.body)
    page = read_by_pattern(text)
    assert page is not None
    assert page == read_strictly(text)
    assert len(page.rows) > 30
