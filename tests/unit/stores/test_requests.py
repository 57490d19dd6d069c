"""Requests, against what botocore sends for the same calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree.ElementTree import fromstring

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from orgport.stores import s3_requests as requests
from orgport.stores.s3_message import Request
from orgport.stores.s3_sign import encode_path, encode_query
from tests.integration.transfer.odd_keys import ODD_KEYS

Client = Any
Call = Callable[[Client, str], object]
ETAG = "d41d8cd98f00b204e9800998ecf8427e"
PARTS = {2: "b", 1: "a<"}
IRRELEVANT = (
    "user-agent",
    "expect",
    "content-length",
    "accept-encoding",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "x-amz-content-sha256",
)


class Sent(Exception):
    """Carries what would have been sent."""

    def __init__(self, request: Any) -> None:
        super().__init__()
        self.request = request


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Sends nothing."""
    config = Config(
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"total_max_attempts": 1},
    )
    client = boto3.client(
        "s3",
        endpoint_url="http://store",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="s",
        config=config,
    )

    def stop(request: Any, **_: Any) -> AWSResponse:
        raise Sent(request)

    client.meta.events.register("before-sign.s3", stop)
    yield client
    client.close()


def by_botocore(client: Client, call: Callable[[Client], object]) -> tuple[Any, ...]:
    with pytest.raises(Sent) as sent:
        call(client)
    request = sent.value.request
    url = urlsplit(request.url)
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    body = request.data.read() if hasattr(request.data, "read") else request.data or b""
    return request.method, url.path, _query(url.query), _relevant(headers), body


def ours(request: Request) -> tuple[Any, ...]:
    path = "/bucket" if request.key is None else f"/bucket/{encode_path(request.key)}"
    return request.method, path, _query(encode_query(request.query)), _relevant(request.headers), request.body


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _query(text: str) -> dict[str, str]:
    return dict(parse_qsl(text, keep_blank_values=True))


def _relevant(headers: Any) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in IRRELEVANT}


