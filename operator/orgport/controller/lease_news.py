"""How soon a change of a lease is worth a look: a new stage at once, the rest in bundles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orgport.api.names import ANNOTATION_REPORT
from orgport.controller.raw import text

STAGE_SECONDS = 0.5
PROGRESS_SECONDS = 5.0
STAGE = re.compile(r'"stage":"([A-Za-z]{1,40})"')


@dataclass
class LeaseNews:
    """Remembers the last stage of every lease."""

    _stages: dict[str, str] = field(default_factory=dict)

    def delay(self, lease: Mapping[str, Any]) -> float | None:
        """Seconds until a look; None: nothing was said yet."""
        report = text(lease, "metadata", "annotations", ANNOTATION_REPORT)
        uid = text(lease, "metadata", "uid")
        if not report:
            return None
        found = STAGE.search(report[:4096])
        stage = found[1] if found else ""
        if self._stages.get(uid) == stage:
            return PROGRESS_SECONDS
        self._stages[uid] = stage
        return STAGE_SECONDS

    def forget(self, lease: Mapping[str, Any]) -> float:
        """Drop a lease that is gone; it is to be looked at whether it should be."""
        self._stages.pop(text(lease, "metadata", "uid"), None)
        return STAGE_SECONDS
