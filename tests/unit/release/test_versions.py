"""One version for package, chart and image, wherever it is written."""

from __future__ import annotations

import re
import tomllib

import pytest
import yaml

from tests.unit.api.specs import ROOT, examples
from tests.unit.chart.rendering import CHART, container

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
METADATA = yaml.safe_load((CHART / "Chart.yaml").read_text())
IMAGE = f"ghcr.io/orgport/orgport:{VERSION}"
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/**/*.yaml"), CHART / "README.md"]


def test_the_chart_carries_the_version_of_the_package() -> None:
    assert METADATA["version"] == METADATA["appVersion"] == VERSION


def test_the_chart_installs_the_image_of_its_version() -> None:
    assert container()["image"] == IMAGE
    (image,) = yaml.safe_load(METADATA["annotations"]["artifacthub.io/images"])
    assert image["image"] == IMAGE


def test_the_version_is_a_semantic_one() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+(-[0-9a-z.]+)?", VERSION)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_name_no_other_version_of_orgport(page: object) -> None:
    named = re.findall(r"/orgport:v?(\d+\.\d+\.\d+[-0-9a-z.]*)", (ROOT / str(page)).read_text())
    assert set(named) <= {VERSION}


def test_the_chart_shows_the_resources_of_the_examples() -> None:
    shown = yaml.safe_load(METADATA["annotations"]["artifacthub.io/crdsExamples"])
    assert [each["kind"] for each in shown] == ["OrgExport", "OrgImport"]
    assert all(each in examples() for each in shown)


def test_the_chart_describes_the_definitions_that_it_brings() -> None:
    described = yaml.safe_load(METADATA["annotations"]["artifacthub.io/crds"])
    files = [yaml.safe_load(path.read_text()) for path in sorted((CHART / "files" / "crds").iterdir())]
    assert [(each["name"], each["kind"], each["version"]) for each in described] == [
        (file["metadata"]["name"], file["spec"]["names"]["kind"], file["spec"]["versions"][0]["name"]) for file in files
    ]
