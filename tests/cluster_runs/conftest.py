"""The operator in the cluster, and four installations: one that is full, three that are empty."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.cluster.access import Cluster
from tests.cluster.installation import create
from tests.cluster_runs.release import installed
from tests.cluster_runs.sites import Site, share_credentials
from tests.oracle.sweep import unacceptable
from tests.organizations import Organization, generate
from tests.organizations.model import Object

OPERATOR = "runs-operator"
SOURCE, TARGET, FAULTS, RESTARTS = "runs-source", "runs-target", "runs-faults", "runs-restarts"


@dataclass(frozen=True)
class World:
    """What all tests of runs share."""

    cluster: Cluster
    organization: Organization
    source: Site
    target: Site
    faults: Site
    restarts: Site

    def kill_operator(self) -> None:
        """SIGKILL, as a node's crash would: the pod is gone without a word, and its Deployment makes another."""
        self.cluster.kubectl(
            "-n", OPERATOR, "delete", "pods", "-l", "app.kubernetes.io/name=orgport", "--grace-period=0", "--force"
        )

    def operator_log(self) -> str:
        return self.cluster.kubectl("-n", OPERATOR, "logs", "-l", "app.kubernetes.io/name=orgport", "--tail=-1")


@pytest.fixture(scope="session")
def world(cluster: Cluster, operator_image: str) -> Iterator[World]:
    """Fresh namespaces, a made-up organization in the first, and the operator watching all of them."""
    organization = generate(seed=7, objects=200, pages=5000)
    with ExitStack() as stack:
        sites = {}
        for namespace in (SOURCE, TARGET, FAULTS, RESTARTS):
            cluster.delete_namespace(namespace)
            seeds = [organization] if namespace == SOURCE else []
            hosted = stack.enter_context(create(cluster, namespace, *seeds))
            sites[namespace] = Site(cluster, namespace, hosted.contents)
        share_credentials(*sites.values())
        cluster.delete_namespace(OPERATOR)
        stack.enter_context(installed(cluster, OPERATOR, operator_image, list(sites)))
        yield World(cluster, organization, sites[SOURCE], sites[TARGET], sites[FAULTS], sites[RESTARTS])
        assert not unacceptable(sites[SOURCE].installation)


@pytest.fixture(scope="session")
def archive(world: World) -> str:
    """The name of an archive below "shared/" that several tests import."""
    spec = {"org": {"slug": world.organization.slug}, "destination": world.source.location("shared/")}
    world.source.runs.apply("OrgExport", "shared", spec)
    world.source.runs.succeeded("OrgExport", "shared")
    return "shared"


@pytest.fixture(scope="session")
def foreign_archive(world: World, archive: str) -> str:
    """The key of a bare JSON, below "foreign/", in which one record names an object of another organization."""
    installation, neighbour = world.source.installation, world.organization.neighbour
    assert neighbour is not None
    text = installation.read_exported(f"shared/exports/{archive}/org-export.json")
    document = json.loads(text)
    item = next(each for each in document["data"]["items"] if each.get("files"))
    item["files"][0]["filename"] = next(iter(neighbour.objects))
    body = json.dumps(document).encode()
    installation.store.write(installation.exports, {"foreign/stolen.json": Object(body, "application/json")})
    return "stolen.json"
