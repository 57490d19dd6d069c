"""The manifests of examples/gitops, as far as they can be judged without the tools they are for."""

from __future__ import annotations

from typing import Any

import yaml

from orgport.api.names import KINDS
from tests.unit.api.specs import ROOT
from tests.unit.chart.rendering import CHART, rendered

FOLDER = ROOT / "examples" / "gitops"
PAGE = (ROOT / "docs" / "gitops.md").read_text()
VERSION = yaml.safe_load((CHART / "Chart.yaml").read_text())["version"]


def documents(path: str) -> list[Any]:
    return list(yaml.safe_load_all((FOLDER / path).read_text()))


def test_the_page_shows_every_example() -> None:
    files = [path for path in FOLDER.rglob("*.*") if "runs" not in path.parts]
    assert files
    assert [path.name for path in files if f"(../examples/gitops/{path.relative_to(FOLDER)})" not in PAGE] == []


def test_argo_cd_installs_this_chart_with_values_that_it_takes() -> None:
    (application,) = documents("argocd/operator.yaml")
    source = application["spec"]["source"]
    assert (source["chart"], source["targetRevision"]) == ("orgport", VERSION)
    for document in rendered(source["helm"]["valuesObject"])["crds.yaml"]:
        annotations = document["metadata"]["annotations"]
        assert annotations["helm.sh/resource-policy"] == "keep"
        assert annotations["argocd.argoproj.io/sync-options"] == "Prune=false,Delete=false,ServerSideApply=true"


def test_flux_installs_this_chart_with_values_that_it_takes() -> None:
    repository, release = documents("flux/operator.yaml")
    assert repository["spec"]["ref"]["semver"] == ".".join([*VERSION.split(".")[:2], "x"])
    assert release["spec"]["chartRef"] == {"kind": repository["kind"], "name": repository["metadata"]["name"]}
    assert rendered(release["spec"]["values"])["deployment.yaml"]


def test_a_hook_makes_a_new_run_at_each_sync() -> None:
    (hook,) = documents("argocd/presync-export.yaml")
    assert "name" not in hook["metadata"]
    assert hook["metadata"]["annotations"]["argocd.argoproj.io/hook"] == "PreSync"
    assert len(hook["metadata"]["generateName"]) <= 12


def test_the_import_of_a_move_waits_for_its_export() -> None:
    exports, imports, after = documents("flux/move.yaml")
    assert [each["name"] for each in imports["spec"]["dependsOn"]] == [exports["metadata"]["name"]]
    assert [each["name"] for each in after["spec"]["dependsOn"]] == [imports["metadata"]["name"]]
    assert exports["spec"]["wait"]
    assert imports["spec"]["wait"]


def test_a_kustomization_waits_as_long_as_its_run_may_take() -> None:
    for kustomization, name in zip(documents("flux/move.yaml"), ("acme-export", "acme-import"), strict=False):
        (run,) = documents(f"flux/runs/{name}.yaml")
        hours = int(kustomization["spec"]["timeout"].removesuffix("h"))
        assert kustomization["spec"]["path"] == f"./runs/{name}"
        assert hours * 3600 >= run["spec"]["activeDeadlineSeconds"]


def test_the_import_of_a_move_reads_what_its_export_writes() -> None:
    (exported,) = documents("flux/runs/acme-export.yaml")
    (imported,) = documents("flux/runs/acme-import.yaml")
    source = imported["spec"]["source"]
    assert source.pop("export") == exported["metadata"]["name"]
    assert source == exported["spec"]["destination"]


def test_expressions_are_for_both_kinds() -> None:
    (kustomization,) = documents("flux/expressions.yaml")
    assert [each["kind"] for each in kustomization["spec"]["healthCheckExprs"]] == list(KINDS)
