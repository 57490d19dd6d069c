"""What a step's progress looks like from outside: reports with a rate, through the outgoing filter."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from orgport.api.failures import Failure, shorten
from orgport.api.report import Report, failure_info
from orgport.api.status import FailureInfo
from orgport.worker.context import Context, StepOutcome
from orgport.worker.redaction import Redactor

RATE_WINDOW_SECONDS = 60.0


@dataclass
class Rate:
    """Bytes per second over the last minute."""

    monotonic: Callable[[], float]
    _samples: deque[tuple[float, int]] = field(default_factory=deque)

    def update(self, total: int) -> int:
        now = self.monotonic()
        self._samples.append((now, total))
        while len(self._samples) > 2 and now - self._samples[0][0] > RATE_WINDOW_SECONDS:
            self._samples.popleft()
        began, first = self._samples[0]
        return max(int((total - first) / (now - began)), 0) if now > began else 0


@dataclass
class Reporter:
    """Makes the reports of one pod, each with a higher sequence."""

    context: Context
    redactor: Redactor
    rate: Rate
    _sequence: int = 0

    def running(self) -> Report:
        """How far the step is now."""
        progress = self.context.progress
        return self._report(progress.message, "Running")

    def succeeded(self, outcome: StepOutcome) -> Report:
        changes = {
            "stage": outcome.stage,
            "plan": outcome.plan,
            "export_result": outcome.export_result,
            "import_result": outcome.import_result,
        }
        return self._report(outcome.message, "Succeeded").model_copy(update=changes)

    def failed(self, failure: Failure) -> Report:
        info = self._filtered(failure_info(failure, self.context.task.step))
        changes = {"failure": info, "final": failure.is_final}
        return self._report(failure.message, "Failed").model_copy(update=changes)

    def interrupted(self) -> Report:
        return self._report("stopped before the end; the next pod goes on", "Interrupted")

    def _report(self, message: str, outcome: Literal["Running", "Succeeded", "Failed", "Interrupted"]) -> Report:
        self._sequence += 1
        progress, task = self.context.progress, self.context.task
        return Report(
            attempt=task.attempt,
            step=task.step,
            index=self.context.index,
            sequence=self._sequence,
            stage=progress.stage,
            message=shorten(self.redactor(message)),
            counters=progress.counters(),
            bytes_per_second=self.rate.update(progress.bytes_done),
            outcome=outcome,
        )

    def _filtered(self, info: FailureInfo) -> FailureInfo:
        changes = {
            "message": self.redactor(info.message),
            "suggestion": self.redactor(info.suggestion),
            "keys": [self.redactor(key) for key in info.keys],
        }
        return info.model_copy(update=changes)
