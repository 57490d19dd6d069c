"""Which function does which step. Each is imported when it is wanted: copying files needs no database driver."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Awaitable, Callable
from typing import cast

from orgport.api.failures import Failure, Interrupted
from orgport.api.reasons import Reason
from orgport.api.status import StepName
from orgport.worker.context import Context, StepOutcome
from orgport.worker.inputs import RecordingInputs

Step = Callable[[Context], Awaitable[StepOutcome]]

STEPS: dict[tuple[str, StepName], tuple[str, str, Reason]] = {
    ("OrgExport", "plan"): ("export_plan", "plan_export", Reason.PLANNING),
    ("OrgExport", "files"): ("files", "copy_files", Reason.COPYING_FILES),
    ("OrgExport", "database"): ("export_database", "export_database", Reason.EXPORTING_DATABASE),
    ("OrgImport", "plan"): ("import_plan", "plan_import", Reason.PLANNING),
    ("OrgImport", "files"): ("files", "copy_files", Reason.COPYING_FILES),
    ("OrgImport", "database"): ("import_database", "import_database", Reason.IMPORTING_DATABASE),
    ("OrgImport", "rollback"): ("rollback", "roll_back", Reason.ROLLING_BACK),
}
ROTATED = (Reason.CREDENTIALS_REJECTED, Reason.DATABASE_AUTHENTICATION_FAILED)

logger = logging.getLogger(__name__)


def first_stage(kind: str, step: StepName) -> Reason:
    """The reason that a step's progress begins with."""
    return STEPS[kind, step][2]


def find_step(kind: str, step: StepName) -> Step:
    module, function, _ = STEPS[kind, step]
    return cast(Step, getattr(importlib.import_module(f"orgport.worker.{module}"), function))


async def run_step(context: Context) -> StepOutcome:
    """Do the step of the context's task. Whatever goes wrong comes out as Failure or Interrupted."""
    try:
        step = find_step(context.task.kind, context.task.step)
        return await _with_rotated_keys(step, context)
    except (Failure, Interrupted):
        raise
    except Exception as error:
        logger.exception("a fault of orgport's own")
        # The text of a foreign exception may hold anything; the log, which is filtered, has it.
        raise Failure(Reason.INTERNAL, f"{type(error).__name__} in the {context.task.step} step") from error


async def _with_rotated_keys(step: Step, context: Context) -> StepOutcome:
    try:
        return await step(context)
    except Failure as failure:
        inputs = context.inputs
        if failure.reason in ROTATED and isinstance(inputs, RecordingInputs) and inputs.have_changed():
            logger.warning("the credentials were rotated; the step is tried once more with the new ones")
            return await step(context)
        raise
