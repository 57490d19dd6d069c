"""An organization moves between two installations on a real cluster."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from tests.cluster_runs.conftest import World
from tests.cluster_runs.runs import Resource, condition, has_ended
from tests.organizations.moved import assert_moved

pytestmark = pytest.mark.cluster

COUNTERS = ("percent", "objectsDone", "bytesDone", "documentsDone", "objectsTotal", "bytesTotal")


@pytest.fixture(scope="module")
def moved(world: World) -> dict[str, list[Resource]]:
    """Every status seen of an export and of the import of it; both with Jobs that go at once."""
    source, target = world.source, world.target
    spec = {"org": {"slug": world.organization.slug}, "destination": source.location("move/"), **brief()}
    source.runs.apply("OrgExport", "move", spec)
    exported = source.runs.follow("OrgExport", "move", has_ended)
    assert exported[-1]["phase"] == "Succeeded", json.dumps(exported[-1], indent=1)
    target.runs.apply("OrgImport", "move", {"source": {**source.location("move/"), "export": "move"}, **brief()})
    imported = target.runs.follow("OrgImport", "move", has_ended)
    assert imported[-1]["phase"] == "Succeeded", json.dumps(imported[-1], indent=1)
    return {"OrgExport": exported, "OrgImport": imported}


def brief() -> dict[str, object]:
    return {"ttlSecondsAfterSuccess": 3}


def test_every_document_and_every_object_arrive_and_nothing_of_others_does(
    world: World, moved: dict[str, list[Resource]]
) -> None:
    source, target = (site.installation.snapshot(world.organization) for site in (world.source, world.target))
    assert sum(len(objects) for objects in source.objects.values()) >= 200
    assert len(source.documents["pages"]) == 5000
    assert_moved(source, target)
    neighbour = world.organization.neighbour
    assert neighbour is not None
    others = set(world.target.installation.keys()) - set(target.objects["default"])
    assert all(key.startswith("orgport/imports/") for key in others), "other objects leaked"
    assert not any(world.target.installation.snapshot(neighbour).counts().values()), "other documents leaked"


@pytest.mark.parametrize("kind", ["OrgExport", "OrgImport"])
def test_kubectl_wait_returns(world: World, moved: dict[str, list[Resource]], kind: str) -> None:
    site = world.source if kind == "OrgExport" else world.target
    site.kubectl("wait", f"{kind.lower()}/move", "--for=condition=Succeeded", "--timeout=5s")


@pytest.mark.parametrize("kind", ["OrgExport", "OrgImport"])
def test_percent_and_counters_rise_and_never_fall(moved: dict[str, list[Resource]], kind: str) -> None:
    progress = [status["progress"] for status in moved[kind] if "progress" in status]
    for earlier, later in pairwise(progress):
        assert all(earlier.get(name, 0) <= later.get(name, 0) for name in COUNTERS), (earlier, later)
    assert progress[0]["percent"] < progress[-1]["percent"] == 100


def test_the_result_of_the_export_can_be_opened(world: World, moved: dict[str, list[Resource]]) -> None:
    result = moved["OrgExport"][-1]["result"]
    installation = world.source.installation
    for name in ("database", "manifest", "report"):
        assert installation.store.read(*split_url(result[name]))
    manifest = installation.store.read(*split_url(result["manifest"]))
    assert json.loads(manifest)["org"]["slug"] == world.organization.slug
    bucket, prefix = split_url(result["location"])
    assert installation.store.keys(bucket, f"{prefix}{world.organization.id}/")


def test_the_result_of_the_import_can_be_opened(world: World, moved: dict[str, list[Resource]]) -> None:
    result = moved["OrgImport"][-1]["result"]
    assert result["organizationID"] == str(world.organization.id)
    assert json.loads(world.target.installation.store.read(*split_url(result["report"])))


def split_url(url: str) -> tuple[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key


@pytest.mark.parametrize("kind", ["OrgExport", "OrgImport"])
def test_nothing_is_left_but_the_resource(world: World, moved: dict[str, list[Resource]], kind: str) -> None:
    site = world.source if kind == "OrgExport" else world.target
    assert "finalizers" not in site.runs.read(kind, "move")["metadata"]
    for what in ("jobs", "pods"):
        site.runs.until_gone(what, "orgport.dev/name=move")


@pytest.mark.parametrize("kind", ["OrgExport", "OrgImport"])
def test_the_status_is_settled_in_the_end(moved: dict[str, list[Resource]], kind: str) -> None:
    status = moved[kind][-1]
    assert status["observedGeneration"] == condition(status, "Succeeded")["observedGeneration"]
    assert condition(status, "Reconciling").get("status", "False") == "False"
    assert condition(status, "Stalled").get("status", "False") == "False"


def test_an_export_under_another_name_copies_no_object(world: World, moved: dict[str, list[Resource]]) -> None:
    source = world.source
    before = source.installation.exported("move/" + str(world.organization.id))
    spec = {"org": {"slug": world.organization.slug}, "destination": source.location("move/")}
    source.runs.apply("OrgExport", "move-again", spec)
    status = source.runs.succeeded("OrgExport", "move-again")
    assert status["progress"].get("objectsTotal", 0) == 0
    assert status["progress"]["objectsPresent"] >= 200
    assert source.installation.exported("move/" + str(world.organization.id)) == before


def test_the_same_manifests_applied_again_write_nothing(world: World, moved: dict[str, list[Resource]]) -> None:
    source, target = world.source, world.target
    before = (source.everything(), target.everything())
    for site, kind, reason in ((source, "OrgExport", "AlreadyExported"), (target, "OrgImport", "AlreadyImported")):
        spec = site.runs.read(kind, "move")["spec"]
        site.runs.delete(kind, "move")
        site.runs.apply(kind, "move", spec)
        status = site.runs.succeeded(kind, "move")
        assert condition(status, "Succeeded")["reason"] == reason
        assert status["result"]
    assert (source.everything(), target.everything()) == before
