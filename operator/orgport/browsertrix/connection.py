"""The MongoDB URI of an installation, from the Secret that Browsertrix's chart makes (`mongo-auth`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

URI = "MONGO_DB_URL"
USERNAME, PASSWORD, HOST = "MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD", "MONGO_HOST"
REQUIRED = (USERNAME, PASSWORD, HOST)
"""The keys without which there is no URI, unless MONGO_DB_URL has one."""
PORT = 27017


def mongodb_uri(secret: Mapping[str, str]) -> str | None:
    """The URI that MONGO_DB_URL gives or the other keys make; None while one of them is missing."""
    if missing_key(secret) is not None:
        return None
    if uri := secret.get(URI, "").strip():
        return uri
    username, password = (quote(secret[key], safe="") for key in (USERNAME, PASSWORD))
    return f"mongodb://{username}:{password}@{_with_port(secret[HOST].strip())}"


def missing_key(secret: Mapping[str, str]) -> str | None:
    """The first key that is missing or empty; None if there is enough for a URI."""
    if secret.get(URI, "").strip():
        return None
    return next((key for key in REQUIRED if not secret.get(key, "").strip()), None)


def _with_port(host: str) -> str:
    return host if re.search(r":[0-9]+$", host) else f"{host}:{PORT}"
