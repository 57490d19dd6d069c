"""Installations of Browsertrix on the servers of this machine."""

from __future__ import annotations

from functools import partial
from typing import Protocol

import pytest

from tests.organizations import Installation, Store, fresh
from tests.servers import DocumentStore, ObjectStore


class Installations(Protocol):
    """Makes a new, empty installation at each call."""

    def __call__(
        self,
        *,
        replica: str | None = None,
        former: str | None = None,
        storage: str = "default",
        prefix: str = "",
        version: str = "0058",
    ) -> Installation: ...


@pytest.fixture
def installation(minio: ObjectStore, ferretdb: DocumentStore) -> Installations:
    """A factory of installations, each with a database and buckets of its own."""
    return partial(fresh, Store(minio.endpoint, minio.access_key, minio.secret_key), ferretdb.uri)
