"""What the chart renders."""

from __future__ import annotations

import re
from itertools import product

import kubernetes_validate
import pytest
import yaml
from helm_python import lint

from orgport.api.org_export import OrgExportSpec
from orgport.controller.settings import ControllerSettings
from tests.unit.api.specs import ROOT
from tests.unit.chart.rendering import (
    CHART,
    EVERYTHING,
    NAMESPACE,
    WIDE,
    Values,
    container,
    deployment,
    environment,
    notes,
    objects,
    pod,
    rendered,
)

DIGEST = "sha256:" + "0" * 64
OF_OTHERS = {"PodMonitor", "ServiceMonitor", "PrometheusRule"}
"""Kinds of the Prometheus operator, whose schemas are not Kubernetes' own."""
WORKERS = {"namespaces": ["one"], "serviceAccount": {"create": True}}
SWITCHES: dict[str, tuple[Values, ...]] = {
    "scope": ({}, {"watchNamespaces": ["one"]}, {**WIDE, "worker": WORKERS}),
    "policy": tuple({"admissionPolicy": {"create": create}} for create in ("Auto", "Always", "Never")),
    "access": (
        {},
        {"rbac": {"create": False, "userRoles": {"create": False}}},
        {"rbac": {"userRoles": {"aggregate": False}}},
    ),
    "definitions": ({}, {"crds": {"keep": False}}, {"crds": {"install": False}}),
    "network": ({}, {"networkPolicy": EVERYTHING["networkPolicy"]}, {"networkPolicy": {"enabled": True}}),
    "metrics": (
        {"metrics": {"enabled": False}},
        {"metrics": EVERYTHING["metrics"]},
        {"metrics": {"serviceMonitor": {"enabled": True}}},
    ),
}


def matrix() -> list[Values]:
    """Every value of every switch with every value of every other switch, in a few more rows than must be.

    Rows of an orthogonal array: three values for each of six switches, each pair of values in some row.
    """
    rows = []
    for a, b, c in product(range(3), repeat=3):
        row = (a, b, (a + b) % 3, c, (a + c) % 3, (a + b + c) % 3)
        chosen = (choices[index] for choices, index in zip(SWITCHES.values(), row, strict=True))
        rows.append({name: value for values in chosen for name, value in values.items()})
    return rows


def check(values: Values) -> None:
    for document in objects(values):
        if document["kind"] not in OF_OTHERS:
            kubernetes_validate.validate(document, "1.35", strict=True)


@pytest.mark.parametrize("values", [{}, EVERYTHING, WIDE], ids=["defaults", "everything", "cluster-wide"])
def test_everything_rendered_is_valid(values: Values) -> None:
    check(values)


@pytest.mark.parametrize("values", matrix(), ids=range(27))
def test_every_pair_of_switches_renders_valid_objects(values: Values) -> None:
    check(values)


@pytest.mark.parametrize("values", [{}, EVERYTHING, WIDE], ids=["defaults", "everything", "cluster-wide"])
def test_no_object_is_rendered_twice(values: Values) -> None:
    names = [
        (document["kind"], document["metadata"].get("namespace"), document["metadata"]["name"])
        for document in objects(values)
    ]
    assert len(names) == len(set(names))


def test_helm_finds_nothing_worse_than_a_missing_icon() -> None:
    result = lint(str(CHART), strict=True)
    assert result["errors"] == []
    assert [message["error"] for message in result["messages"]] == ["icon is recommended"]


def test_every_object_bears_the_common_marks() -> None:
    for document in objects(EVERYTHING):
        if document["metadata"]["name"] in ("plain", "orgport-tpl"):
            continue
        assert document["metadata"]["labels"]["team"] == "archive"
        assert document["metadata"]["labels"]["app.kubernetes.io/instance"] == "orgport"
        assert document["metadata"]["annotations"]["owner"] == "archive@example.org"


def test_nobodys_labels_replace_the_charts() -> None:
    values = {"commonLabels": {"app.kubernetes.io/name": "x"}, "podLabels": {"app.kubernetes.io/instance": "x"}}
    template = deployment(values)["spec"]["template"]
    selector = deployment(values)["spec"]["selector"]["matchLabels"]
    assert selector == {"app.kubernetes.io/name": "orgport", "app.kubernetes.io/instance": "orgport"}
    assert selector.items() <= template["metadata"]["labels"].items()


