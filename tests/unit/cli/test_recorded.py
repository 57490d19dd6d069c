"""What the command line and the metrics make of runs that were recorded from a real API server, in every phase."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from orgport.cli.description import facts
from orgport.cli.prose import as_text
from orgport.cli.reading import Around
from orgport.cli.runs import row_of
from orgport.cli.status import columns
from orgport.controller.metrics import Snapshot, families
from tests.unit.gitops.recordings import recorded

NOW = datetime(2027, 1, 1, tzinfo=UTC)
RECORDED = recorded()


@pytest.mark.parametrize("resource", RECORDED.values(), ids=RECORDED)
def test_a_recorded_run_is_shown_as_it_is(resource: dict[str, Any]) -> None:
    status, row = resource["status"], row_of(resource, NOW)
    phase = status.get("phase", "Pending")
    assert (row.phase, row.has_ended) == (phase, "completionTime" in status)
    line = columns([row], True).splitlines()[1]
    assert line.startswith(f"{resource['metadata']['namespace']}   {resource['kind'].lower()}/")
    assert phase in line
    assert status.get("failure", {}).get("reason", "") in line or phase == "RollingBack"


@pytest.mark.parametrize("resource", RECORDED.values(), ids=RECORDED)
def test_a_recorded_run_is_described_with_all_that_its_status_says(resource: dict[str, Any]) -> None:
    status, text = resource["status"], as_text(resource, Around(), NOW)
    told = facts(resource, Around(), NOW)
    assert [step["name"] for step in told["steps"]] == [step["name"] for step in status.get("steps", [])]
    for value in (status.get("result", {}).get("location"), status.get("failure", {}).get("reason")):
        assert (value or "") in text


def test_recorded_runs_have_series_of_their_phases() -> None:
    found = families(Snapshot(list(RECORDED.values())), NOW)
    phases = next(family for family in found if family.name == "orgport_run_phase")
    ones = sorted(sample.labels["phase"] for sample in phases.samples if sample.value)
    assert ones == sorted(resource["status"].get("phase", "Pending") for resource in RECORDED.values())
