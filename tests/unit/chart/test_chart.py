"""What the chart renders, and which values it refuses."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

import kubernetes_validate
import pytest
import yaml
from helm_python import Chart, lint

from orgport.controller.settings import ControllerSettings
from tests.unit.api.specs import ROOT

CHART = str(ROOT / "charts" / "orgport")
DIGEST = "sha256:" + "0" * 64
Values = dict[str, Any]


def rendered(values: Values | None = None, name: str = "orgport") -> dict[str, list[Any]]:
    """The documents of every template."""
    return _rendered(json.dumps(values or {}), name)


@cache
def _rendered(values: str, name: str) -> dict[str, list[Any]]:
    with Chart.load(CHART) as chart:
        texts = chart.render(values=json.loads(values), name=name, namespace="operators")
    templates = {path.rsplit("/", 1)[-1]: text for path, text in texts.items() if path.endswith(".yaml")}
    return {path: [document for document in yaml.safe_load_all(text) if document] for path, text in templates.items()}


def objects(values: Values | None = None) -> list[Any]:
    return [document for documents in rendered(values).values() for document in documents]


def deployment(values: Values | None = None) -> Any:
    (document,) = rendered(values)["deployment.yaml"]
    return document


def container(values: Values | None = None) -> Any:
    (found,) = deployment(values)["spec"]["template"]["spec"]["containers"]
    return found


def environment(values: Values | None = None) -> dict[str, str]:
    return {variable["name"]: variable.get("value") for variable in container(values)["env"]}


def granted(role: Any) -> Iterator[tuple[str, str]]:
    """Every (resource, verb) of a role."""
    for rule in role["rules"]:
        yield from ((resource, verb) for resource in rule["resources"] for verb in rule["verbs"])


EVERYTHING: Values = {
    "image": {"repository": "registry.example.org/orgport", "tag": "1", "pullPolicy": "Always"},
    "imagePullSecrets": [{"name": "registry"}],
    "watchNamespaces": ["one", "two"],
    "crds": {"annotations": {"a": "b"}},
    "serviceAccount": {"annotations": {"a": "b"}},
    "nodeSelector": {"a": "b"},
    "tolerations": [{"operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "priorityClassName": "high",
    "podLabels": {"a": "b"},
    "podAnnotations": {"a": "b"},
    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
}


@pytest.mark.parametrize(
    "values", [{}, EVERYTHING, {"clusterWide": True}], ids=["defaults", "everything", "cluster-wide"]
)
def test_everything_rendered_is_valid(values: Values) -> None:
    for document in objects(values):
        kubernetes_validate.validate(document, "1.35", strict=True)


def test_helm_finds_nothing_worse_than_a_missing_icon() -> None:
    result = lint(CHART, strict=True)
    assert result["errors"] == []
    assert [message["error"] for message in result["messages"]] == ["icon is recommended"]


def test_one_operator_runs_at_a_time() -> None:
    assert deployment()["spec"]["replicas"] == 1
    assert deployment()["spec"]["strategy"] == {"type": "Recreate"}


def test_the_pod_meets_the_restricted_standard() -> None:
    pod = deployment()["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_operator_is_told_what_to_watch_and_what_to_run() -> None:
    assert container()["args"] == ["controller"]
    assert environment({"watchNamespaces": ["one", "operators", "two"]}) == {
        "ORGPORT_NAMESPACES": "operators,one,two",
        "ORGPORT_WORKER_IMAGE": container()["image"],
        "ORGPORT_IMAGE_PULL_POLICY": "IfNotPresent",
        "ORGPORT_LIVENESS_PORT": "8080",
        "ORGPORT_LOG_FORMAT": "text",
    }


def test_the_operator_understands_what_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment({"watchNamespaces": ["one"], "livenessPort": 9000, "logFormat": "json"}).items():
        assert name.removeprefix("ORGPORT_").lower() in ControllerSettings.model_fields
        monkeypatch.setenv(name, value)
    settings = ControllerSettings()
    assert (settings.namespaces, settings.liveness_port, settings.log_format) == (("operators", "one"), 9000, "json")
    assert settings.worker_image == container()["image"]


def test_no_namespace_means_all() -> None:
    assert environment({"clusterWide": True})["ORGPORT_NAMESPACES"] == ""


def test_the_probe_asks_where_the_operator_answers() -> None:
    probe = container({"livenessPort": 9000})["livenessProbe"]["httpGet"]
    (port,) = container({"livenessPort": 9000})["ports"]
    assert (probe["path"], probe["port"], port["containerPort"]) == ("/healthz", port["name"], 9000)
    assert environment({"livenessPort": 9000})["ORGPORT_LIVENESS_PORT"] == "9000"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({}, "ghcr.io/orgport/orgport:0.1.0"),
        ({"tag": "edge"}, "ghcr.io/orgport/orgport:edge"),
        ({"tag": "edge", "digest": DIGEST}, f"ghcr.io/orgport/orgport@{DIGEST}"),
    ],
)
def test_operator_and_workers_run_the_same_image(image: Values, expected: str) -> None:
    assert container({"image": image})["image"] == expected
    assert environment({"image": image})["ORGPORT_WORKER_IMAGE"] == expected


def test_every_watched_namespace_gets_a_role_and_no_other_one() -> None:
    documents = rendered({"watchNamespaces": ["one", "two"]})["rbac.yaml"]
    bound = [(document["kind"], document["metadata"]["namespace"]) for document in documents]
    assert bound == [(kind, name) for name in ("operators", "one", "two") for kind in ("Role", "RoleBinding")]
    subjects = [document["subjects"][0] for document in documents if "subjects" in document]
    assert all(subject["namespace"] == "operators" for subject in subjects)


def test_cluster_wide_is_a_role_of_its_own() -> None:
    assert [document["kind"] for document in rendered({"clusterWide": True})["rbac.yaml"]] == [
        "ClusterRole",
        "ClusterRoleBinding",
    ]
    cluster_role, role = (rendered(values)["rbac.yaml"][0] for values in ({"clusterWide": True}, {}))
    assert cluster_role["rules"] == role["rules"]


def test_the_operator_may_do_this_and_no_more() -> None:
    role = rendered()["rbac.yaml"][0]
    kinds = ("orgexports", "orgimports")
    expected = {(kind, verb) for kind in kinds for verb in ("get", "list", "watch", "patch")}
    expected |= {(f"{kind}/status", "patch") for kind in kinds} | {(f"{kind}/finalizers", "update") for kind in kinds}
    expected |= {("jobs", verb) for verb in ("get", "list", "watch", "create", "patch", "delete")}
    expected |= {("pods", verb) for verb in ("list", "watch", "delete")}
    expected |= {("events", verb) for verb in ("create", "list")}
    expected |= {(name, verb) for name in ("serviceaccounts", "roles", "rolebindings") for verb in ("get", "create")}
    expected |= {("leases", verb) for verb in ("get", "list", "watch", "create", "update", "patch")}
    assert set(granted(role)) == expected


def test_the_definitions_are_those_of_the_repository() -> None:
    (exports, imports) = rendered()["crds.yaml"]
    for document, name in ((exports, "orgexports"), (imports, "orgimports")):
        source = yaml.safe_load((ROOT / "crds" / f"{name}.yaml").read_text())
        assert document["spec"] == source["spec"]
        assert document["metadata"]["name"] == source["metadata"]["name"]


def test_the_definitions_stay_when_the_release_goes() -> None:
    kept = {"helm.sh/resource-policy": "keep"}
    assert all(document["metadata"]["annotations"] == kept for document in rendered()["crds.yaml"])
    assert all(
        "annotations" not in document["metadata"] for document in rendered({"crds": {"keep": False}})["crds.yaml"]
    )


def test_the_definitions_can_be_left_out() -> None:
    assert rendered({"crds": {"install": False}})["crds.yaml"] == []


def test_an_account_of_the_users_own_is_used() -> None:
    documents = rendered({"serviceAccount": {"create": False, "name": "mine"}})
    assert documents["serviceaccount.yaml"] == []
    assert documents["deployment.yaml"][0]["spec"]["template"]["spec"]["serviceAccountName"] == "mine"
    assert documents["rbac.yaml"][1]["subjects"][0]["name"] == "mine"


def test_roles_can_be_left_to_the_administrator() -> None:
    assert rendered({"rbac": {"create": False}})["rbac.yaml"] == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"watchNamspaces": ["one"]}, "watchNamspaces"),
        ({"image": {"name": "x"}}, "name"),
        ({"image": {"pullPolicy": "Sometimes"}}, "pullPolicy"),
        ({"image": {"digest": "0" * 64}}, "digest"),
        ({"watchNamespaces": "one"}, "watchNamespaces"),
        ({"watchNamespaces": ["One"]}, "watchNamespaces"),
        ({"clusterWide": "yes"}, "clusterWide"),
        ({"livenessPort": 80}, "livenessPort"),
        ({"clusterWide": True, "watchNamespaces": ["one"]}, "leave watchNamespaces empty"),
        ({"serviceAccount": {"create": False}}, r"serviceAccount\.name is needed"),
    ],
)
def test_bad_values_are_refused(values: Values, message: str) -> None:
    with pytest.raises(Exception, match=message):
        rendered(values)


def test_the_schema_knows_every_value_and_no_other() -> None:
    values = yaml.safe_load((ROOT / "charts/orgport/values.yaml").read_text())
    schema = yaml.safe_load((ROOT / "charts/orgport/values.schema.json").read_text())
    assert values.keys() | {"global"} == schema["properties"].keys()


def test_the_chart_carries_the_version_of_the_package() -> None:
    chart = yaml.safe_load((ROOT / "charts/orgport/Chart.yaml").read_text())
    package = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert chart["version"] == chart["appVersion"] == package["version"]


def test_a_long_release_name_still_makes_names() -> None:
    (document,) = rendered(name="r" * 53)["deployment.yaml"]
    assert len(document["metadata"]["name"]) <= 63
