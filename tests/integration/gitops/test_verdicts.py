"""Argo CD's and Flux's verdict on runs that a real operator has written into a real API server."""

from __future__ import annotations

import os
from typing import Any, get_args

import pytest

from orgport.api.names import KINDS
from orgport.api.status import Phase
from orgport.controller.kube import Kube
from tests.cluster.access import Cluster
from tests.integration.controller.conftest import LEFT_OPEN, running_operator
from tests.integration.controller.puppets import Object
from tests.integration.gitops import flux
from tests.integration.gitops.phases import Phases, outline
from tests.unit.gitops.argocd import VERDICTS, health
from tests.unit.gitops.recordings import record, recorded
from tests.unit.gitops.test_examples import documents

IN_PROGRESS, CURRENT, FAILED = "InProgress", "Current", "Failed"
KSTATUS = {
    "Pending": IN_PROGRESS,
    "Running": IN_PROGRESS,
    "Suspended": IN_PROGRESS,
    "RollingBack": IN_PROGRESS,
    "Succeeded": CURRENT,
    "Failed": FAILED,
}
"""What Flux, and Helm's --wait, are to say, by phase."""
UNDER_WAY = {**KSTATUS, "Running": CURRENT, "Suspended": CURRENT, "RollingBack": CURRENT}
"""What a Kustomization with the expressions of the examples is to say."""


def phase_of(resource: Any) -> str:
    phase: str = resource["status"].get("phase", "Pending")
    return phase


@LEFT_OPEN
@pytest.mark.cluster
async def test_argo_cd_and_flux_judge_every_phase_right(cluster: Cluster, namespace: str, kube: Kube) -> None:
    live = await Phases(kube, namespace).collect(running_operator(cluster, namespace))
    if os.environ.get("ORGPORT_RECORD"):
        record(live)
    phases = [phase_of(resource) for resource in live.values()]
    assert set(phases) == set(get_args(Phase))
    assert [health(resource).status for resource in live.values()] == [VERDICTS[phase] for phase in phases]
    assert flux.verdicts(list(live.values())) == [KSTATUS[phase] for phase in phases]
    assert outlines(live) == outlines(recorded())


def outlines(resources: dict[str, Object]) -> dict[str, Any]:
    return {name: outline(resource) for name, resource in resources.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_flux_can_be_told_to_be_ready_when_runs_are_under_way(kind: str) -> None:
    (kustomization,) = documents("flux/expressions.yaml")
    (found,) = [each for each in kustomization["spec"]["healthCheckExprs"] if each["kind"] == kind]
    expressions = {name: found[name] for name in ("failed", "current")}
    runs = [resource for resource in recorded().values() if resource["kind"] == kind]
    assert flux.verdicts(runs, expressions) == [UNDER_WAY[phase_of(resource)] for resource in runs]


def test_flux_knows_every_field_of_the_examples() -> None:
    manifests = [each for name in ("operator", "move", "expressions") for each in documents(f"flux/{name}.yaml")]
    assert len(manifests) == 6
    assert flux.faults(manifests) == []
    assert flux.faults([{**manifests[0], "spec": {"intervall": "1h"}}]) != []


def test_flux_takes_a_run_that_is_being_deleted_for_neither() -> None:
    run = recorded()["orgexport-succeeded"]
    deleted = {**run, "metadata": {**run["metadata"], "deletionTimestamp": "2026-11-25T00:00:00Z"}}
    assert flux.verdicts([deleted]) == ["Terminating"]
