"""What an import leaves in its run's folder for people: report.json, and failures.ndjson with every key."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import orjson

from orgport.api.failures import Failure, shorten
from orgport.api.status import ImportResult
from orgport.archive.layout import JSON_TYPE, LINES_TYPE
from orgport.browsertrix.storages import find
from orgport.worker.context import Context
from orgport.worker.import_conflicts import Conflict
from orgport.worker.import_details import FAILURES, LEFT, REPORT, ImportDetails
from orgport.worker.places import Places
from orgport.worker.plans import remove_run_files

WARNINGS_SHOWN, WARNING_BYTES = 20, 512

logger = logging.getLogger(__name__)


async def write_report(context: Context, places: Places, content: dict[str, Any]) -> str:
    """Write report.json; its URL."""
    key = places.run_prefix + REPORT
    bucket = await places.run()
    body = {"run": f"{context.task.namespace}/{context.task.name}", "uid": context.task.uid, **content}
    await context.fence.may_write()
    await bucket.write(key, orjson.dumps(body, option=orjson.OPT_INDENT_2, default=str), content_type=JSON_TYPE)
    return bucket.url(key)


async def write_failures(context: Context, places: Places, conflicts: Sequence[Conflict]) -> None:
    """Write one line for every key that stands in the way."""
    await context.fence.may_write()
    bucket = await places.run()
    async with bucket.writer(places.run_prefix + FAILURES, content_type=LINES_TYPE) as writer:
        for conflict in conflicts:
            lines = [orjson.dumps({"reason": conflict.reason, "key": key}) + b"\n" for key in conflict.keys]
            await writer.write(b"".join(lines) or orjson.dumps({"reason": conflict.reason}) + b"\n")


async def remove_plan(places: Places) -> None:
    """Delete the plan, its work lists and what else the run needed; report and failures stay.

    Where they cannot be deleted they lie there: the run is not undone for it.
    """
    try:
        await remove_run_files(places, REPORT, FAILURES, LEFT)
    except Failure as failure:
        if not failure.is_final:
            raise
        logger.warning("the plan is left: %s", failure.message)


def result_of(places: Places, org_id: str, details: ImportDetails, report: str) -> ImportResult:
    """What the run's status says of a success, as far as the plan knows it."""
    storage = find(places.storages, details.target)
    return ImportResult(
        location=f"s3://{storage.bucket}/{storage.prefix}{org_id}/",
        report=report,
        organization_id=org_id,
        objects=details.objects,
        bytes=details.bytes,
        warnings=shown(details.warnings),
    )


def shown(warnings: Sequence[str]) -> list[str]:
    """Warnings as a status has room for them."""
    first = [shorten(warning, WARNING_BYTES) for warning in warnings[:WARNINGS_SHOWN]]
    if len(warnings) > WARNINGS_SHOWN:
        first[-1] = f"{len(warnings) - WARNINGS_SHOWN + 1} more warnings are in the report"
    return first
