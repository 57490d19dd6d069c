"""`orgport receipt`: who imports an organization, and giving up an import whose run is gone."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orgport.api.failures import Failure
from orgport.api.reasons import Exit, Reason
from orgport.stores.mongo import Database
from orgport.stores.receipts import Receipts
from orgport.worker.context import Context, Progress
from orgport.worker.databases import open_installation_database
from orgport.worker.inputs import RecordingInputs
from orgport.worker.local import parse_resource
from orgport.worker.receipts_found import check_release, described, find_receipt, released, rolled_back
from orgport.worker.rollback import undoing
from orgport.worker.terminal import Document, inputs_of, with_document
from orgport.worker.verify import reading_of
from orgport.worker.verify_command import console_for

Act = Callable[[Context, Database], Awaitable[str]]


def show(file: str, secrets: Path | None, output: str) -> int:
    """Print the receipt of each import of a file; 66 where there is none."""

    async def act(context: Context, database: Database) -> str:
        receipt = await find_receipt(context, database)
        facts = described(receipt, await Receipts(database).server_time())
        return as_json(facts) if output == "json" else as_table(facts)

    return with_document(file, lambda document: _each(document, secrets, act))


def release(file: str, secrets: Path | None, *, yes: bool, force: bool, roll_back: bool) -> int:
    """Give up the unfinished import of each import of a file; 64 without a yes, 65 where that is refused."""
    if not yes:
        print(
            "This lets another run take over an organization whose import is not finished. Its own run must be gone: "
            "see `orgport receipt show`. Give --yes to do it.",
            file=sys.stderr,
        )
        return Exit.USAGE

    async def act(context: Context, database: Database) -> str:
        return await release_one(context, database, force=force, roll_back=roll_back) + "\n"

    return with_document(file, lambda document: _each(document, secrets, act))


async def release_one(context: Context, database: Database, *, force: bool, roll_back: bool = False) -> str:
    """Release the receipt, and delete what was inserted if that is asked for; what has happened, for people."""
    receipts, receipt = Receipts(database), await find_receipt(context, database)
    check_release(receipt, await receipts.server_time(), force=force)
    done = await receipts.release(receipt)
    if done is None:
        raise Failure(
            Reason.ORGANIZATION_EXISTS,
            f"the receipt of organization {receipt.organization} has changed hands at this moment",
            suggestion="look at it again with `orgport receipt show`",
        )
    if not roll_back:
        return released(done)
    async with undoing(context, database, done) as counts:
        return rolled_back(receipt, counts)


async def _each(document: Document, secrets: Path | None, act: Act) -> int:
    inputs = inputs_of(document, secrets)
    for resource in document.resources:
        context = context_of(resource, inputs)
        async with open_installation_database(context) as database:
            print(inputs.redactor(await act(context, database)), end="")
    return 0


def context_of(resource: dict[str, Any], inputs: RecordingInputs) -> Context:
    """INVALID_SPEC for what is no import."""
    task = parse_resource(resource)
    if task.kind != "OrgImport":
        raise Failure(
            Reason.INVALID_SPEC, f"{task.kind} {task.name} has no receipt", suggestion="give an OrgImport instead"
        )
    return Context(reading_of(task), inputs, Progress(Reason.PLANNING), waits_for_inputs=False)


def as_json(facts: dict[str, Any]) -> str:
    return orjson.dumps(facts, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def as_table(facts: dict[str, Any]) -> str:
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in facts.items():
        table.add_row(name, Text(_shown(value)))
    console: Console = console_for(sys.stdout)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(each["email"] if isinstance(each, dict) else str(each) for each in value)
    return "" if value is None else str(value)
