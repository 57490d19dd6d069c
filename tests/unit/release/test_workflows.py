"""The workflows that test and release, as far as they can be judged without running them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.api.specs import ROOT

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
ACTION = re.compile(r"uses: (?P<action>[^@\s]+)@(?P<version>\S+)(?P<comment>.*)")


def read(name: str) -> Any:
    """A workflow; YAML takes its key `on` for true."""
    return yaml.safe_load((FOLDER / f"{name}.yml").read_text())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_action_is_pinned_by_its_commit(file: Path) -> None:
    used = [match for match in ACTION.finditer(file.read_text())]
    assert used
    for match in used:
        assert re.fullmatch(r"[0-9a-f]{40}", match["version"]), match["action"]
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", match["comment"]), match["action"]


def test_an_action_has_one_commit_everywhere() -> None:
    used = {(match["action"], match["version"]) for file in FILES for match in ACTION.finditer(file.read_text())}
    assert len(used) == len({action for action, _ in used})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_workflow_may_read_and_no_more(file: Path) -> None:
    assert read(file.stem)["permissions"] == {"contents": "read"}


def test_nothing_but_a_release_may_write() -> None:
    assert all("permissions" not in job for job in read("ci")["jobs"].values())
    writing = {name for name, job in read("release")["jobs"].items() if "write" in job.get("permissions", {}).values()}
    assert writing == {"image", "chart", "release"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_step_puts_what_others_write_into_a_script(file: Path) -> None:
    """Expressions come by environment: a branch's name may be a program."""
    for job in read(file.stem)["jobs"].values():
        for step in job.get("steps", []):
            assert "${{" not in step.get("run", ""), step


def test_a_release_has_been_tested_and_is_signed_before_it_is_one() -> None:
    jobs = read("release")["jobs"]
    assert jobs["ci"]["uses"] == "./.github/workflows/ci.yml"
    assert set(jobs["image"]["needs"]) == {"version", "ci"}
    assert "image" in jobs["chart"]["needs"]
    assert set(jobs["release"]["needs"]) == {"version", "image", "chart"}
    for name in ("image", "chart"):
        assert jobs[name]["permissions"]["id-token"] == "write"
        assert any("cosign sign --yes" in step.get("run", "") for step in jobs[name]["steps"])


def test_a_release_has_both_architectures_an_sbom_and_provenance() -> None:
    (build,) = [step["with"] for step in read("release")["jobs"]["image"]["steps"] if step.get("id") == "push"]
    assert build["platforms"] == "linux/amd64,linux/arm64"
    assert build["sbom"] is True
    assert build["provenance"] == "mode=max"
    assert (ROOT / build["file"]).is_file()


def test_the_chart_of_a_release_names_the_image_by_its_digest() -> None:
    """The line that the workflow replaces is there, once."""
    lines = (ROOT / "charts" / "orgport" / "values.yaml").read_text().splitlines()
    assert lines.count('  digest: ""') == 1


def test_flux_expects_the_identity_that_signs() -> None:
    text = (ROOT / "examples" / "gitops" / "flux" / "operator.yaml").read_text()
    (pattern,) = re.findall(r"subject: (\S+)", text)
    assert re.match(pattern, "https://github.com/orgport/orgport/.github/workflows/release.yml@refs/tags/v0.1.0")
    assert not re.match(pattern, "https://github.com/orgport/orgport/.github/workflows/ci.yml@refs/heads/main")
