"""README's way, from nothing to an organization that has moved and an operator that is gone, command by command."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cluster.access import Cluster
from tests.cluster.images import CTR
from tests.cluster.installation import create
from tests.cluster.settings import REPOSITORY
from tests.cluster.shell import run
from tests.cluster_runs.sites import Site
from tests.organizations import generate
from tests.organizations.moved import assert_moved
from tests.unit.docs.pages import blocks

pytestmark = pytest.mark.cluster

OPERATOR, SOURCE, TARGET = "orgport", "browsertrix", "browsertrix-eu"
IMAGE = "registry.example.org/orgport"
ENDPOINT = "https://s3.example.org"
FILES = ("export.yaml", "import.yaml")
DEFINITIONS = ("crd/orgexports.orgport.dev", "crd/orgimports.orgport.dev")
OWNER = ("meta.helm.sh/release-name=orgport", f"meta.helm.sh/release-namespace={OPERATOR}")
ORGANIZATION = generate(seed=31, objects=30, pages=100, slug="acme")
README = (REPOSITORY / "README.md").read_text()
STEPS = [block for block in blocks() if block.marker == "in order"]


@pytest.fixture
def sites(cluster: Cluster) -> Iterator[tuple[Site, Site]]:
    """The two Browsertrixes that README speaks of, in namespaces of these names; gone afterwards."""
    if not cluster.is_embedded:
        pytest.skip("README's namespaces may be somebody's own in KUBECONFIG's cluster")
    namespaces = (OPERATOR, SOURCE, TARGET)
    for namespace in namespaces:
        cluster.delete_namespace(namespace)
    cluster.create_namespace(OPERATOR)
    with ExitStack() as stack:
        hosted = [
            stack.enter_context(create(cluster, SOURCE, ORGANIZATION)),
            stack.enter_context(create(cluster, TARGET)),
        ]
        source, target = (Site(cluster, each.namespace, each.contents) for each in hosted)
        yield source, target
    for namespace in namespaces:
        cluster.delete_namespace(namespace)


@pytest.fixture
def environment(cluster: Cluster, sites: tuple[Site, Site], operator_image: str, tmp_path: Path) -> dict[str, str]:
    """A machine with README's files, kubectl, Helm and orgport, and a cluster that finds its image."""
    run(*CTR, "images", "tag", "--force", operator_image, f"{IMAGE}:0.1.0")
    cluster.apply_definitions()
    # Definitions that came by kubectl are taken over by a release when they say so.
    cluster.kubectl("label", "--overwrite", *DEFINITIONS, "app.kubernetes.io/managed-by=Helm")
    cluster.kubectl("annotate", "--overwrite", *DEFINITIONS, *OWNER)
    for name, text in zip(FILES, re.findall(r"```yaml\n(.*?)```", README, re.DOTALL), strict=True):
        (tmp_path / name).write_text(text.replace(ENDPOINT, f"http://local-minio.{SOURCE}:9000"))
    (tmp_path / "charts").symlink_to(REPOSITORY / "charts")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, command in (("kubectl", cluster.command), ("helm", (sys.executable, "-m", "tests.cluster_runs.helm"))):
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        (programs / name).chmod(0o755)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    home = {"KUBECONFIG": str(cluster.kubeconfig), "PYTHONPATH": f"{REPOSITORY}/operator:{REPOSITORY}"}
    return {**os.environ, **home, "PATH": path}


def test_an_organization_moves_as_readme_says(
    sites: tuple[Site, Site], environment: dict[str, str], tmp_path: Path
) -> None:
    printed = [do(block.text, environment, tmp_path) for block in STEPS]
    _, exported, imported, results, metrics, _ = printed
    assert "condition met" in exported
    assert "100%" in imported
    assert "manifestSHA256" in results
    assert "organizationID" in results
    assert "\norgport_build_info{" in metrics
    source, target = sites
    assert_moved(source.installation.snapshot(ORGANIZATION), target.installation.snapshot(ORGANIZATION))
    assert source.cluster.list(OPERATOR, "deployments") == []


def do(text: str, environment: dict[str, str], folder: Path) -> str:
    """What the commands printed."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder, env=environment, text=True, capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout
