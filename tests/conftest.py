"""Fixtures of all tests: the servers of this machine, and the cluster."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests import servers
from tests.cluster import lifecycle
from tests.cluster.access import Cluster
from tests.cluster.operator_image import image_for

settings.register_profile("same", derandomize=True)
settings.register_profile("new", print_blob=True)
settings.load_profile("same")  # a change is tested by what the one before was; `make soak` looks for what is new

SHARING = ("tests/cluster_runs/", "tests/chaos/")


def scope_of(nodeid: str) -> str:
    """Tests that share an operator and its namespaces are done by one worker. Any worker does any other."""
    return next((room for room in SHARING if nodeid.startswith(room)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    scheduling = LoadScopeScheduling(config, log)
    scheduling._split_scope = scope_of
    return scheduling


@pytest.fixture(scope="session")
def minio() -> Iterator[servers.ObjectStore]:
    """A MinIO process; every test makes buckets of its own. Gigabytes may lie in it: nothing is kept."""
    with tempfile.TemporaryDirectory(prefix="orgport-minio-") as folder, servers.minio(Path(folder)) as store:
        yield store


@pytest.fixture(scope="session")
def ferretdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.DocumentStore]:
    """A FerretDB process; every test uses a database of its own."""
    with servers.ferretdb(tmp_path_factory.mktemp("ferretdb")) as store:
        yield store


@pytest.fixture(scope="session")
def moto_server() -> Iterator[servers.ObjectStore]:
    """moto's S3 server, for what MinIO does not do as S3 does; every test makes buckets of its own."""
    with servers.moto() as store:
        yield store


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The embedded cluster, brought up unless it runs, or KUBECONFIG's with ORGPORT_CLUSTER=external."""
    return lifecycle.connect()


@pytest.fixture(scope="session")
def operator_image(cluster: Cluster) -> str:
    """The reference of the operator's image, built from this source; ORGPORT_IMAGE's in an external cluster."""
    return image_for(cluster)
