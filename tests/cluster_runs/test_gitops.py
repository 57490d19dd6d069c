"""What docs/gitops.md says of hooks, with real archives. Of runs that are made again, test_move.py tells."""

from __future__ import annotations

import pytest

from tests.cluster_runs.conftest import World
from tests.cluster_runs.runs import condition
from tests.integration.gitops.test_claims import hook_name
from tests.unit.gitops.argocd import HEALTHY, health
from tests.unit.gitops.test_examples import documents

pytestmark = pytest.mark.cluster


def test_two_syncs_with_a_hook_make_two_archives_of_one_set_of_objects(world: World) -> None:
    (hook,) = documents("argocd/presync-export.yaml")
    source, names = world.source, []
    for revision in ("a1b2c3d", "e4f5a6b"):
        name = hook_name(hook["metadata"]["generateName"], "presync", revision)
        spec = hook["spec"] | {"org": {"slug": world.organization.slug}, "destination": source.location("hooks/")}
        source.runs.apply("OrgExport", name, spec)
        status = source.runs.succeeded("OrgExport", name)
        assert condition(status, "Succeeded")["reason"] == "Exported"
        assert health(source.runs.read("OrgExport", name)).status == HEALTHY
        source.runs.delete("OrgExport", name)  # as Argo CD does with a hook that has succeeded
        names.append(name)
    assert status["progress"].get("objectsTotal", 0) == 0, "the second copies nothing"
    keys = source.installation.exported("hooks/exports/")
    assert {f"hooks/exports/{name}/manifest.json" for name in names} <= set(keys)
