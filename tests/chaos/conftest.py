"""Seven installations, an operator that looks after them, and what is tried on its runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue

import pytest

from tests.chaos.campaign import Campaign, Free
from tests.chaos.cells import Cell
from tests.chaos.expected import Undisturbed
from tests.chaos.gate import gates_at
from tests.chaos.lanes import Lane, lane
from tests.chaos.outages import OPERATOR
from tests.chaos.places import PLACES, Place
from tests.chaos.table import write
from tests.cluster.access import Cluster
from tests.cluster.installation import create
from tests.cluster.node import address
from tests.cluster_runs.release import installed
from tests.cluster_runs.sites import Site
from tests.organizations import generate

SOURCE = "chaos-source"


@pytest.fixture(scope="session")
def campaign(cluster: Cluster, operator_image: str, request: pytest.FixtureRequest) -> Iterator[Campaign]:
    """The trials of all collected cells, under way."""
    if not cluster.is_embedded:
        pytest.skip("containers are killed on the node itself, and servers reached through this machine")
    organization = generate(seed=17, objects=120, pages=4000)
    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(len(PLACES)))
        gates = stack.enter_context(gates_at(address()))

        def make(place: Place) -> Lane:
            seeds = [organization] if place.kind == "OrgExport" else []
            return stack.enter_context(lane(cluster, gates, f"chaos-{place}", *seeds))

        cluster.delete_namespace(SOURCE)
        hosted = stack.enter_context(create(cluster, SOURCE, organization))
        undisturbed = Undisturbed(organization, Site(cluster, SOURCE, hosted.contents))
        lanes = dict(zip(PLACES, threads.map(make, PLACES), strict=True))
        cluster.delete_namespace(OPERATOR)
        namespaces = [SOURCE, *(each.site.namespace for each in lanes.values())]
        stack.enter_context(installed(cluster, OPERATOR, operator_image, namespaces))
        undisturbed.make()
        campaign = Campaign(undisturbed, free(lanes), threads)
        campaign.begin(collected(request.session))
        yield campaign
        if os.environ.get("ORGPORT_RECORD"):
            write(campaign.records)


def free(lanes: dict[Place, Lane]) -> Free:
    queues: Free = {"OrgExport": SimpleQueue(), "OrgImport": SimpleQueue()}
    for place, each in lanes.items():
        queues[place.kind].put(each)
    return queues


def collected(session: pytest.Session) -> list[Cell]:
    """The cells whose tests are to run."""
    items = (item for item in session.items if isinstance(item, pytest.Function))
    cells = (item.callspec.params.get("cell") for item in items if hasattr(item, "callspec"))
    return [cell for cell in cells if isinstance(cell, Cell)]
