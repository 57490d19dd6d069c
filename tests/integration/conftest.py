"""Installations of Browsertrix on the servers of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from orgport.worker import rollback
from tests.oracle.sweep import unacceptable
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
def installation(minio: ObjectStore, ferretdb: DocumentStore) -> Iterator[Installations]:
    """A factory of installations, each with a database and buckets of its own.

    In the end every export that the test has made must be one that Browsertrix's importer takes.
    """
    made: list[Installation] = []

    def make(**wishes: Any) -> Installation:
        store = Store(minio.endpoint, minio.access_key, minio.secret_key)
        made.append(fresh(store, ferretdb.uri, **wishes))
        return made[-1]

    yield make
    assert not [found for each in made if (found := unacceptable(each))]


@pytest.fixture
def nothing_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rollbacks do not wait for what a killed process has sent: the test kills none."""
    monkeypatch.setattr(rollback, "LANDING_SECONDS", 0.0)
