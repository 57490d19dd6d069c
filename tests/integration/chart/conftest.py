"""A cluster without nodes, whose definitions and policies are nobody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from orgport.controller.kube import Kube, load_configuration, open_kube
from tests.cluster.access import Cluster
from tests.integration.chart.control_plane import control_plane


@pytest.fixture(scope="session")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The cluster, as its administrator sees it."""
    with control_plane(tmp_path_factory.mktemp("control-plane")) as cluster:
        yield cluster


@pytest.fixture
async def kube(apart: Cluster) -> AsyncIterator[Kube]:
    """Its API server, as its administrator sees it."""
    async with open_kube(await load_configuration(apart.kubeconfig)) as client:
        yield client
