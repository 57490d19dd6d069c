"""AWS Signature Version 4 for S3, with the keys of a day derived once.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
Paths and queries are signed as they are sent: S3 normalizes neither, and neither do we.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY = sha256(b"").hexdigest()
ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Keys:
    """Credentials as they are at one moment. `token`: of temporary ones."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Signing:
    """What a signature depends on beside the request. `region`: the bucket's; `now`: seconds since 1970."""

    keys: Keys
    region: str
    now: float


def encode_path(path: str) -> str:
    """The path, or a key, percent-encoded byte for byte; only `/` and what RFC 3986 never reserves stay as they are."""
    return quote(path, safe="/")


def encode_query(parameters: Mapping[str, str]) -> str:
    """The query as it is sent and signed, in the order of its encoded names."""
    pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in parameters.items())
    return "&".join([f"{name}={value}" for name, value in pairs])


def signed(
    signing: Signing, method: str, path: str, query: str, headers: Mapping[str, str], payload: str = UNSIGNED
) -> dict[str, str]:
    """The headers, and those that sign the request.

    `path` and `query`: encoded; `headers`: with `host`, names in lower case; `payload`: SHA-256 of the body in hex.
    """
    stamp = _stamp(int(signing.now))
    sent = {**headers, "x-amz-content-sha256": payload, "x-amz-date": stamp}
    if signing.keys.token:
        sent["x-amz-security-token"] = signing.keys.token
    names = sorted(sent)
    canonical = "".join([f"{name}:{' '.join(sent[name].split())}\n" for name in names])
    list_of_names = ";".join(names)
    request = f"{method}\n{path}\n{query}\n{canonical}\n{list_of_names}\n{payload}"
    scope = f"{stamp[:8]}/{signing.region}/s3/aws4_request"
    text = f"{ALGORITHM}\n{stamp}\n{scope}\n{_hash(request)}"
    key = _key_of_day(signing.keys.secret_key, stamp[:8], signing.region)
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    sent["authorization"] = (
        f"{ALGORITHM} Credential={signing.keys.access_key}/{scope}, "
        f"SignedHeaders={list_of_names}, Signature={signature}"
    )
    return sent


def _hash(request: str) -> str:
    """Header values may hold bytes that are no UTF-8; they came as surrogates, and go as the same bytes."""
    return sha256(request.encode("utf-8", "surrogateescape")).hexdigest()


@lru_cache(maxsize=8)
def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


@lru_cache(maxsize=16)
def _key_of_day(secret_key: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