def test_one_operator_runs_at_a_time() -> None:
    assert deployment()["spec"]["replicas"] == 1
    assert deployment()["spec"]["strategy"] == {"type": "Recreate"}


def test_the_pod_meets_the_restricted_standard() -> None:
    assert pod()["securityContext"]["runAsNonRoot"] is True
    assert pod()["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_a_cluster_may_assign_the_user_ids() -> None:
    unset: Values = {"podSecurityContext": {"runAsUser": None, "runAsGroup": None, "fsGroup": None}}
    assert pod(unset)["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


def test_the_operator_is_told_what_to_watch_and_what_to_run() -> None:
    assert container()["args"] == ["controller"]
    assert environment({"watchNamespaces": ["one", NAMESPACE, "two"]}) == {
        "ORGPORT_NAMESPACES": f"{NAMESPACE},one,two",
        "ORGPORT_WORKER_IMAGE": container()["image"],
        "ORGPORT_IMAGE_PULL_POLICY": "IfNotPresent",
        "ORGPORT_LIVENESS_PORT": "8080",
        "ORGPORT_METRICS_PORT": "8081",
        "ORGPORT_LOG_FORMAT": "text",
    }


def test_the_operator_understands_what_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "watchNamespaces": ["one"],
        "livenessPort": 9000,
        "logFormat": "json",
        "metrics": {"port": 9001},
    }
    for name, value in environment(values).items():
        assert name.removeprefix("ORGPORT_").lower() in ControllerSettings.model_fields
        monkeypatch.setenv(name, value)
    settings = ControllerSettings()
    assert (settings.namespaces, settings.log_format) == ((NAMESPACE, "one"), "json")
    assert (settings.liveness_port, settings.metrics_port) == (9000, 9001)
    assert settings.worker_image == container()["image"]


def test_no_namespace_means_all() -> None:
    assert environment(WIDE)["ORGPORT_NAMESPACES"] == ""


@pytest.mark.parametrize("probe", ["startupProbe", "livenessProbe"])
def test_the_probes_ask_where_the_operator_answers(probe: str) -> None:
    asked = container({"livenessPort": 9000})[probe]["httpGet"]
    ports = {port["name"]: port["containerPort"] for port in container({"livenessPort": 9000})["ports"]}
    assert (asked["path"], ports[asked["port"]]) == ("/healthz", 9000)
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


def test_volumes_of_the_users_own_are_mounted_beside_the_charts() -> None:
    assert [volume["name"] for volume in pod(EVERYTHING)["volumes"]] == ["tmp", "ca"]
    assert [mount["mountPath"] for mount in container(EVERYTHING)["volumeMounts"]] == ["/tmp", "/etc/ca"]


def test_objects_of_the_users_own_are_a_part_of_the_release() -> None:
    names = [document["metadata"]["name"] for document in rendered(EVERYTHING)["extra.yaml"]]
    assert names == ["plain", "orgport-tpl"]


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


@pytest.mark.parametrize(
    ("values", "says", "does_not_say"),
    [
        ({}, "It watches operators for", "every namespace"),
        (WIDE, "It watches every namespace for", "Nothing holds"),
        ({**WIDE, "admissionPolicy": {"create": "Never"}}, "Nothing holds the operator to its own Jobs", ""),
        ({"rbac": {"userRoles": {"aggregate": False}}}, "grant admin", "roles edit and admin may"),
        ({"crds": {"install": False}}, "are not part of this release", "Uninstalling"),
        ({"crds": {"keep": False}}, "Uninstalling deletes", "Uninstalling leaves"),
        ({"worker": {"serviceAccount": {"create": True, "name": "w"}}}, "spec.worker.serviceAccountName: w", ""),
    ],
)
def test_the_notes_say_what_was_installed(values: Values, says: str, does_not_say: str) -> None:
    assert says in notes(values)
    assert not does_not_say or does_not_say not in notes(values)


def test_the_notes_show_a_valid_export() -> None:
    (block,) = re.findall(r"<<END\n(.*?)  END", notes(), re.DOTALL)
    OrgExportSpec.model_validate(yaml.safe_load(block)["spec"])


@pytest.mark.parametrize("values", [*matrix(), WIDE, EVERYTHING])
def test_a_long_release_name_still_makes_names(values: Values) -> None:
    for documents in rendered(values, name="r" * 53).values():
        for document in documents:
            limit = 63 if document["kind"] in ("Deployment", "Service") else 253
            assert len(document["metadata"]["name"]) <= limit, document["kind"]
