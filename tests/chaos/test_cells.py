"""A fault in the middle of a step costs time, and nothing else."""

from __future__ import annotations

import pytest

from tests.chaos.campaign import Campaign
from tests.chaos.cells import CELLS, NAMED, Cell

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize(
    "cell",
    [pytest.param(cell, id=str(cell), marks=() if str(cell) in NAMED else pytest.mark.chaos) for cell in CELLS],
)
def test_a_run_comes_to_what_it_would_have_come_to(campaign: Campaign, cell: Cell) -> None:
    campaign.wait_for(cell)


def test_the_named_cells_exist() -> None:
    assert len(NAMED) == 8
    assert {str(cell) for cell in CELLS} >= NAMED
