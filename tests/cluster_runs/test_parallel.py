"""Many pods share the objects of a run: each is copied once, by one of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.cluster_runs.conftest import World
from tests.cluster_runs.sites import Site
from tests.organizations import generate

pytestmark = pytest.mark.cluster

OBJECTS, PODS = 20_000, 4
BUCKET = "versions"


def test_four_pods_copy_twenty_thousand_objects_once_each(world: World) -> None:
    site = world.restarts
    # One member: an account that belongs to another organization too would meet the imports into this installation.
    organization = generate(seed=21, items=2, pages=4, objects=4, members=1, slug="many", name="Many", neighbour=False)
    site.installation.seed(organization, strangers=False)
    many = {f"{organization.id}/many/{number:05d}.txt": f"object {number}".encode() for number in range(OBJECTS)}
    site.store.unpack(site.installation.storage("default").bucket, many)
    make_versioned_bucket(site)
    spec = {
        "org": {"slug": "many"},
        "destination": {**site.location("parallel/"), "bucket": BUCKET},
        "files": {"parallelism": PODS},
    }
    site.runs.apply("OrgExport", "parallel", spec)
    status = site.runs.succeeded("OrgExport", "parallel", seconds=400)
    assert status["result"]["objects"] == OBJECTS + len(organization.objects)
    prefix = f"parallel/{organization.id}/"
    written = Counter(version["Key"].removeprefix(prefix) for version in versions(site, prefix))
    assert set(written) == {
        key.removeprefix(f"{organization.id}/") for key in site.installation.keys(prefix=f"{organization.id}/")
    }
    assert set(written.values()) == {1}
    pods = [
        pod["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"]
        for pod in site.runs.pods("parallel", "files")
    ]
    assert sorted(pods) == [str(index) for index in range(PODS)]


def make_versioned_bucket(site: Site) -> None:
    """Where each write of a key stays to be seen."""
    site.store.make_bucket(BUCKET)
    with site.store.client() as client:
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


def versions(site: Site, prefix: str) -> list[dict[str, Any]]:
    with site.store.client() as client:
        pages = client.get_paginator("list_object_versions").paginate(Bucket=BUCKET, Prefix=prefix)
        return [version for page in pages for version in page.get("Versions", [])]
