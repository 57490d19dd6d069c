"""Calls of the S3 API through aioboto3: the only file that knows botocore."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import aioboto3
import aiohttp
from aiobotocore.config import AioConfig
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.session import get_session
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    SSLError,
)
from botocore.exceptions import ConnectionError as NoConnection
from botocore.httpsession import get_cert_path
from botocore.loaders import Loader, create_loader
from botocore.parsers import ResponseParserError

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.s3_errors import NOT_S3, Refused, Unreachable, Where, refusal, unreachable
from orgport.stores.s3_model import Connection, NoPace, Pace
from orgport.stores.s3_retry import Acquaintance, Patience, retried

CONNECT_SECONDS = 5.0
READ_SECONDS = 300.0
"""A server-side copy of 5 GiB may take minutes without a byte."""
CUT_OFF = (HTTPClientError, NoConnection, IncompleteReadError, aiohttp.ClientError, TimeoutError, OSError)
"""What a lost connection looks like."""

_headers: ContextVar[Mapping[str, str]] = ContextVar("headers", default=MappingProxyType({}))


class TrustingSession(AIOHTTPSession):  # type: ignore[misc]  # aiobotocore has no types
    """Trusts the public certificates beside those that `verify` names."""

    def _get_ssl_context(self) -> Any:
        context = super()._get_ssl_context()
        context.load_verify_locations(get_cert_path(True))
        return context


class Body:
    """A body that is made while it is sent. What goes wrong in the making is kept: aiohttp would hide it."""

    def __init__(self, chunks: AsyncIterable[bytes]) -> None:
        self.chunks = chunks
        self.error: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.error = None
        try:
            async for chunk in self.chunks:
                yield chunk
        except Exception as error:
            self.error = error
            raise

    def read(self) -> bytes:
        """botocore takes only what has a `read` for a body, and aiohttp does not call it."""
        raise NotImplementedError


@dataclass
class Calls:
    """A client of one store, with retries, and errors in our words."""

    client: Any
    where: Where
    patience: Patience = field(default_factory=Patience)
    pace: Pace = field(default_factory=NoPace)
    acquaintance: Acquaintance = field(default_factory=Acquaintance)

    async def call(self, operation: str, *, headers: Mapping[str, str] | None = None, **params: Any) -> dict[str, Any]:
        """The answer. Refused only for what is missing or whose condition is not met; else Failure."""
        key = params.get("Key", "")
        try:
            return await retried(
                lambda: self._once(operation, headers or {}, params), self.patience, self.acquaintance, self.on_throttle
            )
        except Refused as error:
            if error.is_missing or error.is_unmet:
                raise
            raise refusal(error, self.where, operation, key) from None
        except Unreachable as error:
            raise unreachable(error, self.where, operation) from None

    async def send(
        self, operation: str, body: bytes | AsyncIterable[bytes], size: int, **params: Any
    ) -> dict[str, Any]:
        """A call with a body of that size; a body that is no bytes is iterated once for every try."""
        content = body if isinstance(body, bytes) else Body(body)
        return await self.call(operation, Body=content, ContentLength=size, **params)

    def on_throttle(self) -> None:
        """The store asked for fewer requests; who admits them may want to know."""

    async def _once(self, operation: str, headers: Mapping[str, str], params: Mapping[str, Any]) -> dict[str, Any]:
        await self.pace.request()
        token = _headers.set(headers)
        try:
            with translated(self.where):
                answer: dict[str, Any] = await self.client._make_api_call(
                    operation, {**params, "Bucket": self.where.bucket}
                )
                return answer
        except Unreachable:
            body = params.get("Body")
            if isinstance(body, Body) and body.error is not None:
                raise body.error from None
            raise
        finally:
            _headers.reset(token)


@contextmanager
def translated(where: Where) -> Iterator[None]:
    """Foreign exceptions become Refused, Unreachable or Failure."""
    try:
        yield
    except ClientError as error:
        raise _refused(error.response) from None
    except SSLError as error:
        raise Unreachable("the certificate is not trusted", certificate=True) from error
    except (NoCredentialsError, PartialCredentialsError):
        raise _no_credentials(where) from None
    except ResponseParserError:
        raise Refused(NOT_S3, 400) from None
    except CUT_OFF as error:
        raise Unreachable(type(error).__name__) from None
    except (BotoCoreError, ValueError) as error:
        raise Failure(Reason.INTERNAL, f"{where}: {type(error).__name__} before the call") from error


def _refused(response: Mapping[str, Any]) -> Refused:
    metadata = response.get("ResponseMetadata", {})
    headers = metadata.get("HTTPHeaders", {})
    return Refused(
        code=str(response.get("Error", {}).get("Code", "")),
        status=int(metadata.get("HTTPStatusCode", 0)),
        request_id=str(metadata.get("RequestId") or headers.get("x-amz-request-id", "")),
        retry_after=_seconds(headers.get("retry-after")),
    )


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdigit() else None


def _no_credentials(where: Where) -> Failure:
    return Failure(
        Reason.CREDENTIALS_REJECTED,
        f"{where}: no credentials are given, and the pod has none of its own",
        suggestion=f"Set {where.title or 'the bucket'}.credentials, or worker.serviceAccountName.",
    )


@asynccontextmanager
async def open_calls(connection: Connection, where: Where) -> AsyncIterator[Calls]:
    """A client for the connection; nothing is sent yet."""
    _refuse_link_local(connection, where)
    with translated(where):
        opening = _session().client("s3", **client_options(connection))
    async with opening as client:
        client.meta.events.register("before-call.s3", _add_headers)
        yield Calls(client, where)


def _session() -> aioboto3.Session:
    """A session of its own for each client, with the API's description, which takes long to read, in common."""
    session = get_session()
    session.register_component("data_loader", _loader())
    return aioboto3.Session(botocore_session=session)


