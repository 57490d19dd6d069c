"""Imports whose process is killed at random points: whole after the next run, or undone; never to be seen half."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from orgport.stores.receipt_model import COLLECTION as RECEIPTS
from tests.integration.conftest import Installations
from tests.integration.imports.running import Imports, Steps, succeeded
from tests.organizations import Installation, Store, fresh, generate
from tests.organizations.databases import Mongo
from tests.organizations.move import Options
from tests.organizations.moved import assert_moved
from tests.organizations.people import SHARED_ID
from tests.servers import DocumentStore, ObjectStore, end, python_environment

pytestmark = pytest.mark.integration

ORGANIZATION = generate(seed=41, items=12, pages=3000, objects=20)
RESIDENT = generate(seed=42, items=4, pages=40, objects=8, slug="resident", name="Resident")
"""Lives in the target already, and has one member in common with the other."""
OPTIONS = Options(accounts_before=frozenset({SHARED_ID}))
SEEDS = [*range(1, 6), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(6, 51))]
SECONDS = 60
STAYING = ("profiles", "crawl_configs", "crawls", "pages", "collections")
"""Collections whose documents all go in."""


@pytest.fixture(scope="module")
def source(minio: ObjectStore, ferretdb: DocumentStore, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation that has exported the organization."""
    made = fresh(Store(minio.endpoint, minio.access_key, minio.secret_key), ferretdb.uri)
    made.seed(ORGANIZATION)
    spec = {"org": {"slug": ORGANIZATION.slug}, "source": made.place(), "destination": made.location("acme/")}
    metadata = {"name": "first", "namespace": "btrix"}
    resource = {"apiVersion": "orgport.dev/v1alpha1", "kind": "OrgExport", "metadata": metadata, "spec": spec}
    with running(made, resource, tmp_path_factory.mktemp("export")) as process:
        assert process.wait(SECONDS) == 0
    return made


@pytest.fixture
def imports(source: Installation, installation: Installations) -> Imports:
    """A target where another organization lives."""
    target = installation()
    target.seed(RESIDENT, strangers=False)
    return Imports(target, source)


@contextmanager
def running(installation: Installation, resource: dict[str, Any], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`orgport run` in a process of its own."""
    file = folder / "run.yaml"
    file.write_text(yaml.safe_dump_all([*installation.resources("btrix").values(), resource]))
    command = [sys.executable, "-m", "orgport", "run", "-f", str(file)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **python_environment()})
    try:
        yield process
    finally:
        end(process)


@pytest.mark.parametrize("seed", SEEDS)
async def test_an_import_that_is_killed_anywhere_ends_whole_or_leaves_nothing(
    source: Installation, imports: Imports, tmp_path: Path, seed: int
) -> None:
    chance, before = random.Random(seed), contents(imports)
    enough = chance.randrange(1, len(ORGANIZATION.documents["pages"]) + 100)
    run = Steps(imports, imports.resource())
    with running(imports.target, run.resource, tmp_path) as process:
        wait_for_documents(imports.target.mongo, process, enough)
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
    if not is_whole_if_visible(imports.target.mongo) and chance.random() < 0.5:
        await run.do("rollback")
        assert contents(imports) == before
    else:
        succeeded(await imports.run())
        assert_moved(source.snapshot(ORGANIZATION), imports.target.snapshot(ORGANIZATION), OPTIONS)


def contents(imports: Imports) -> dict[str, Any]:
    """All documents but receipts."""
    return {name: found for name, found in imports.target.mongo.contents().items() if found and name != RECEIPTS}


def wait_for_documents(mongo: Mongo, process: subprocess.Popen[bytes], enough: int) -> None:
    """Return when so many documents have come, or the process has ended; what is visible must be whole all along."""
    began, deadline = sum(mongo.counts().values()), time.monotonic() + SECONDS
    while process.poll() is None and sum(mongo.counts().values()) < began + enough:
        is_whole_if_visible(mongo)
        assert time.monotonic() < deadline, f"no {enough} documents in {SECONDS} s"


def is_whole_if_visible(mongo: Mongo) -> bool:
    """Whether the organization is to be seen; fails if something of it is missing then."""
    with mongo.open() as database:
        if database["organizations"].find_one({"_id": ORGANIZATION.id}) is None:
            return False
        there = {name: database[name].count_documents({"oid": ORGANIZATION.id}) for name in STAYING}
    assert there == {name: len(ORGANIZATION.documents[name]) for name in STAYING}
    return True
