"""Who we are: keys that are given, a profile's, and temporary ones that are renewed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.s3 import Bucket, Connection, open_bucket
from tests.integration.transfer.conftest import hurry
from tests.servers import ObjectStore
from tests.stub.http import Answer, Request, serving

pytestmark = pytest.mark.integration

SOON, LATE = timedelta(minutes=5), timedelta(hours=6)


@dataclass
class Seen:
    """A store that lets everybody in, and who came: access key and token."""

    endpoint: str = ""
    callers: list[tuple[str, str | None]] = field(default_factory=list)

    async def __call__(self, request: Request) -> Answer:
        access_key = request.headers["authorization"].split("Credential=")[1].split("/")[0]
        self.callers.append((access_key, request.headers.get("x-amz-security-token")))
        return Answer(200, {"etag": '"a"'}, length=1)


@pytest.fixture
async def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Seen]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    seen = Seen()
    async with serving(seen) as seen.endpoint:
        yield seen


async def ask(store: Seen, times: int = 1, keys: tuple[str, str] | tuple[None, None] = (None, None)) -> None:
    async with open_bucket(Connection(store.endpoint, None, *keys), "bucket", title="spec.source") as bucket:
        await heads(hurry(bucket), times)


async def heads(bucket: Bucket, times: int) -> None:
    for _ in range(times):
        await bucket.head("key")


async def test_keys_that_are_given_are_used_whatever_the_environment_has(
    store: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-pod")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    await ask(store, keys=("given", "secret"))
    await ask(store)
    assert store.callers == [("given", None), ("of-the-pod", None)]


async def test_a_profile_s_keys_are_used(store: Seen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile other]\naws_access_key_id = of-a-profile\naws_secret_access_key = s\n")
    monkeypatch.setenv("AWS_PROFILE", "other")
    await ask(store)
    assert store.callers == [("of-a-profile", None)]


@pytest.mark.parametrize(("lifetime", "issues"), [(SOON, 3), (LATE, 1)])
async def test_temporary_keys_are_renewed_before_they_expire(
    store: Seen, monkeypatch: pytest.MonkeyPatch, lifetime: timedelta, issues: int
) -> None:
    issued = list[str]()

    async def issue(_: Request) -> Answer:
        issued.append(f"key-{len(issued) + 1}")
        expires = (datetime.now(UTC) + lifetime).strftime("%Y-%m-%dT%H:%M:%SZ")
        keys = {
            "AccessKeyId": issued[-1],
            "SecretAccessKey": "s",
            "Token": f"token/{issued[-1]}",
            "Expiration": expires,
        }
        return Answer(200, {"content-type": "application/json"}, json.dumps(keys).encode())

    async with serving(issue) as issuer:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", issuer)
        await ask(store, times=3)
    assert {access_key for access_key, _ in store.callers} <= set(issued)
    assert all(token == f"token/{access_key}" for access_key, token in store.callers)
    assert len(dict(store.callers)) == issues


async def test_a_service_account_s_role_is_assumed(
    store: Seen, moto_server: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("a.b.c")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/orgport")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", moto_server.endpoint)
    await ask(store, times=2)
    ((access_key, token),) = set(store.callers)
    assert access_key.startswith("ASIA")
    assert token


@pytest.mark.parametrize("status", [403, 500])
async def test_a_role_that_cannot_be_assumed_is_told_from_a_store_that_refuses_us(
    store: Seen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: int
) -> None:
    async def refuse(_: Request) -> Answer:
        body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
        return Answer(status, {"content-type": "text/xml"}, body.encode())

    (tmp_path / "token").write_text("a.b.c")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/orgport")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    async with serving(refuse) as issuer:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", issuer)
        with pytest.raises(Failure, match=r"spec\.source: .*no credentials") as caught:
            await ask(store)
    assert caught.value.reason is Reason.CREDENTIALS_REJECTED
    assert store.callers == []
