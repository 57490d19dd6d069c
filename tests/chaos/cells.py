"""The cells of the matrix: what befalls a run, and where it is held then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.lanes import Lane
from tests.chaos.places import PLACES, Place
from tests.chaos.pod_faults import (
    delete_pod,
    evict_pod,
    kill_worker,
    reapply,
    rotate_secrets,
    run_worker_out_of_memory,
    suspend_and_resume,
)
from tests.chaos.trial import Trial

Fault = Callable[[Lane, Trial], None]
FAULTS: dict[str, Fault] = {
    "killed": kill_worker,
    "deleted": delete_pod,
    "evicted": evict_pod,
    "out-of-memory": run_worker_out_of_memory,
    "suspended": suspend_and_resume,
    "rotated": rotate_secrets,
    "reapplied": reapply,
}
WHAT = {
    "killed": "worker killed (SIGKILL)",
    "deleted": "pod deleted",
    "evicted": "pod evicted",
    "out-of-memory": "worker out of memory",
    "suspended": "run suspended and resumed",
    "rotated": "keys of the store rotated",
    "reapplied": "resource deleted and applied again",
}


@dataclass(frozen=True)
class Cell:
    """One fault in one place."""

    fault: str
    place: Place

    def __str__(self) -> str:
        return f"{self.fault}-{self.place}"


CELLS = tuple(Cell(fault, place) for fault in FAULTS for place in PLACES)
NAMED = {
    "killed-export-plan",
    "killed-export-files",
    "killed-import-database",
    "deleted-export-database",
    "evicted-import-files",
    "out-of-memory-import-files",
    "suspended-import-plan",
    "reapplied-export-files",
}
"""The cells that every run of the tests includes."""
