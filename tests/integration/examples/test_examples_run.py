"""The pairs of examples/ move an organization, each with its own options, between installations of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from orgport.worker.local import LocalRun, parse_resource, run_locally
from tests.integration.conftest import Installations
from tests.integration.export.running import NOW, succeeded
from tests.organizations import Installation, Organization, assert_moved, generate
from tests.unit.api.specs import MINIMAL, ROOT

pytestmark = pytest.mark.integration

FOLDERS = ("aws", "digitalocean", "minio", "two-clusters", "workload-identity")
STORES_OWN = (
    "storageClass",
    "encryption",
    "region",
    "addressingStyle",
    "caBundle",
    "endpoint",
    "bucket",
    "credentials",
)
"""Members of a place that only the store of the example understands."""


def pair(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The export and the import of a folder."""
    found = {
        document["kind"]: document
        for path in sorted(folder.glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())
        if document["kind"] in MINIMAL
    }
    return found["OrgExport"], found["OrgImport"]


async def run(resource: dict[str, Any], place: str, at: Installation, store: Installation) -> LocalRun:
    """Run an example with this machine's store in the place of its own."""
    spec = resource["spec"]
    own = {key: value for key, value in spec[place].items() if key not in STORES_OWN}
    spec[place] = {**store.location(), **own}
    side = "source" if place == "destination" else "target"
    spec[side] = {**spec.get(side, {}), **at.place()}
    return await run_locally(parse_resource(resource), at.inputs(), lambda: NOW)


def organization() -> Organization:
    return generate(seed=5, items=4, pages=30, objects=15)


@pytest.mark.parametrize("folder", FOLDERS)
async def test_a_pair_moves_an_organization(installation: Installations, folder: str) -> None:
    storage = "eu" if folder == "two-clusters" else "default"
    source, target, org = installation(), installation(storage=storage), organization()
    source.seed(org)
    exporting, importing = pair(ROOT / "examples" / folder)
    exporting["spec"]["org"]["slug"] = org.slug
    importing["spec"].pop("storageMapping", None)
    succeeded(await run(exporting, "destination", source, source))
    result = succeeded(await run(importing, "source", target, source))
    assert result["organizationID"] == str(org.id)
    if folder == "two-clusters":
        (arrived,) = target.snapshot(org).documents["organizations"]
        assert (arrived["slug"], arrived["readOnly"]) == ("acme-eu", True)
        assert len(target.snapshot(org).objects["eu"]) == result["objects"]
    else:
        assert_moved(source.snapshot(org), target.snapshot(org))
