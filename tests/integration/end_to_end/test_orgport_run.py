"""`orgport run`, as an administrator types it: an organization moves between two installations without Kubernetes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from orgport.api.reasons import Exit
from tests.organizations import Installation, generate
from tests.organizations.moved import assert_moved

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]
ORGANIZATION = generate(seed=3, items=12, pages=120, objects=40)


def orgport_run(
    installation: Installation, folder: Path, *resources: dict[str, Any]
) -> subprocess.CompletedProcess[str]:
    """Run the command with the installation's Secrets in the file."""
    file = folder / "run.yaml"
    file.write_text(yaml.safe_dump_all([*installation.resources().values(), *resources]))
    command = [sys.executable, "-m", "orgport", "run", "-f", str(file)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "operator")}
    return subprocess.run(command, env=environment, text=True, capture_output=True, timeout=120, check=False)


def resource(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "orgport.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def export_of(installation: Installation, **changes: Any) -> dict[str, Any]:
    spec = {
        "org": {"slug": ORGANIZATION.slug},
        "source": installation.place(),
        "destination": installation.location("backups/"),
    }
    return resource("OrgExport", "weekly", spec | changes)


def test_an_organization_moves_and_the_status_says_so(
    installation: Callable[..., Installation], tmp_path: Path
) -> None:
    source, target = installation(), installation()
    source.seed(ORGANIZATION)
    exported = orgport_run(source, tmp_path, export_of(source))
    assert exported.returncode == 0, exported.stderr
    status = yaml.safe_load(exported.stdout)["status"]
    assert (status["phase"], status["conditions"][0]["reason"]) == ("Succeeded", "Exported")
    assert status["result"]["objects"] >= 40
    spec = {"source": {**source.location("backups/"), "export": "weekly"}, "target": target.place()}
    imported = orgport_run(target, tmp_path, resource("OrgImport", "weekly", spec))
    assert imported.returncode == 0, imported.stderr
    assert yaml.safe_load(imported.stdout)["status"]["result"]["organizationID"] == str(ORGANIZATION.id)
    assert_moved(source.snapshot(ORGANIZATION), target.snapshot(ORGANIZATION))


def test_progress_is_shown_as_lines_where_there_is_no_terminal(
    installation: Callable[..., Installation], tmp_path: Path
) -> None:
    source = installation()
    source.seed(ORGANIZATION)
    ended = orgport_run(source, tmp_path, export_of(source))
    assert "plan: Planning" in ended.stderr
    assert source.store.secret_key not in ended.stdout + ended.stderr


def test_a_failure_ends_with_its_exit_code_and_its_reason(
    installation: Callable[..., Installation], tmp_path: Path
) -> None:
    ended = orgport_run(installation(), tmp_path, export_of(installation(), org={"slug": "nobody"}))
    assert ended.returncode == Exit.NO_INPUT
    status = yaml.safe_load(ended.stdout)["status"]
    assert (status["phase"], status["failure"]["reason"]) == ("Failed", "OrganizationNotFound")
    assert status["failure"]["suggestion"]


def test_a_secret_that_is_not_in_the_file_is_named(installation: Callable[..., Installation], tmp_path: Path) -> None:
    made = installation()
    credentials = {"secretRef": {"name": "elsewhere"}}
    destination = made.location("backups/") | {"credentials": credentials}
    ended = orgport_run(made, tmp_path, export_of(made, destination=destination))
    assert ended.returncode == Exit.USAGE
    assert "Secret elsewhere is missing" in ended.stdout


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "orgport", "run", "-f", str(tmp_path / "absent.yaml")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "operator")}
    ended = subprocess.run(command, env=environment, text=True, capture_output=True, timeout=60, check=False)
    assert ended.returncode == Exit.NO_INPUT
    assert "absent.yaml" in ended.stderr
