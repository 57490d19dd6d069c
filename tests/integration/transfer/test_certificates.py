"""A store whose certificate no public authority has signed."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.s3 import Connection, open_bucket

pytestmark = pytest.mark.integration

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
EMPTY = f'<ListBucketResult xmlns="{NAMESPACE}"><IsTruncated>false</IsTruncated></ListBucketResult>'


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate of 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "store")])
    today = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(today - datetime.timedelta(1)).not_valid_after(today + datetime.timedelta(1))
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = builder.add_extension(address, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(pem + private)
    return path


@asynccontextmanager
async def secure_store(certificate: Path) -> AsyncIterator[str]:
    async def handle(_: web.Request) -> web.Response:
        return web.Response(text=EMPTY, content_type="application/xml")

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield f"https://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_certificate_of_the_bundle_is_trusted(certificate: Path) -> None:
    async with secure_store(certificate) as endpoint:
        connection = Connection(endpoint, None, "key", "secret", ca_file=str(certificate))
        async with open_bucket(connection, "bucket") as bucket:
            assert [listed async for listed in bucket.list("")] == []


async def test_another_is_refused_at_once(certificate: Path) -> None:
    async with (
        secure_store(certificate) as endpoint,
        open_bucket(Connection(endpoint, None, "key", "secret"), "bucket", title="spec.source") as bucket,
    ):
        with pytest.raises(Failure, match="certificate is not trusted") as caught:
            await anext(bucket.list(""))
    assert caught.value.reason is Reason.ENDPOINT_UNREACHABLE
    assert "caBundle" in caught.value.suggestion
