from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.worker.import_order import ORDER, passes

NAMES = [section.name for section in ORDER]


def inserted(runs: Sequence[str]) -> list[str]:
    """The sections as they go in: at each reading, those that are wanted, as they come."""
    return [name for wanted in passes(runs) for name in runs if name in wanted]


@pytest.mark.parametrize(
    ("runs", "readings"),
    [
        ([], 0),
        (NAMES, 1),
        (["profiles", "pages"], 1),
        (["collections", "profiles"], 2),
        (list(reversed(NAMES)), len(NAMES)),
        # what was held comes after the collections
        (["profiles", "items", "pages", "collections", "pages", "fileUploads"], 2),
        (["pages", "items", "unheard-of"], 2),
    ],
)
def test_the_json_is_read_as_often_as_its_order_asks_for(runs: list[str], readings: int) -> None:
    assert len(passes(runs)) == readings


@given(st.lists(st.sampled_from(NAMES), max_size=14))
def test_sections_go_in_whole_and_in_the_fixed_order(runs: list[str]) -> None:
    ranks = [NAMES.index(name) for name in inserted(runs)]
    assert ranks == sorted(ranks)
    assert sorted(inserted(runs)) == sorted(runs)
