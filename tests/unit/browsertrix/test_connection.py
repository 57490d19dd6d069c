"""The MongoDB URI."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.browsertrix.connection import REQUIRED, missing_key, mongodb_uri

SECRET = {
    "MONGO_INITDB_ROOT_USERNAME": "root",
    "MONGO_INITDB_ROOT_PASSWORD": "PASS@W0RD!",
    "MONGO_HOST": "local-mongo",
    "MONGO_DB_URL": "",
}


def test_the_charts_secret_makes_a_uri_with_everything_escaped() -> None:
    assert mongodb_uri(SECRET) == "mongodb://root:PASS%40W0RD%21@local-mongo:27017"
    assert missing_key(SECRET) is None


def test_a_url_of_its_own_wins() -> None:
    url = "mongodb+srv://u:p@cluster.example.org/?retryWrites=true"
    assert mongodb_uri(SECRET | {"MONGO_DB_URL": f"{url}\n"}) == url
    assert mongodb_uri({"MONGO_DB_URL": url}) == url


@pytest.mark.parametrize(
    ("host", "place"),
    [("h", "h:27017"), ("h.ns.svc:27018", "h.ns.svc:27018"), ("[::1]", "[::1]:27017"), ("[::1]:9", "[::1]:9"),
     ("h\n", "h:27017")],
)  # fmt: skip
def test_the_port_is_added_where_there_is_none(host: str, place: str) -> None:
    assert str(mongodb_uri(SECRET | {"MONGO_HOST": host})).endswith(f"@{place}")


@pytest.mark.parametrize("key", REQUIRED)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_the_key_that_is_missing_is_named(key: str, value: str | None) -> None:
    secret = {name: text for name, text in SECRET.items() if name != key} | ({key: value} if value is not None else {})
    assert mongodb_uri(secret) is None
    assert missing_key(secret) == key


def test_an_empty_secret_lacks_the_user_name_first() -> None:
    assert mongodb_uri({}) is None
    assert missing_key({}) == "MONGO_INITDB_ROOT_USERNAME"


TEXT = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)


@given(TEXT, TEXT)
def test_any_user_name_and_password_can_be_read_back(username: str, password: str) -> None:
    secret = SECRET | {"MONGO_INITDB_ROOT_USERNAME": username, "MONGO_INITDB_ROOT_PASSWORD": password}
    parts = urlsplit(str(mongodb_uri(secret)))
    assert (unquote(parts.username or ""), unquote(parts.password or "")) == (username, password)
    assert (parts.hostname, parts.port) == ("local-mongo", 27017)
