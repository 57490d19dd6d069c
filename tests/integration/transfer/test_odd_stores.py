"""What a store may do that neither MinIO nor moto does: the right bytes arrive, or a failure with a name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from orgport.api.failures import Failure
from orgport.api.plan import Leg
from orgport.stores.s3 import Bucket
from orgport.stores.s3_model import MIB
from orgport.transfer.compare import compare
from orgport.transfer.inventory import Entry, Verdict
from orgport.transfer.verifying import Expected, Verification, verify_listing
from tests.integration.transfer.conftest import Stubbed
from tests.integration.transfer.copies import LEGS, SERVER_SIDE, STREAMED, copy_many, copy_one, item_of
from tests.integration.transfer.faults import (
    Fault,
    ask_twice,
    cut,
    hang_up,
    ignore_range,
    lose_answer,
    misplace,
    refuse,
    shorten,
    stall,
    twice,
    without_element,
)
from tests.stub.content import Stretch, read
from tests.stub.listing import Row, as_folders, swapped

pytestmark = pytest.mark.integration

Order = Callable[[Sequence[Row]], list[Row]]
FOLDERS = ["a", "a-b", "a/1", "a/2", "a/b-c", "a/b/d", "b", "b/1", "c-1", "c/1"]
RAW = ["a b", "a%2Bb", "a%zz", "a+b", "a<b>&amp;", "ü", "😀"]


def has_struck(stubbed: Stubbed) -> bool:
    """Whether a fault came to pass; of two, the second may have found nothing to be done once more."""
    return len(stubbed.way.faults) < 2


async def listed(bucket: Bucket, prefix: str = "") -> list[str]:
    return [each.key async for each in bucket.list(prefix)]


async def entries(bucket: Bucket) -> AsyncIterator[Entry]:
    async for each in bucket.list(""):
        yield Entry(each.key, each.key, each.size, each.etag)


@pytest.mark.parametrize("order", [swapped, as_folders])
@pytest.mark.parametrize("side", ["source", "destination"])
async def test_listings_out_of_order_are_compared_all_the_same(stubbed: Stubbed, order: Order, side: str) -> None:
    for number, key in enumerate(FOLDERS):
        if number % 3 != 0:
            stubbed.source.put(key, (key.encode(),))
        if number % 3 != 1:
            stubbed.destination.put(key, (b"other" if number % 6 == 5 else key.encode(),))
    disordered: Bucket = getattr(stubbed.pair, side)
    stubbed.stub.listings.order = lambda bucket, rows: order(rows) if bucket == disordered.name else rows
    compared = compare(entries(stubbed.pair.source), entries(stubbed.pair.destination))
    found = {(ours or theirs or Entry("", "", 0, "")).key: verdict async for verdict, ours, theirs in compared}
    expected = [Verdict.EXTRA, Verdict.COPY, Verdict.PRESENT, Verdict.EXTRA, Verdict.COPY, Verdict.CONFLICT]
    assert found == {key: expected[number % 6] for number, key in enumerate(FOLDERS)}


async def test_a_verification_does_not_rely_on_the_order_either(stubbed: Stubbed) -> None:
    for key in FOLDERS:
        stubbed.destination.put(key, (key.encode(),))
    stubbed.stub.listings.order = lambda _, rows: as_folders(rows)

    async def expected() -> AsyncIterator[Expected]:
        for key in sorted([*FOLDERS, "absent"]):
            stored = stubbed.destination.objects.get(key)
            yield Expected(key, len(key), stored.etag if stored else "")

    result = Verification()
    await verify_listing(result, expected(), stubbed.pair.destination.list(""))
    assert (result.by_etag, result.wrong) == (len(FOLDERS), ["absent"])


@pytest.mark.parametrize("empty", [1, 3])
async def test_a_page_without_keys_is_not_the_end(stubbed: Stubbed, empty: int) -> None:
    keys = [f"{number:04}" for number in range(1500)]
    for key in keys:
        stubbed.source.put(key, (b"",))
    stubbed.stub.listings.empty_pages = empty
    assert await listed(stubbed.pair.source) == keys
    assert await listed(stubbed.pair.source, "none") == []


async def test_keys_of_a_store_that_does_not_encode_them_are_taken_as_they_are(stubbed: Stubbed) -> None:
    for key in RAW:
        stubbed.source.put(key, (key.encode(),))
    stubbed.stub.listings.encodes = False
    assert await listed(stubbed.pair.source) == sorted(RAW, key=str.encode)
    report = await copy_many(stubbed.pair, [await item_of(stubbed.pair.source, key) for key in RAW], STREAMED)
    assert report.copied == len(RAW)
    assert {key: read(stored.content) for key, stored in stubbed.destination.objects.items()} == {
        f"copy/{key}": key.encode() for key in RAW
    }


async def test_a_key_that_is_no_xml_is_listed_as_it_is_or_not_at_all(stubbed: Stubbed) -> None:
    stubbed.source.put("control-\x01", (b"",))
    stubbed.stub.listings.encodes = False
    try:
        found = await listed(stubbed.pair.source)
    except Failure:
        return
    assert found == ["control-\x01"]


@pytest.mark.parametrize(
    "fault",
    [
        without_element(),
        refuse(200, "InternalError"),
        cut(0.5),
        lose_answer(),
        hang_up("reset"),
        stall(0.01),
        twice(),
        ask_twice(),
    ],
    ids=["without", "error", "cut", "lost", "reset", "stall", "twice", "asked-twice"],
)
async def test_a_listing_is_whole_whatever_befalls_its_pages(stubbed: Stubbed, fault: Fault) -> None:
    keys = [f"{number:04}" for number in range(2500)]
    for key in keys:
        stubbed.source.put(key, (b"",))
    stubbed.way.break_next("GET", fault, query="list-type=2", times=2)
    assert await listed(stubbed.pair.source) == keys
    assert has_struck(stubbed)


WRONG_ANSWERS = [
    without_element(),
    refuse(200, "InternalError"),
    refuse(200, "SlowDown"),
    cut(0.5),
    lose_answer(),
    lose_answer("reset"),
    hang_up("reset"),
    stall(0.01),
    twice(),
    ask_twice(),
]
NAMES = ["without", "error", "slow-down", "cut", "lost", "lost-reset", "reset", "stall", "twice", "asked-twice"]


@pytest.mark.parametrize("fault", WRONG_ANSWERS, ids=NAMES)
async def test_a_copy_is_made_whatever_befalls_its_answer(stubbed: Stubbed, fault: Fault) -> None:
    stored = stubbed.source.put("key", (b"content",))
    item = await item_of(stubbed.pair.source, "key")
    stubbed.way.break_next("PUT", fault, times=2)
    report = await copy_many(stubbed.pair, [item], SERVER_SIDE.model_copy(update={"conditional_copy": False}))
    assert report.copied + report.present == 1
    assert stubbed.destination.objects["copy/key"].etag == stored.etag
    assert has_struck(stubbed)


@pytest.mark.parametrize("fault", WRONG_ANSWERS[3:], ids=NAMES[3:])
async def test_a_copy_is_made_whatever_befalls_the_look_before_it(stubbed: Stubbed, fault: Fault) -> None:
    stored = stubbed.source.put("key", (b"content",))
    item = await item_of(stubbed.pair.source, "key")
    stubbed.way.break_next("HEAD", fault, times=2)
    assert (await copy_many(stubbed.pair, [item], SERVER_SIDE)).copied == 1
    assert stubbed.destination.objects["copy/key"].etag == stored.etag
    assert has_struck(stubbed)


@pytest.mark.parametrize("fault", WRONG_ANSWERS, ids=NAMES)
@pytest.mark.parametrize("query", ["uploads", "partNumber=2", "uploadId"])
@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_an_object_in_parts_arrives_whatever_befalls_an_answer(
    stubbed: Stubbed, fault: Fault, query: str, leg: Leg
) -> None:
    stored = stubbed.source.put_parts("key", *[(Stretch("a", at, at + 5 * MIB),) for at in range(0, 20 * MIB, 5 * MIB)])
    method = "PUT" if "part" in query else "POST"
    stubbed.way.break_next(method, fault, query=query, times=2)
    copied = await copy_one(stubbed.pair, "key", leg)
    assert has_struck(stubbed)
    assert copied.size == stored.size
    content = stubbed.destination.objects["copy/key"].content
    assert read(content) == read(stored.content)


BODY = bytes(range(256)) * 4096


@pytest.mark.parametrize(
    "fault",
    [shorten(1), shorten(len(BODY) - 1), cut(0.5), hang_up("reset"), refuse(200, "InternalError"), twice()],
    ids=["short", "nearly-empty", "cut", "reset", "error", "twice"],
)
async def test_a_body_arrives_whole_whatever_befalls_it(stubbed: Stubbed, fault: Fault) -> None:
    stubbed.source.put("key", (BODY,))
    item = await item_of(stubbed.pair.source, "key")
    stubbed.way.break_next("GET", fault, times=2)
    await copy_many(stubbed.pair, [item], STREAMED)
    assert read(stubbed.destination.objects["copy/key"].content) == BODY
    assert has_struck(stubbed)


@pytest.mark.parametrize(
    "fault",
    [misplace(1), misplace(-1), ignore_range(), shorten(7), shorten(5 * MIB - 1), refuse(200, "InternalError")],
    ids=["later", "earlier", "whole", "short", "nearly-empty", "error"],
)
async def test_a_range_is_the_one_that_was_asked_for(stubbed: Stubbed, fault: Fault) -> None:
    parts = [(Stretch("a", at, at + 5 * MIB),) for at in range(0, 15 * MIB, 5 * MIB)]
    stored = stubbed.source.put_parts("key", *parts)
    stubbed.way.break_next("GET", fault, times=2)
    await copy_one(stubbed.pair, "key", STREAMED)
    assert read(stubbed.destination.objects["copy/key"].content) == read(stored.content)
    assert has_struck(stubbed)
