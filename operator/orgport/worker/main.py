"""`orgport worker`: do the step that ORGPORT_TASK names, in a pod of its Job, and say how it went."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from orgport.api.failures import Failure, Interrupted
from orgport.api.names import lease_name
from orgport.api.reasons import Exit
from orgport.api.report import TERMINATION_BYTES, Report, fitting
from orgport.api.task import Task
from orgport.stores.lease import cluster_identity, open_lease
from orgport.worker.context import Context, Progress, StepOutcome
from orgport.worker.heartbeat import Heartbeat
from orgport.worker.inputs import FolderInputs, RecordingInputs
from orgport.worker.redaction import RedactingFormatter, Redactor
from orgport.worker.reporting import Rate, Reporter
from orgport.worker.steps import first_stage, run_step

TERMINATION_LOG = Path("/dev/termination-log")
ENDING_SECONDS = 10.0
"""How long the last report may take: a worker ends within its grace period, API server or not."""

logger = logging.getLogger(__name__)


async def work(environ: Mapping[str, str]) -> int:
    """Run the pod's step; returns its exit code."""
    redactor = Redactor()
    _log_through(redactor)
    task = Task.model_validate_json(environ["ORGPORT_TASK"])
    index = int(environ.get("JOB_COMPLETION_INDEX", "0"))
    async with open_lease(task.namespace, lease_name(task.job, index), environ) as client:
        heartbeat = Heartbeat(client, environ["POD_UID"], time.monotonic)
        context = Context(
            task=task,
            inputs=RecordingInputs(FolderInputs(), redactor),
            progress=Progress(first_stage(task.kind, task.step)),
            fence=heartbeat,
            index=index,
            cluster=cluster_identity(),
        )
        reporter = Reporter(context, redactor, Rate(time.monotonic))
        report, code = await _verdict(context, heartbeat, reporter)
        await _say_last(report, heartbeat)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    logger.info("%s: %s (peak memory %d MiB)", report.outcome, report.message, peak)
    return code


async def _verdict(context: Context, heartbeat: Heartbeat, reporter: Reporter) -> tuple[Report, int]:
    try:
        outcome = await _until_told_to_stop(context, heartbeat, reporter)
    except Failure as failure:
        return reporter.failed(failure), failure.exit_code
    except (Interrupted, asyncio.CancelledError):
        return reporter.interrupted(), Exit.INTERRUPTED
    return reporter.succeeded(outcome), 0


async def _until_told_to_stop(context: Context, heartbeat: Heartbeat, reporter: Reporter) -> StepOutcome:
    """The step's outcome; Interrupted at SIGTERM or when the lease is lost, whichever comes first."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    step = asyncio.create_task(_fenced_step(context, heartbeat, reporter))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((step, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
    if not step.done():
        step.cancel()
        await asyncio.wait((step,), timeout=ENDING_SECONDS)
        raise Interrupted("SIGTERM")
    return step.result()


async def _fenced_step(context: Context, heartbeat: Heartbeat, reporter: Reporter) -> StepOutcome:
    await heartbeat.take(context.progress)
    step = asyncio.create_task(run_step(context))
    beat = asyncio.create_task(heartbeat.beat(reporter))
    try:
        await asyncio.wait((step, beat), return_when=asyncio.FIRST_COMPLETED)
        if not step.done():
            raise Interrupted("the lease is lost")
        return step.result()
    finally:
        for task in (step, beat):
            task.cancel()
        await asyncio.gather(step, beat, return_exceptions=True)


async def _say_last(report: Report, heartbeat: Heartbeat) -> None:
    """Say the end twice: the pod may go before the operator has read its message, and the lease may be gone."""
    try:
        TERMINATION_LOG.write_text(fitting(report, TERMINATION_BYTES))
    except OSError as error:
        logger.warning("the termination message cannot be written: %s", error)
    try:
        async with asyncio.timeout(ENDING_SECONDS):
            await heartbeat.say(report, release=True)
    except (TimeoutError, Interrupted):
        logger.warning("the last report cannot be written to the lease")


def _log_through(redactor: Redactor) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter(redactor, "%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def main(environ: Mapping[str, str]) -> int:
    """Run one step; uvloop carries it."""
    import uvloop

    return uvloop.run(work(environ))
