"""What a step is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from orgport.api.reasons import Reason
from orgport.api.report import Counters, PlanSummary
from orgport.api.status import ExportResult, ImportResult
from orgport.api.task import Task


class Inputs(Protocol):
    """The Secrets and ConfigMaps that a step may read; {} for one that is not there (yet)."""

    def secret(self, name: str) -> Mapping[str, str]: ...

    def config_map(self, name: str) -> Mapping[str, str]: ...


class Fence(Protocol):
    """Whether this process may still write."""

    async def may_write(self) -> None:
        """Return when writing is allowed; wait while that is unknown; raise Interrupted when it is no longer."""


class OpenFence:
    """The fence of a run without Kubernetes."""

    async def may_write(self) -> None:
        return


@dataclass
class Progress:
    """How far the step is. The step alone writes it; whoever reports reads it."""

    stage: Reason
    message: str = ""
    objects_done: int = 0
    objects_total: int = 0
    objects_present: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    documents_done: int = 0
    documents_total: int = 0

    def counters(self) -> Counters:
        return Counters(
            objects_done=self.objects_done,
            objects_total=self.objects_total,
            objects_present=self.objects_present,
            bytes_done=self.bytes_done,
            bytes_total=self.bytes_total,
            documents_done=self.documents_done,
            documents_total=self.documents_total,
        )


@dataclass(frozen=True)
class StepOutcome:
    """How a step that succeeded ended. `stage` is a reason of success (Exported, ...) when the run ends with it."""

    stage: Reason
    message: str = ""
    plan: PlanSummary | None = None
    export_result: ExportResult | None = None
    import_result: ImportResult | None = None


@dataclass(frozen=True)
class Context:
    """A step's surroundings; time and the outside world come from here."""

    task: Task
    inputs: Inputs
    progress: Progress
    fence: Fence = field(default_factory=OpenFence)
    index: int = 0
    waits_for_inputs: bool = True
    """Whether a missing Secret is waited for (in a cluster) or a failure (in a terminal)."""
    alone: bool = True
    """No other process can be at this run: in a cluster its leases see to it."""
    cluster: str = ""
    """What tells the run's cluster from others; "": it is in none."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
