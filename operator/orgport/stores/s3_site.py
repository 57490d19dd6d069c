"""Where a bucket is and who we are there, as aioboto3 knows it: endpoint, region, credentials, proxy."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import aioboto3
import botocore
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession, get_session
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ParamValidationError
from botocore.httpsession import ProxyConfiguration, get_cert_path
from botocore.loaders import Loader, create_loader
from botocore.utils import get_environ_proxies

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.s3_errors import Unreachable, Where
from orgport.stores.s3_http import Route
from orgport.stores.s3_model import Connection
from orgport.stores.s3_sign import Keys

SAMPLE = "key"
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class Site:
    """A bucket's address. `path`: of the bucket, encoded, without a slash at its end; `region`: what is signed for."""

    origin: str
    path: str
    region: str

    @property
    def host(self) -> str:
        return urlsplit(self.origin).netloc


@dataclass(frozen=True)
class Access:
    """What aioboto3 knows of a connection. `client`: for what the engine has no call of its own for."""

    connection: Connection
    where: Where
    session: AioSession
    clients: aioboto3.Session
    client: Any

    async def site(self) -> Site:
        """The bucket's address in the region that is configured."""
        return await _site(self.client, self.where)

    async def site_in(self, region: str) -> Site:
        """The bucket's address in another region."""
        options = client_options(self.connection, region)
        async with self.clients.client("s3", **options) as client:
            return await _site(client, self.where)

    def route(self, site: Site) -> Route:
        """How to get there. Proxies are those of the environment, NO_PROXY heeded, as botocore takes them."""
        proxies = ProxyConfiguration(get_environ_proxies(site.origin))
        tls = trust(self.connection.ca_file or self.session.get_config_variable("ca_bundle"))
        return Route(site.origin, tls if site.origin.startswith("https:") else None, proxies.proxy_url_for(site.origin))

    async def keys(self) -> Keys:
        """Those that are given; else the pod's own, renewed when they are about to expire."""
        given = self.connection
        if given.access_key is not None:
            return Keys(given.access_key, given.secret_key or "")
        try:
            credentials = await self.session.get_credentials()
            if credentials is None:
                raise _no_credentials(self.where)
            found = await credentials.get_frozen_credentials()
        except HTTPClientError as error:
            raise Unreachable(f"{type(error).__name__} where credentials are given out") from None
        except (BotoCoreError, ClientError) as error:
            raise _no_credentials(self.where, type(error).__name__) from error
        return Keys(found.access_key, found.secret_key, found.token)


@asynccontextmanager
async def open_access(connection: Connection, where: Where) -> AsyncIterator[Access]:
    """What aioboto3 knows of the connection; nothing is sent. INVALID_SPEC: where it cannot lead."""
    _refuse_link_local(connection, where)
    session = get_session()
    session.register_component("data_loader", _loader())
    clients = aioboto3.Session(botocore_session=session)
    try:
        opening = clients.client("s3", **client_options(connection))
    except ValueError:
        raise Failure(Reason.INVALID_SPEC, f"{where}: the endpoint is no URL") from None
    async with opening as client:
        yield Access(connection, where, session, clients, client)


def client_options(connection: Connection, region: str | None = None) -> dict[str, Any]:
    """How aioboto3 is told of a connection, in its own region or in another. Only plain S3 is spoken."""
    style = {"Path": "path", "Virtual": "virtual"}.get(
        connection.addressing, "path" if connection.endpoint else "virtual"
    )
    config = AioConfig(
        signature_version="s3v4",
        s3={"addressing_style": style},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        ignore_configured_endpoint_urls=True,
    )
    environment = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return {
        "config": config,
        "endpoint_url": connection.endpoint,
        "region_name": region or connection.region or environment or DEFAULT_REGION,
        "aws_access_key_id": connection.access_key,
        "aws_secret_access_key": connection.secret_key,
        "verify": connection.ca_file,
    }


async def _site(client: Any, where: Where) -> Site:
    """A presigned URL says where botocore would send a call; unsigned, it asks for no credentials."""
    client.meta.events.register("choose-signer.s3", _leave_unsigned)
    try:
        url = await client.generate_presigned_url("get_object", Params={"Bucket": where.bucket, "Key": SAMPLE})
    except (ParamValidationError, ValueError, BotoCoreError) as error:
        raise Failure(Reason.INVALID_SPEC, f"{where}: {type(error).__name__}: no such bucket can be") from error
    parts = urlsplit(url)
    return Site(f"{parts.scheme}://{parts.netloc}", parts.path.removesuffix(f"/{SAMPLE}"), client.meta.region_name)


def _leave_unsigned(context: dict[str, Any], **_: Any) -> Any:
    return botocore.UNSIGNED if context.get("is_presign_request") else None


@cache
def trust(ca_file: str | None) -> ssl.SSLContext:
    """Trusts the public certificates beside those of the file."""
    context = ssl.create_default_context(cafile=get_cert_path(True))
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


@cache
def _loader() -> Loader:
    """The API's description takes long to read; all sessions have it in common."""
    return create_loader()


def _refuse_link_local(connection: Connection, where: Where) -> None:
    """A link-local endpoint is a node's metadata service, whose credentials are not the user's to use."""
    try:
        address = ipaddress.ip_address(urlsplit(connection.endpoint or "").hostname or "")
    except ValueError:
        return
    if address.is_link_local:
        raise Failure(Reason.INVALID_SPEC, f"{where}: a link-local endpoint is not allowed")


def _no_credentials(where: Where, why: str = "") -> Failure:
    return Failure(
        Reason.CREDENTIALS_REJECTED,
        f"{where}: no credentials are given, and none are found here{f' ({why})' if why else ''}",
        suggestion=f"Set {where.title or 'the bucket'}.credentials, or worker.serviceAccountName.",
    )
