"""The operator may be killed at any moment, and so may a worker: the run goes on, and no Job is made twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.cluster_runs.conftest import World
from tests.cluster_runs.runs import is_at, shows
from tests.cluster_runs.sites import Site
from tests.organizations.moved import assert_moved

pytestmark = pytest.mark.cluster

SLOW = {"maxRequestsPerSecond": 25}


def test_an_operator_that_is_killed_in_each_step_of_an_export_makes_each_job_once(world: World) -> None:
    site = world.source
    destination = site.location("restarts/") | {"credentials": {"secretRef": {"name": "restarts"}}}
    run_while_the_operator_dies(
        world, site, "OrgExport", {"org": {"slug": world.organization.slug}, "destination": destination}
    )
    assert jobs_per_step(site, "restarts") == {"plan": 1, "files": 1, "database": 1}


def test_an_operator_that_is_killed_in_each_step_of_an_import_makes_each_job_once(world: World, archive: str) -> None:
    site = world.restarts
    source = {**world.source.location("shared/"), "credentials": {"secretRef": {"name": "restarts"}}, "export": archive}
    run_while_the_operator_dies(world, site, "OrgImport", {"source": source})
    assert jobs_per_step(site, "restarts") == {"plan": 1, "files": 1, "database": 1}
    source_snapshot, target_snapshot = (each.installation.snapshot(world.organization) for each in (world.source, site))
    assert_moved(source_snapshot, target_snapshot)


def run_while_the_operator_dies(world: World, site: Site, kind: str, spec: dict[str, Any]) -> None:
    """Each step is held open by a missing Secret (plan, database) or by a limit (files) while the operator dies."""
    site.runs.apply(kind, "restarts", {**spec, "files": SLOW})
    site.runs.until(kind, "restarts", shows("WaitingForSecret"))
    world.kill_operator()
    site.secret("restarts", AWS_ACCESS_KEY_ID=site.store.access_key, AWS_SECRET_ACCESS_KEY=site.store.secret_key)
    site.runs.until(kind, "restarts", is_at("files"), seconds=240)
    world.kill_operator()
    with site.without_secret("mongo-auth"):
        site.runs.until(kind, "restarts", is_at("database"), seconds=240)
        site.runs.until(kind, "restarts", shows("WaitingForSecret"))
        world.kill_operator()
    site.runs.succeeded(kind, "restarts", seconds=300)


def jobs_per_step(site: Site, name: str) -> dict[str, int]:
    return dict(Counter(job["metadata"]["labels"]["orgport.dev/step"] for job in site.runs.jobs(name)))


def test_an_export_whose_pod_is_deleted_while_it_copies_completes(world: World) -> None:
    site = world.source
    spec = {"org": {"slug": world.organization.slug}, "destination": site.location("deleted/"), "files": SLOW}
    site.runs.apply("OrgExport", "deleted", spec)
    site.runs.until("OrgExport", "deleted", is_copying, seconds=240)
    (pod,) = site.runs.pods("deleted", "files")
    site.kubectl("delete", "pod", pod["metadata"]["name"], "--wait=false")
    status = site.runs.succeeded("OrgExport", "deleted", seconds=300)
    files = next(step for step in status["steps"] if step["name"] == "files")
    assert files.get("failedPods", 0) == 0
    keys = site.installation.exported(f"deleted/{world.organization.id}/")
    assert len(keys) == len(world.organization.objects)


def is_copying(status: dict[str, object]) -> bool:
    progress = status.get("progress")
    return isinstance(progress, dict) and progress.get("objectsDone", 0) > 0
