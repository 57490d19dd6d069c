"""What a store or the way to it does wrong: the right bytes arrive, or a failure with a name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from orgport.api.failures import Failure
from orgport.api.plan import Leg
from orgport.api.reasons import Reason
from orgport.stores.s3 import AlreadyThere, Bucket, SourceChanged, open_bucket
from orgport.stores.s3_model import MIB
from orgport.transfer.copying import copy_object
from orgport.transfer.worklists import WorkItem
from tests.integration.transfer.conftest import NewBucket, connection, hurry
from tests.integration.transfer.faults import Fault, Way, answer, cut, hang_up, lose_answer, refuse, way_to
from tests.servers import ObjectStore

pytestmark = pytest.mark.integration

SERVER_SIDE = Leg(source="a", destination="b", server_side=True, conditional=True)
STREAMED = Leg(source="a", destination="b", server_side=False, conditional=True)
BODY = bytes(range(256)) * 4096


@dataclass(frozen=True)
class Road:
    """A bucket, and the same bucket at the end of a way on which things go wrong."""

    near: Bucket
    far: Bucket
    way: Way


@pytest.fixture
async def road(minio: ObjectStore, new_bucket: NewBucket) -> AsyncIterator[Road]:
    near = await new_bucket(minio)
    async with (
        way_to(minio.endpoint) as way,
        open_bucket(replace(connection(minio), endpoint=way.endpoint), near.name, title="spec.source") as far,
    ):
        yield Road(near, hurry(far), way)


@pytest.mark.parametrize(
    "fault",
    [
        refuse(503, "SlowDown"),
        refuse(503, "SlowDown", retry_after="0"),
        refuse(429, "TooManyRequestsException"),
        refuse(500, "InternalError"),
        refuse(502, "BadGateway"),
        refuse(400, "RequestTimeout"),
        hang_up(),
    ],
    ids=["503", "retry-after", "429", "500", "502", "timeout", "hang-up"],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_passing_faults_are_tried_over(road: Road, method: str, fault: Fault) -> None:
    road.way.break_next(method, fault, times=3)
    await road.far.write("key", BODY)
    assert await road.far.read("key") == BODY
    assert road.way.faults == []


async def test_a_store_that_stays_away_is_given_up_by_name(road: Road) -> None:
    await road.far.write("first", b"")
    road.way.break_next("PUT", hang_up(), times=100)
    with pytest.raises(Failure, match=r"spec\.source: bucket .* no answer to PutObject") as caught:
        await road.far.write("key", b"")
    assert caught.value.reason is Reason.ENDPOINT_UNREACHABLE
    assert road.way.requests.count("PUT") >= 11


@pytest.mark.parametrize("keep", [0, 1, 300_000])
async def test_a_body_that_breaks_off_is_read_on(road: Road, keep: int) -> None:
    await road.near.write("key", BODY)
    road.way.break_next("GET", cut(keep), times=3)
    assert await road.far.read("key") == BODY
    assert road.way.faults == []


async def test_a_body_that_breaks_off_is_not_read_on_in_another_object(road: Road) -> None:
    await road.near.write("key", BODY)
    road.way.break_next("GET", cut(300_000))
    stream = road.far.stream("key")
    await anext(stream)
    await road.near.write("key", BODY[::-1])
    with pytest.raises(SourceChanged):
        async for _ in stream:
            pass


async def test_an_error_inside_a_good_answer_is_an_error(road: Road) -> None:
    await road.near.write("key", b"x")
    road.way.break_next("PUT", refuse(200, "InternalError"), times=2)
    item = await _item(road.near, "key")
    copied = await copy_object(road.near, road.far, item, SERVER_SIDE, lambda _: None)
    assert copied.how == "copy"
    assert await road.near.read("copy/key") == b"x"
    assert road.way.faults == []


@pytest.mark.parametrize("leg", [SERVER_SIDE, STREAMED], ids=["server-side", "streamed"])
@pytest.mark.parametrize("query", ["partNumber=1", "uploadId", "uploads"])
async def test_an_object_in_parts_survives_faults(road: Road, leg: Leg, query: str) -> None:
    body = await _upload(road.near, "key")
    method = "PUT" if query == "partNumber=1" else "POST"
    road.way.break_next(method, refuse(503, "SlowDown"), query=query, times=2)
    road.way.break_next(method, hang_up(), query=query)
    item = await _item(road.near, "key")
    copied = await copy_object(road.near, road.far, item, leg, lambda _: None)
    assert copied.etag == item.etag
    assert await road.near.read("copy/key") == body
    assert road.way.faults == []


@pytest.mark.parametrize("conditional", [True, False])
async def test_a_completion_whose_answer_was_lost_is_found_done(road: Road, conditional: bool) -> None:
    await _upload(road.near, "key")
    road.way.break_next("POST", lose_answer(), query="uploadId")
    item, leg = await _item(road.near, "key"), STREAMED.model_copy(update={"conditional": conditional})
    copied = await copy_object(road.near, road.far, item, leg, lambda _: None)
    assert copied.etag == item.etag
    assert road.way.faults == []


async def test_a_source_that_breaks_off_does_not_break_the_copy(road: Road) -> None:
    body = await _upload(road.near, "key")
    road.way.break_next("GET", cut(1_000_000), times=3)
    item = await _item(road.near, "key")
    copied = await copy_object(road.far, road.near, item, STREAMED, lambda _: None)
    assert copied.etag == item.etag
    assert await road.near.read("copy/key") == body
    assert road.way.faults == []


async def test_a_source_that_stays_away_is_named_and_nothing_is_left(road: Road) -> None:
    await _upload(road.near, "key")
    item = await _item(road.near, "key")
    await road.far.head("key")
    road.way.break_next("GET", hang_up(), times=100)
    with pytest.raises(Failure, match=r"no answer to GetObject") as caught:
        await copy_object(road.far, road.near, item, STREAMED, lambda _: None)
    assert caught.value.reason is Reason.ENDPOINT_UNREACHABLE
    assert await road.near.head("copy/key") is None
    unfinished = await road.near._calls.client.list_multipart_uploads(Bucket=road.near.name, Prefix="copy/key")
    assert unfinished.get("Uploads", []) == []


async def test_a_conditional_write_whose_answer_was_lost_finds_itself(road: Road) -> None:
    road.way.break_next("PUT", lose_answer())
    with pytest.raises(AlreadyThere):
        await road.far.write("key", b"mine", if_absent=True)
    assert await road.near.read("key") == b"mine"


@pytest.mark.parametrize("status", [200, 404])
async def test_what_is_no_s3_is_not_taken_for_an_empty_bucket(road: Road, status: int) -> None:
    road.way.break_next("GET", answer(status, "<html><p>Welcome<br></html>"), query="list-type", times=10)
    with pytest.raises(Failure) as caught:
        await anext(road.far.list(""), None)
    assert caught.value.reason in (Reason.ENDPOINT_UNREACHABLE, Reason.BUCKET_NOT_FOUND)


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_an_error_inside_a_good_answer_does_not_pass_for_one(road: Road, method: str) -> None:
    await road.near.write("key", b"x")
    road.way.break_next(method, refuse(200, "InternalError"), times=10)
    with pytest.raises(Failure, match="InternalError"):
        await (anext(road.far.list("")) if method == "GET" else road.far.copy(road.near, "key", "copy"))
    assert road.way.faults == []


async def _item(bucket: Bucket, key: str) -> WorkItem:
    head = await bucket.head(key)
    assert head is not None
    return WorkItem(0, key, f"copy/{key}", head.size, head.etag)


async def _upload(bucket: Bucket, key: str) -> bytes:
    upload = await bucket.upload(key, {})
    parts = [BODY * 5, BODY * 5, b"end"]
    assert len(parts[0]) == 5 * MIB
    for number, part in enumerate(parts, 1):
        await upload.put(number, part, 0, len(part))
    await upload.complete()
    return b"".join(parts)
