"""What goes wrong has its reason and a suggestion, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from tests.cluster.browsertrix import MONGO_PASSWORD
from tests.cluster_runs.conftest import World
from tests.cluster_runs.runs import condition, shows

pytestmark = pytest.mark.cluster

RIVAL = UUID("11111111-2222-4333-8444-555555555555")
Change = Callable[[dict[str, Any]], dict[str, Any]]


def unknown_organization(spec: dict[str, Any]) -> dict[str, Any]:
    return spec | {"org": {"slug": "nobody"}}


def missing_bucket(spec: dict[str, Any]) -> dict[str, Any]:
    return spec | {"destination": spec["destination"] | {"bucket": "no-such-bucket"}}


def unreachable_endpoint(spec: dict[str, Any]) -> dict[str, Any]:
    return spec | {"destination": spec["destination"] | {"endpoint": "http://127.0.0.1:9"}}


def wrong_secret_key(spec: dict[str, Any]) -> dict[str, Any]:
    credentials = {"secretRef": {"name": "exports-s3-wrong"}}
    return spec | {"destination": spec["destination"] | {"credentials": credentials}}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(unknown_organization, "OrganizationNotFound", id="unknown-organization"),
        pytest.param(wrong_secret_key, "CredentialsRejected", id="wrong-secret-key"),
        pytest.param(missing_bucket, "BucketNotFound", id="missing-bucket"),
        pytest.param(unreachable_endpoint, "EndpointUnreachable", id="unreachable-endpoint"),
    ],
)
def test_an_export_that_cannot_work_says_why(
    world: World, request: pytest.FixtureRequest, change: Change, reason: str
) -> None:
    source, name = world.source, request.node.callspec.id
    source.secret("exports-s3-wrong", AWS_ACCESS_KEY_ID=source.store.access_key, AWS_SECRET_ACCESS_KEY="wrong-wrong")
    spec = {"org": {"slug": world.organization.slug}, "destination": source.location(f"{name}/"), "backoffLimit": 0}
    source.runs.apply("OrgExport", name, change(spec))
    status = source.runs.ended("OrgExport", name)
    assert (status["phase"], status["failure"]["reason"]) == ("Failed", reason)
    assert status["failure"]["step"] == "plan"
    assert status["failure"]["message"]
    assert status["failure"]["suggestion"]
    assert condition(status, "Succeeded")["reason"] == reason
    assert condition(status, "Stalled")["status"] == "True"
    assert "wrong-wrong" not in str(status)


def test_an_organization_that_is_at_the_target_is_not_touched(world: World, archive: str) -> None:
    before = world.source.installation.snapshot(world.organization)
    spec = {"source": {**world.source.location("shared/"), "export": archive}}
    world.source.runs.apply("OrgImport", "onto-itself", spec)
    status = world.source.runs.ended("OrgImport", "onto-itself")
    assert status["failure"]["reason"] == "OrganizationExists"
    assert status["failure"]["suggestion"]
    assert world.source.installation.snapshot(world.organization) == before


def test_a_reference_to_another_organizations_object_stops_the_import(world: World, foreign_archive: str) -> None:
    faults = world.faults
    before = faults.documents()
    spec = {"source": {**world.source.location("foreign/"), "database": foreign_archive}}
    faults.runs.apply("OrgImport", "foreign", spec)
    status = faults.runs.ended("OrgImport", "foreign")
    assert status["failure"]["reason"] == "ForeignKey"
    assert status["failure"]["keys"]
    assert status["failure"]["suggestion"]
    assert faults.documents() == before
    keys = faults.installation.keys()
    assert all(key.startswith("orgport/imports/") for key in keys), "only the report is there"


def test_a_secret_that_comes_later_is_waited_for(world: World) -> None:
    source = world.source
    destination = source.location("later/") | {"credentials": {"secretRef": {"name": "comes-later"}}}
    source.runs.apply("OrgExport", "later", {"org": {"slug": world.organization.slug}, "destination": destination})
    status = source.runs.until("OrgExport", "later", shows("WaitingForSecret"))
    assert "comes-later" in condition(status, "Succeeded")["message"]
    source.secret(
        "comes-later", AWS_ACCESS_KEY_ID=source.store.access_key, AWS_SECRET_ACCESS_KEY=source.store.secret_key
    )
    source.runs.succeeded("OrgExport", "later", seconds=240)


def test_an_import_that_fails_half_way_is_rolled_back_by_its_own_job(world: World, archive: str) -> None:
    """Another organization gets a page of the same id while the items go in, so that the pages cannot."""
    faults, organization = world.faults, world.organization
    before = faults.documents()
    spec = {"source": {**world.source.location("shared/"), "export": archive}, "backoffLimit": 0}
    faults.runs.apply("OrgImport", "half-way", spec)
    faults.until_document("crawls", {"oid": organization.id})
    rival = dict(organization.documents["pages"][-1], oid=RIVAL, crawl_id="manual-rival")
    faults.installation.mongo.insert({"pages": [rival]})
    status = faults.runs.ended("OrgImport", "half-way", seconds=240)
    assert status["phase"] == "Failed"
    assert status["failure"]["reason"] == "IdentifierCollision"
    assert {step["name"]: step["state"] for step in status["steps"]}["rollback"] == "Succeeded"
    assert any(job["metadata"]["labels"]["orgport.dev/step"] == "rollback" for job in faults.runs.jobs("half-way"))
    assert faults.documents() == {**before, "pages": [rival]}


def test_no_secret_is_in_anything_that_people_read(world: World) -> None:
    """Runs last in this file, over all that the runs of both namespaces have left."""
    texts = [world.source.readable(), world.faults.readable(), world.operator_log()]
    for secret in (world.source.store.secret_key, quote(MONGO_PASSWORD, safe=""), MONGO_PASSWORD, "wrong-wrong"):
        assert not any(secret in text for text in texts)
