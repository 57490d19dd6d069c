"""What befalls everybody at once costs six runs, each in another step or kind, time, and nothing else."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.chaos.campaign import Campaign
from tests.chaos.outages import OUTAGES
from tests.cluster.access import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.chaos]


@pytest.mark.parametrize("outage", OUTAGES)
def test_six_runs_come_to_what_they_would_have_come_to(campaign: Campaign, cluster: Cluster, outage: str) -> None:
    with campaign.one_in_each_place(outage) as held, ExitStack() as ends:
        for lane, trial in held:
            ends.enter_context(campaign.ending_well(lane, trial, outage))
        OUTAGES[outage](cluster, [lane for lane, _ in held])
