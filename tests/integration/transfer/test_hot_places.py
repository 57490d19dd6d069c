"""Where requests go: regions, addressing, proxies; and when, by the store's clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.s3 import Bucket, Connection, open_bucket
from orgport.stores.s3_sign import encode_path
from tests.integration.transfer import test_certificates
from tests.integration.transfer.conftest import Pair, connection, hurry
from tests.integration.transfer.faults import ERROR, XML, way_to
from tests.integration.transfer.odd_keys import ODD_KEYS
from tests.integration.transfer.test_certificates import secure_store
from tests.servers import ACCESS_KEY, SECRET_KEY, ObjectStore
from tests.stub.http import Answer, Request, serving
from tests.stub.store import Stub

pytestmark = pytest.mark.integration

certificate = test_certificates.certificate
HOUR = 3600.0
ODD = sorted(ODD_KEYS.values())


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of this machine are none of the tests'."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@asynccontextmanager
async def bucket_at(
    endpoint: str, name: str = "bucket", *, addressing: str = "Auto", ca_file: str | None = None
) -> AsyncIterator[Bucket]:
    at = Connection(endpoint, None, ACCESS_KEY, SECRET_KEY, addressing, ca_file)
    async with open_bucket(at, name, title="spec.source") as bucket:
        yield hurry(bucket)


@dataclass
class Regional:
    """A store that is in one region, and says so to whoever signs for another one."""

    region: str
    stub: Stub = field(default_factory=Stub)
    asked: list[str] = field(default_factory=list)
    says: bool = True

    async def __call__(self, request: Request) -> Answer:
        region = request.headers["authorization"].split("/")[2]
        self.asked.append(region)
        if region == self.region:
            return await self.stub(request)
        named = {"x-amz-bucket-region": self.region} if self.says else {}
        body = b"" if request.method == "HEAD" else ERROR.format("AuthorizationHeaderMalformed").encode()
        return Answer(400, {**XML, **named}, body)


async def test_a_region_that_was_not_given_is_learnt_once() -> None:
    store = Regional("eu-west-3")
    store.stub.shelf("bucket").put("key", (b"content",))
    async with serving(store) as endpoint, bucket_at(endpoint) as bucket:
        assert await bucket.head("key") is not None
        assert await bucket.read("key") == b"content"
        assert [listed.key async for listed in bucket.list("")] == ["key"]
    assert store.asked == ["us-east-1", "eu-west-3", "eu-west-3", "eu-west-3"]


async def test_requests_that_are_in_flight_meanwhile_are_all_mended() -> None:
    store = Regional("eu-west-3")
    async with serving(store) as endpoint, bucket_at(endpoint) as bucket:
        store.stub.shelf("bucket")
        etags = await asyncio.gather(*(bucket.write(f"key-{number}", b"x") for number in range(20)))
    assert len(etags) == 20
    assert store.asked.count("eu-west-3") == 20


async def test_a_region_that_the_store_does_not_name_is_asked_for() -> None:
    async with serving(Regional("eu-west-3", says=False)) as endpoint, bucket_at(endpoint) as bucket:
        with pytest.raises(Failure) as caught:
            await bucket.read("key")
    assert caught.value.reason is Reason.INVALID_SPEC
    assert "Set region of spec.source" in caught.value.suggestion


async def test_a_store_that_sends_us_round_in_circles_is_given_up_with_the_region_that_it_named() -> None:
    regions = ["r-1", "r-2"]

    async def undecided(request: Request) -> Answer:
        other = next(region for region in regions if f"/{region}/" not in request.headers["authorization"])
        return Answer(301, {**XML, "x-amz-bucket-region": other}, ERROR.format("PermanentRedirect").encode())

    async with serving(undecided) as endpoint, bucket_at(endpoint) as bucket:
        with pytest.raises(Failure) as caught:
            await bucket.read("key")
    assert "Set region of spec.source to r-2" in caught.value.suggestion


@pytest.mark.parametrize("behind", [HOUR, -HOUR])
async def test_a_clock_that_is_wrong_is_corrected_once(pair: Pair, minio: ObjectStore, behind: float) -> None:
    async with (
        way_to(minio.endpoint) as way,
        open_bucket(replace(connection(minio), endpoint=way.endpoint), pair.source.name) as bucket,
    ):
        bucket._calls.now = lambda: time.time() - behind
        assert await bucket.head("absent") is None
        etag = await bucket.write("key", b"content")
        assert await bucket.copy(bucket, "key", "copy", if_match=etag) == etag
        assert await bucket.read("copy") == b"content"
    assert way.requests == ["HEAD", "HEAD", "PUT", "PUT", "GET"]


async def test_a_clock_that_goes_wrong_later_is_corrected_again(pair: Pair) -> None:
    calls = pair.source._calls
    await pair.source.write("key", b"content")
    calls.now = lambda: time.time() + HOUR
    assert await pair.source.read("key") == b"content"
    calls.now = time.time
    assert await pair.source.read("key") == b"content"


async def test_a_store_that_blames_a_clock_that_is_right_is_believed_once() -> None:
    asked = list[str]()

    async def blaming(request: Request) -> Answer:
        asked.append(request.method)
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
        return Answer(403, {**XML, "date": date}, ERROR.format("RequestTimeTooSkewed").encode())

    async with serving(blaming) as endpoint, bucket_at(endpoint) as bucket:
        with pytest.raises(Failure, match="RequestTimeTooSkewed") as caught:
            await bucket.read("key")
    assert caught.value.reason is Reason.CREDENTIALS_REJECTED
    assert caught.value.suggestion == "Set the clocks of the node and of the store."
    assert asked == ["GET"]


async def recorded(request: Request, targets: list[tuple[str, str]]) -> Answer:
    targets.append((request.target, request.headers["host"]))
    return Answer(200, {"etag": '"a"'}, length=1)


async def test_every_key_is_sent_byte_for_byte_below_the_bucket() -> None:
    targets = list[tuple[str, str]]()
    async with serving(lambda request: recorded(request, targets)) as endpoint, bucket_at(endpoint) as bucket:
        for key in ODD:
            await bucket.head(key)
    host = endpoint.removeprefix("http://")
    assert targets == [(f"/bucket/{encode_path(key)}", host) for key in ODD]


async def test_an_endpoint_below_a_path_is_kept_there() -> None:
    targets = list[tuple[str, str]]()
    async with (
        serving(lambda request: recorded(request, targets)) as endpoint,
        bucket_at(f"{endpoint}/base/") as bucket,
    ):
        await bucket.head("a//b")
    assert [target for target, _ in targets] == ["/base/bucket/a//b"]


async def test_a_bucket_of_its_own_host_is_asked_there_and_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = list[tuple[str, str]]()
    async with serving(lambda request: recorded(request, targets)) as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        async with bucket_at("http://store.invalid:9000", addressing="Virtual") as bucket:
            for key in ODD:
                await bucket.head(key)
    host = "bucket.store.invalid:9000"
    assert targets == [(f"http://{host}/{encode_path(key)}", host) for key in ODD]


async def test_a_proxy_is_told_who_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = list[str | None]()

    async def handle(request: Request) -> Answer:
        seen.append(request.headers.get("proxy-authorization"))
        assert "proxy-authorization" not in request.headers["authorization"]
        return Answer(200, {"etag": '"a"'}, length=1)

    async with serving(handle) as proxy:
        monkeypatch.setenv("http_proxy", proxy.replace("http://", "http://me:se%40cret@"))
        async with bucket_at("http://store.invalid") as bucket:
            await bucket.head("key")
    assert seen == ["Basic bWU6c2VAY3JldA=="]


async def test_no_proxy_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = list[tuple[str, str]]()
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", "127.0.0.1,example.org")
    async with serving(lambda request: recorded(request, targets)) as endpoint, bucket_at(endpoint) as bucket:
        await bucket.head("key")
    assert [target for target, _ in targets] == ["/bucket/key"]


@asynccontextmanager
async def tunnelling_proxy(asked: list[str]) -> AsyncIterator[str]:
    """A proxy that connects to where it is asked to, and hands on what comes from either side."""
    tasks = set[asyncio.Task[None]]()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(2**16):
                writer.write(data)
        finally:
            writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line, *headers = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        asked.extend([line, *(each for each in headers if each.lower().startswith("proxy-authorization"))])
        host, port = line.split()[1].rsplit(":", 1)
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        for pair in ((reader, far_writer), (far_reader, writer)):
            tasks.add(asyncio.create_task(pump(*pair)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_proxy_tunnels_to_a_store_whose_certificate_is_checked(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[str]()
    async with secure_store(certificate) as endpoint, tunnelling_proxy(asked) as proxy:
        monkeypatch.setenv("https_proxy", proxy.replace("http://", "http://me:se%40cret@"))
        async with bucket_at(endpoint, ca_file=str(certificate)) as bucket:
            assert [listed async for listed in bucket.list("")] == []
            assert [listed async for listed in bucket.list("")] == []
        async with bucket_at(endpoint) as bucket:
            with pytest.raises(Failure, match="certificate is not trusted"):
                await anext(bucket.list(""))
    connect = f"CONNECT {endpoint.removeprefix('https://')} HTTP/1.1"
    assert [line.lower() for line in asked] == [connect.lower(), "proxy-authorization: basic bwu6c2vay3jlda=="] * 2


async def test_the_certificates_that_aws_s_tools_trust_are_trusted(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    async with secure_store(certificate) as endpoint, bucket_at(endpoint) as bucket:
        assert [listed async for listed in bucket.list("")] == []


async def test_a_bucket_whose_name_no_bucket_can_have_is_refused() -> None:
    with pytest.raises(Failure, match=r"spec\.source: bucket a/b") as caught:
        async with bucket_at("http://127.0.0.1:1", name="a/b"):
            pass
    assert caught.value.reason is Reason.INVALID_SPEC