CALLS: dict[str, tuple[Callable[[str], Request], Call]] = {
    "list": (
        lambda key: requests.list_page(key, "t+/="),
        lambda client, key: client.list_objects_v2(Bucket="bucket", Prefix=key, ContinuationToken="t+/="),
    ),
    "list from the start": (
        lambda key: requests.list_page(key, None),
        lambda client, key: client.list_objects_v2(Bucket="bucket", Prefix=key),
    ),
    "head": (
        lambda key: requests.head(key, None),
        lambda client, key: client.head_object(Bucket="bucket", Key=key),
    ),
    "head of a part": (
        lambda key: requests.head(key, 1),
        lambda client, key: client.head_object(Bucket="bucket", Key=key, PartNumber=1),
    ),
    "get": (
        lambda key: requests.get(key, None, 0, None),
        lambda client, key: client.get_object(Bucket="bucket", Key=key),
    ),
    "get a range": (
        lambda key: requests.get(key, ETAG, 5, 10),
        lambda client, key: client.get_object(Bucket="bucket", Key=key, IfMatch=f'"{ETAG}"', Range="bytes=5-9"),
    ),
    "get the rest": (
        lambda key: requests.get(key, None, 5, None),
        lambda client, key: client.get_object(Bucket="bucket", Key=key, Range="bytes=5-"),
    ),
    "put": (
        lambda key: requests.put(key, b"abc", 3, {"content-type": "text/plain"}, if_absent=True),
        lambda client, key: client.put_object(
            Bucket="bucket", Key=key, Body=b"abc", ContentType="text/plain", IfNoneMatch="*"
        ),
    ),
    "copy": (
        lambda key: requests.copy("source", key, key, {"x-amz-storage-class": "GLACIER"}, ETAG, if_absent=True),
        lambda client, key: client.copy_object(
            Bucket="bucket",
            Key=key,
            CopySource={"Bucket": "source", "Key": key},
            CopySourceIfMatch=f'"{ETAG}"',
            IfNoneMatch="*",
            StorageClass="GLACIER",
        ),
    ),
    "begin": (
        lambda key: requests.begin_upload(key, {"content-type": "text/plain", "x-amz-meta-a": "b"}),
        lambda client, key: client.create_multipart_upload(
            Bucket="bucket", Key=key, ContentType="text/plain", Metadata={"a": "b"}
        ),
    ),
    "put a part": (
        lambda key: requests.put_part(key, "id/+", 7, b"abc", 3),
        lambda client, key: client.upload_part(Bucket="bucket", Key=key, UploadId="id/+", PartNumber=7, Body=b"abc"),
    ),
    "copy a part": (
        lambda key: requests.copy_part(key, "id/+", 7, "source", key, 5, 10, ETAG),
        lambda client, key: client.upload_part_copy(
            Bucket="bucket",
            Key=key,
            UploadId="id/+",
            PartNumber=7,
            CopySource={"Bucket": "source", "Key": key},
            CopySourceRange="bytes=5-9",
            CopySourceIfMatch=f'"{ETAG}"',
        ),
    ),
    "list parts": (
        lambda key: requests.list_parts(key, "id/+", "1000"),
        lambda client, key: client.list_parts(Bucket="bucket", Key=key, UploadId="id/+", PartNumberMarker=1000),
    ),
    "abort": (
        lambda key: requests.abort_upload(key, "id/+"),
        lambda client, key: client.abort_multipart_upload(Bucket="bucket", Key=key, UploadId="id/+"),
    ),
    "get tags": (
        lambda key: requests.get_tags(key),
        lambda client, key: client.get_object_tagging(Bucket="bucket", Key=key),
    ),
    "delete": (
        lambda key: requests.delete(key),
        lambda client, key: client.delete_object(Bucket="bucket", Key=key),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_what_botocore_makes_of_it_whatever_the_key(client: Client, name: str) -> None:
    request, call = CALLS[name]
    for key in ODD_KEYS.values():
        assert ours(request(key)) == by_botocore(client, lambda client, key=key: call(client, key))  # type: ignore[misc]


def test_a_completion_names_the_parts_in_their_order(client: Client) -> None:
    parts = [{"PartNumber": number, "ETag": f'"{PARTS[number]}"'} for number in (1, 2)]

    def complete(client: Client) -> object:
        return client.complete_multipart_upload(
            Bucket="bucket", Key="key", UploadId="id", IfNoneMatch="*", MultipartUpload={"Parts": parts}
        )

    *expected, body = by_botocore(client, complete)
    *sent, ours_body = ours(requests.complete_upload("key", "id", PARTS, if_absent=True))
    assert sent[:3] == expected[:3]
    assert sent[3] == {"content-type": "application/xml", "if-none-match": "*"}
    assert _pairs(ours_body, "PartNumber", "ETag") == _pairs(body, "PartNumber", "ETag")
    assert _pairs(ours_body, "PartNumber", "ETag") == [("1", '"a<"'), ("2", '"b"')]


def test_tags_are_sent_as_the_api_has_them(client: Client) -> None:
    tags = {"a&b": "<c>", "d": ""}

    def tag(client: Client) -> object:
        tag_set = [{"Key": name, "Value": value} for name, value in tags.items()]
        return client.put_object_tagging(Bucket="bucket", Key="key", Tagging={"TagSet": tag_set})

    *expected, body = by_botocore(client, tag)
    *sent, ours_body = ours(requests.put_tags("key", tags))
    assert sent[:3] == expected[:3]
    assert sent[3]["content-md5"] == requests.md5_of(ours_body)
    assert _pairs(ours_body, "Key", "Value") == _pairs(body, "Key", "Value") == list(tags.items())


def _pairs(body: bytes, first: str, second: str) -> list[tuple[str, str]]:
    """The texts of the elements of both names."""
    texts = {
        name: [each.text or "" for each in fromstring(body).iter(f"{{{requests.NAMESPACE}}}{name}")]
        for name in (first, second)
    }
    return list(zip(texts[first], texts[second], strict=True))
