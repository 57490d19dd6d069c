"""What the demo shows of a status."""

from __future__ import annotations

from typing import Any

import pytest

from tests.demo.watching import line


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ({}, "Pending      0%  waiting for the operator"),
        (
            {"phase": "Running", "conditions": [{"type": "Succeeded", "reason": "Planning", "message": "looks"}]},
            "Running      0%  looks",
        ),
        (
            {"phase": "Running", "progress": {"percent": 42, "summary": "files 42%, 1.2/2.9 TiB"}},
            "Running     42%  files 42%, 1.2/2.9 TiB",
        ),
    ],
)
def test_a_status_is_one_line(status: dict[str, Any], shown: str) -> None:
    assert line(status) == shown