@cache
def _loader() -> Loader:
    return create_loader()


def client_options(connection: Connection) -> dict[str, Any]:
    """How aioboto3 is told of a connection. Only plain S3 is spoken: no trailing checksums, no aws-chunked bodies."""
    style = {"Path": "path", "Virtual": "virtual"}.get(
        connection.addressing, "path" if connection.endpoint else "virtual"
    )
    config = AioConfig(
        signature_version="s3v4",
        s3={"addressing_style": style, "payload_signing_enabled": False},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=connection.connections,
        retries={"total_max_attempts": 1, "mode": "standard"},
        ignore_configured_endpoint_urls=True,
        user_agent_extra="orgport",
        http_session_cls=TrustingSession if connection.ca_file else AIOHTTPSession,
    )
    return {
        "config": config,
        "endpoint_url": connection.endpoint,
        "region_name": connection.region
        or os.environ.get("AWS_REGION")
        or os.environ.get("AWS_DEFAULT_REGION")
        or "us-east-1",
        "aws_access_key_id": connection.access_key,
        "aws_secret_access_key": connection.secret_key,
        "verify": connection.ca_file,
    }


def _refuse_link_local(connection: Connection, where: Where) -> None:
    """A link-local endpoint is a node's metadata service, whose credentials are not the user's to use."""
    try:
        address = ipaddress.ip_address(urlsplit(connection.endpoint or "").hostname or "")
    except ValueError:
        return
    if address.is_link_local:
        raise Failure(Reason.INVALID_SPEC, f"{where}: a link-local endpoint is not allowed")


def _add_headers(params: dict[str, Any], **_: Any) -> None:
    """Put the call's raw headers on the request: botocore's parameters would refuse or reword some of them."""
    params["headers"].update(_headers.get())


async def pause_after_cut(calls: Calls, attempt: int) -> None:
    """Wait before a cut-off body is read on."""
    await calls.patience.sleep(calls.patience.pause(attempt, Unreachable("cut off")))
