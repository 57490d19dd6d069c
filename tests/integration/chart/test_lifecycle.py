"""Installing, upgrading, rolling back and uninstalling, as far as no pod is needed."""

from __future__ import annotations

import json
import shutil
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.access import Cluster
from tests.cluster.settings import REPOSITORY
from tests.cluster_runs.release import CHART, PREVIOUS, helm_in
from tests.integration.chart.releases import DEFINITIONS, owned, released, roll_back, uninstall, upgrade
from tests.unit.api.specs import MINIMAL, resource

pytestmark = pytest.mark.cluster

KEPT = {f"CustomResourceDefinition/{name}" for name in DEFINITIONS}
COLUMN = {"name": "Colour", "type": "string", "jsonPath": ".metadata.labels.colour"}


@pytest.fixture
def namespace() -> str:
    """A name of the test's own: a namespace takes its time to go."""
    return f"chart-{uuid.uuid4().hex[:8]}"


def definition(cluster: Cluster, name: str) -> Any:
    return json.loads(cluster.kubectl("get", "crd", name, "-o", "json"))


def columns(cluster: Cluster) -> list[str]:
    versions = definition(cluster, DEFINITIONS[0])["spec"]["versions"]
    return [column["name"] for column in versions[0]["additionalPrinterColumns"]]


def create_run(cluster: Cluster, namespace: str) -> str:
    """An OrgExport that nobody looks after; its uid."""
    cluster.kubectl("wait", "crd", *DEFINITIONS, "--for=condition=Established", "--timeout=30s")
    cluster.kubectl(
        "-n", namespace, "create", "-f", "-", stdin=json.dumps(resource("OrgExport", MINIMAL["OrgExport"], "kept"))
    )
    return run_uid(cluster, namespace)


def run_uid(cluster: Cluster, namespace: str) -> str:
    uid: str = cluster.get(namespace, "orgexport", "kept")["metadata"]["uid"]
    return uid


def newer(folder: Path) -> Path:
    """The chart as a later version might be: one more column in the definition."""
    chart = folder / "orgport"
    shutil.copytree(CHART, chart)
    file = chart / "files" / "crds" / "orgexports.yaml"
    document = yaml.safe_load(file.read_text())
    document["spec"]["versions"][0]["additionalPrinterColumns"].append(COLUMN)
    file.write_text(yaml.safe_dump(document))
    return chart


def test_an_upgrade_of_the_previous_chart_brings_these_definitions_and_keeps_runs(
    apart: Cluster, namespace: str
) -> None:
    with released(apart, namespace, {}, PREVIOUS):
        uid = create_run(apart, namespace)
        upgrade(apart, namespace, {})
        for name in DEFINITIONS:
            source = yaml.safe_load((REPOSITORY / "crds" / f"{name.partition('.')[0]}.yaml").read_text())
            assert definition(apart, name)["spec"]["versions"] == source["spec"]["versions"]
        assert run_uid(apart, namespace) == uid


def test_a_rollback_brings_back_the_former_definitions_and_keeps_runs(
    apart: Cluster, namespace: str, tmp_path: Path
) -> None:
    with released(apart, namespace, {}):
        uid = create_run(apart, namespace)
        before, made = columns(apart), owned(apart, namespace)
        upgrade(apart, namespace, {"networkPolicy": {"enabled": True}}, newer(tmp_path))
        assert columns(apart) == [*before, "Colour"]
        assert owned(apart, namespace) - made == {"NetworkPolicy/orgport", "NetworkPolicy/orgport-workers"}
        roll_back(apart, namespace)
        assert columns(apart) == before
        assert owned(apart, namespace) == made
        assert run_uid(apart, namespace) == uid


def test_uninstalling_leaves_definitions_and_runs_and_the_same_release_finds_them(
    apart: Cluster, namespace: str
) -> None:
    everything = {"admissionPolicy": {"create": "Always"}, "networkPolicy": {"enabled": True}}
    with released(apart, namespace, everything):
        uid = create_run(apart, namespace)
        before = owned(apart, namespace)
        uninstall(apart, namespace)
        assert owned(apart, namespace) == KEPT
        assert run_uid(apart, namespace) == uid
        with helm_in(apart, namespace) as helm:
            helm.install(CHART, "orgport", everything, namespace=namespace)
        assert owned(apart, namespace) == before
        assert run_uid(apart, namespace) == uid


def test_definitions_that_are_not_kept_go_with_every_run(apart: Cluster, namespace: str) -> None:
    with released(apart, namespace, {"crds": {"keep": False}}):
        create_run(apart, namespace)
        uninstall(apart, namespace)
        apart.kubectl("wait", "crd", *DEFINITIONS, "--for=delete", "--timeout=30s")
        assert owned(apart, namespace) == set()


def test_two_releases_live_side_by_side_when_one_has_the_definitions(apart: Cluster, namespace: str) -> None:
    first, second = namespace, f"{namespace}-too"
    policy = {"admissionPolicy": {"create": "Always"}}
    with released(apart, first, policy), released(apart, second, {**policy, "crds": {"install": False}}):
        before = owned(apart, second)
        assert owned(apart, first) - KEPT >= {"Deployment/orgport", f"ClusterRole/orgport-{first}-view"}
        assert before >= {"Deployment/orgport", f"ClusterRole/orgport-{second}-view"}
        uninstall(apart, first)
        assert owned(apart, second) == before
        assert owned(apart, first) == KEPT


def test_definitions_of_another_release_are_not_taken_over(apart: Cluster, namespace: str) -> None:
    other = f"{namespace}-too"
    refused = pytest.raises(Exception, match="exists and cannot be imported into the current release")
    with released(apart, namespace, {}):
        with helm_in(apart, other) as helm, refused:
            helm.install(CHART, "orgport", {}, namespace=other, create_namespace=True)
        assert owned(apart, other) == set()
        assert owned(apart, namespace) >= KEPT


def test_kubernetes_own_roles_reach_runs(apart: Cluster, namespace: str) -> None:
    with released(apart, namespace, {}):
        for role in ("view", "edit"):
            apart.kubectl("-n", namespace, "create", "rolebinding", role, f"--clusterrole={role}", f"--user={role}er")
        limit = time.monotonic() + 30
        while not may(apart, namespace, "editer", "create"):  # the roles are put together a moment later
            assert time.monotonic() < limit
        assert may(apart, namespace, "viewer", "get")
        assert not may(apart, namespace, "viewer", "create")


def may(cluster: Cluster, namespace: str, user: str, verb: str) -> bool:
    asked = (f"--as={user}", "-n", namespace, "auth", "can-i", verb, "orgexports.orgport.dev")
    return (cluster.attempt(*asked) or "no").strip() == "yes"
