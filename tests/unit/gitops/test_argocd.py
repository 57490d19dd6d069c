"""What Argo CD makes of a run."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import yaml

from orgport.api.names import GROUP, KINDS
from orgport.api.status import Phase
from tests.unit.api.specs import ROOT
from tests.unit.controller import states
from tests.unit.controller.resources import export_resource
from tests.unit.gitops.argocd import DEGRADED, HEALTHY, PROGRESSING, SCRIPT, SUSPENDED, VERDICTS, health
from tests.unit.gitops.recordings import recorded

ARGOCD = ROOT / "examples" / "gitops" / "argocd"


@pytest.mark.parametrize("name", states.MAKERS)
def test_argo_cd_judges_every_state_by_its_phase(name: str) -> None:
    resource = states.state(name).resource
    phase = resource["status"].get("phase", "Pending")
    assert phase == states.PHASES[name]
    assert health(resource).status == VERDICTS[phase]


@pytest.mark.parametrize("resource", recorded().values(), ids=recorded())
def test_argo_cd_judges_what_a_cluster_had(resource: Any) -> None:
    assert health(resource).status == VERDICTS[resource["status"].get("phase", "Pending")]


def test_every_phase_was_recorded_and_has_a_verdict() -> None:
    phases = {resource["status"].get("phase", "Pending") for resource in recorded().values()}
    assert phases == VERDICTS.keys() == set(get_args(Phase))


def test_the_message_says_how_far_it_is() -> None:
    resource = states.state("copying").resource
    (condition,) = [each for each in resource["status"]["conditions"] if each["type"] == "Succeeded"]
    assert health(resource).message == f"CopyingFiles: {condition['message']}"


def test_the_message_of_a_failure_says_why() -> None:
    assert health(states.state("failed").resource).message.startswith("AccessDenied: ")


@pytest.mark.parametrize("name", ["exported", "failed", "suspended"])
def test_a_changed_spec_is_progress_until_the_operator_has_seen_it(name: str) -> None:
    resource = states.state(name).resource
    resource["metadata"]["generation"] += 1
    assert health(resource).status == PROGRESSING


def test_a_run_without_any_status_is_progress() -> None:
    assert health(export_resource() | {"status": None}).status == PROGRESSING
    assert health({key: value for key, value in export_resource().items() if key != "status"}).status == PROGRESSING


@pytest.mark.parametrize(("name", "verdict"), [("exported", HEALTHY), ("failed", DEGRADED), ("copying", SUSPENDED)])
def test_a_run_that_has_ended_is_not_suspended(name: str, verdict: str) -> None:
    resource = states.state(name).resource
    resource["spec"]["suspend"] = True
    assert health(resource).status == verdict


def test_argo_cds_settings_have_the_script_for_both_kinds() -> None:
    settings = yaml.safe_load((ARGOCD / "argocd-cm.yaml").read_text())["data"]
    assert settings == {f"resource.customizations.health.{GROUP}_{kind}": SCRIPT for kind in KINDS}
