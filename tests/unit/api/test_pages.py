"""README and docs are true of the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from orgport.__main__ import parser
from orgport.api.reasons import Reason
from tests.unit.api.specs import ROOT
from tests.unit.api.test_models import MODELS

PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
README = (ROOT / "README.md").read_text()


def manifests(page: Path) -> Iterator[Any]:
    """Every YAML block of a page."""
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL):
        yield from yaml.safe_load_all(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_manifest_of_a_page_is_valid(page: Path) -> None:
    for manifest in manifests(page):
        MODELS[manifest["kind"]].model_validate(manifest["spec"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_shows_both_kinds_as_the_examples_do() -> None:
    for shown, name in zip(manifests(ROOT / "README.md"), ("orgexport", "orgimport"), strict=True):
        assert shown == yaml.safe_load((ROOT / "examples" / f"{name}.yaml").read_text())


def test_the_readmes_export_has_twelve_lines() -> None:
    (block, _) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert len(block.splitlines()) == 12


def test_every_folder_of_the_map_is_there() -> None:
    folders = re.findall(r"^\| `([^`]+)/` \|", README, re.MULTILINE)
    assert folders
    assert all((ROOT / folder).is_dir() for folder in folders)


def test_every_command_of_the_readme_is_one() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"^    make ([a-z-]+)", README, re.MULTILINE)) <= set(targets)
    for line in re.findall(r"^    orgport (.*)", README, re.MULTILINE):
        parser().parse_args(line.split())


def test_reasons_that_pages_name_exist() -> None:
    named = {word for page in PAGES for word in re.findall(r"`(Already[A-Za-z]+)`", page.read_text())}
    assert named <= {str(reason) for reason in Reason}
