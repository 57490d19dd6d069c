"""The manifests and policies of examples/ are valid, and say what the pages say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.unit.api.specs import MINIMAL, ROOT

EXAMPLES = ROOT / "examples"
FILES = sorted(EXAMPLES.rglob("*.yaml"))
POLICIES = sorted(EXAMPLES.rglob("*-policy.json"))
KUBERNETES = ("v1", "apps/v1", "batch/v1", "rbac.authorization.k8s.io/v1", "networking.k8s.io/v1")


def documents(path: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


OBJECTS = [
    (f"{path.relative_to(EXAMPLES)} {document['kind']}", document)
    for path in FILES
    for document in documents(path)
    if document.get("apiVersion") in KUBERNETES and document.get("metadata")
]


@pytest.mark.parametrize("document", [each for _, each in OBJECTS], ids=[name for name, _ in OBJECTS])
def test_kubernetes_own_objects_are_valid(document: dict[str, Any]) -> None:
    patch_of_argo = document["metadata"].get("name") == "argocd-cm"
    if not patch_of_argo:
        kubernetes_validate.validate(document, "1.35", strict=True)
    assert document.get("data") or document["kind"] != "ConfigMap"


def test_every_run_finds_the_secret_that_is_shown_beside_it() -> None:
    for folder in (EXAMPLES / "aws", EXAMPLES / "minio", EXAMPLES / "two-clusters"):
        there = {
            document["metadata"]["name"]: document["stringData"].keys()
            for path in folder.glob("*.yaml")
            for document in documents(path)
            if document["kind"] == "Secret"
        }
        for run in (each for path in folder.glob("*.yaml") for each in documents(path) if each["kind"] in MINIMAL):
            place = run["spec"].get("destination") or run["spec"]["source"]
            named = place["credentials"]
            keys = (
                named.get("accessKeyIDKey", "AWS_ACCESS_KEY_ID"),
                named.get("secretAccessKeyKey", "AWS_SECRET_ACCESS_KEY"),
            )
            assert set(keys) <= set(there[named["secretRef"]["name"]])


def permitted(row: str) -> set[str]:
    """The actions that docs/permissions.md lists for a place."""
    text = (ROOT / "docs" / "permissions.md").read_text()
    (line,) = (line for line in text.splitlines() if line.startswith(f"| {row} |"))
    return set(re.findall(r"s3:[A-Za-z]+", line))


@pytest.mark.parametrize(
    ("name", "row"), [("export-policy", "destination of an export"), ("import-policy", "source of an import")]
)
def test_a_policy_allows_what_the_page_lists_and_no_more(name: str, row: str) -> None:
    policy = json.loads((EXAMPLES / "aws" / f"{name}.json").read_text())
    actions = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert {action for action in actions if action.startswith("s3:")} == permitted(row)


def test_the_lifecycle_rule_is_that_of_the_page_and_outlives_a_run() -> None:
    rule = json.loads((EXAMPLES / "aws" / "lifecycle.json").read_text())
    (shown,) = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "operations.md").read_text(), re.DOTALL)
    assert json.loads(shown) == rule
    assert rule["Rules"][0]["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] * 86400 > 604800


def test_every_folder_and_file_is_introduced() -> None:
    text = (EXAMPLES / "README.md").read_text()
    linked = {link.rstrip("/") for link in re.findall(r"\]\(([^)]+)\)", text)}
    assert {path.name for path in EXAMPLES.iterdir() if path.name != "README.md"} == linked


def test_no_example_holds_a_secret_that_could_be_one() -> None:
    for name, document in OBJECTS:
        for value in document.get("stringData", {}).values():
            assert re.fullmatch(r"[A-Z_]+", value), name
