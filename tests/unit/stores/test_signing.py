"""Signatures, against AWS's own examples and botocore's signer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from orgport.stores.s3_sign import EMPTY, UNSIGNED, Keys, Signing, encode_path, encode_query, signed
from tests.integration.transfer.odd_keys import ODD_KEYS

NOW = datetime(2013, 5, 24, tzinfo=UTC)
EXAMPLE = Signing(
    Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), "us-east-1", NOW.timestamp()
)
HOST = "examplebucket.s3.amazonaws.com"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = st.from_regex(r"x-amz-meta-[a-z0-9-]{1,12}|range|if-match|content-md5", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=20)


@pytest.mark.parametrize(
    ("path", "query", "headers", "signature"),
    [
        (
            "/test.txt",
            {},
            {"range": "bytes=0-9"},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        ("/", {"lifecycle": ""}, {}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        (
            "/",
            {"max-keys": "2", "prefix": "J"},
            {},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
    ids=["get", "lifecycle", "list"],
)
def test_the_examples_of_the_documentation_are_signed_as_it_says(
    path: str, query: Mapping[str, str], headers: Mapping[str, str], signature: str
) -> None:
    sent = signed(EXAMPLE, "GET", path, encode_query(query), {"host": HOST, **headers}, EMPTY)
    assert sent["authorization"].endswith(f"Signature={signature}")


def by_botocore(signing: Signing, method: str, url: str, headers: Mapping[str, str], payload: str) -> str:
    """The header as botocore makes it."""
    keys = signing.keys
    request = AWSRequest(method=method, url=url, headers=dict(headers))
    auth = S3SigV4Auth(Credentials(keys.access_key, keys.secret_key, keys.token), "s3", signing.region)
    now = datetime.fromtimestamp(signing.now, UTC)
    with patch.object(auth, "payload", lambda _: payload), patch("botocore.auth.get_current_datetime", lambda: now):
        auth.add_auth(request)
    authorization: str = request.headers["Authorization"]
    return authorization


@given(
    key=st.one_of(st.sampled_from(sorted(ODD_KEYS.values())), TEXT.filter(bool)),
    query=st.dictionaries(TEXT.filter(bool), TEXT, max_size=4),
    headers=st.dictionaries(NAMES, VALUES, max_size=4),
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]),
    payload=st.sampled_from([UNSIGNED, EMPTY]),
    token=st.one_of(st.none(), st.just("a/token+of=ours")),
    now=st.integers(0, 4_000_000_000),
)
def test_any_request_is_signed_as_botocore_signs_it(
    key: str,
    query: dict[str, str],
    headers: dict[str, str],
    method: str,
    payload: str,
    token: str | None,
    now: int,
) -> None:
    signing = Signing(Keys("access", "secret", token), "eu-central-1", now)
    path, encoded = f"/bucket/{encode_path(key)}", encode_query(query)
    sent = signed(signing, method, path, encoded, {"host": "store:9000", **headers}, payload)
    url = f"http://store:9000{path}?{encoded}" if encoded else f"http://store:9000{path}"
    assert sent["authorization"] == by_botocore(signing, method, url, headers, payload)


@pytest.mark.parametrize("key", sorted(ODD_KEYS.values()), ids=ascii)
def test_a_key_is_encoded_byte_for_byte(key: str) -> None:
    encoded = encode_path(key)
    assert bytes.fromhex("".join(_hex(encoded))) == key.encode()


def _hex(encoded: str) -> list[str]:
    """The bytes that the text stands for, each in hex."""
    plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"
    found, rest = [], encoded
    while rest:
        width = 3 if rest[0] == "%" else 1
        assert width == 3 or rest[0] in plain
        found.append(rest[1:3] if width == 3 else f"{ord(rest[0]):02x}")
        rest = rest[width:]
    return found


def test_parameters_stand_in_the_order_of_their_names() -> None:
    assert encode_query({"a-b": "2", "a": "1", "B": "/ +"}) == "B=%2F%20%2B&a=1&a-b=2"


def test_the_key_of_a_day_is_that_day_s() -> None:
    signatures = set()
    for now in (0, 86_399, 86_400):
        sent = signed(Signing(EXAMPLE.keys, "r", now), "GET", "/", "", {"host": HOST})
        signatures.add(sent["authorization"])
    assert len(signatures) == 3
    assert "19700102/r/s3" in sent["authorization"]


def test_a_header_that_came_as_no_utf_8_is_signed_as_the_same_bytes() -> None:
    value = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert signed(EXAMPLE, "GET", "/", "", {"host": HOST, "x-amz-meta-a": value})["x-amz-meta-a"] == value


def test_what_is_shown_of_keys_is_no_secret() -> None:
    assert "secret" not in repr(Signing(Keys("access", "secret", "secret-token"), "r", 0))
