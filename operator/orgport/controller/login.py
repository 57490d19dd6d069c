"""kopf's way into the API server: the same as our own client's."""

from __future__ import annotations

import kopf
from kubernetes.aio.client.configuration import Configuration


async def connection(configuration: Configuration) -> kopf.ConnectionInfo:
    """The client's configuration as kopf wants it. kopf asks again when a token is refused."""
    header = await configuration.get_api_key_with_prefix("BearerToken")
    _, _, token = (header or "").rpartition(" ")
    return kopf.ConnectionInfo(
        server=configuration.host,
        ca_path=configuration.ssl_ca_cert,
        insecure=not configuration.verify_ssl,
        scheme="Bearer" if token else None,
        token=token or None,
        certificate_path=configuration.cert_file,
        private_key_path=configuration.key_file,
    )
