"""`orgport run`: a resource from a file, done here, with bars on a terminal and lines elsewhere."""

from __future__ import annotations

import asyncio
import base64
import logging
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import yaml
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bars

from orgport.api.failures import Failure
from orgport.api.names import KINDS
from orgport.api.reasons import Exit, Reason
from orgport.api.status import StepName
from orgport.worker.context import Progress
from orgport.worker.inputs import FolderInputs, MappingInputs, RecordingInputs
from orgport.worker.local import LocalRun, parse_resource, run_locally
from orgport.worker.redaction import RedactingFormatter, Redactor

LINE_SECONDS = 5.0
FRAME_SECONDS = 0.2


@dataclass(frozen=True)
class Document:
    """What a file holds: the resources, and the Secrets and ConfigMaps beside them."""

    resources: list[dict[str, Any]]
    secrets: dict[str, dict[str, str]]
    config_maps: dict[str, dict[str, str]]


def read_document(text: str) -> Document:
    """Sort a stream of YAML documents by kind; INVALID_SPEC says what is wrong with it."""
    found = Document([], {}, {})
    for resource in _manifests(text):
        name = (resource.get("metadata") or {}).get("name", "")
        match resource.get("kind"):
            case "Secret":
                found.secrets[name] = {**_decoded(name, resource.get("data")), **(resource.get("stringData") or {})}
            case "ConfigMap":
                found.config_maps[name] = resource.get("data") or {}
            case kind if kind in KINDS:
                found.resources.append(resource)
            case kind:
                raise Failure(Reason.INVALID_SPEC, f"kind {kind!r} is none of {', '.join(KINDS)}, Secret, ConfigMap")
    if not found.resources:
        raise Failure(Reason.INVALID_SPEC, "the file holds no OrgExport and no OrgImport")
    return found


def _manifests(text: str) -> Iterator[dict[str, Any]]:
    try:
        documents = list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        raise Failure(Reason.INVALID_SPEC, f"the file is no YAML{where}") from None
    for document in documents:
        if document is None:
            continue
        if not isinstance(document, dict):
            raise Failure(Reason.INVALID_SPEC, "the file holds a document that is no mapping")
        yield from document.get("items", []) if document.get("kind") == "List" else [document]


def _decoded(name: str, data: Mapping[str, str] | None) -> dict[str, str]:
    try:
        return {key: base64.b64decode(value, validate=True).decode() for key, value in (data or {}).items()}
    except ValueError:
        raise Failure(
            Reason.INVALID_SPEC, f"Secret {name}: data is not base64; use stringData for plain text"
        ) from None


@dataclass
class View:
    """What is shown: the step under way and how far it is."""

    console: Console
    step: StepName | None = None
    progress: Progress | None = None

    def observe(self, step: StepName, progress: Progress) -> None:
        self.step, self.progress = step, progress

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Show it for as long as the context lasts."""
        following = asyncio.create_task(self._bars() if self.console.is_terminal else self._lines())
        try:
            yield
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def _lines(self) -> None:
        shown = ""
        while True:
            line = self.line()
            if line != shown:
                self.console.print(line, highlight=False, soft_wrap=True)
                shown = line
            await asyncio.sleep(LINE_SECONDS if shown else FRAME_SECONDS)

    async def _bars(self) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        with Bars(*columns, console=self.console) as bars:
            task = bars.add_task("starting")
            while True:
                if self.progress is not None:
                    total = self.progress.bytes_total or None
                    bars.update(task, description=self.line(), total=total, completed=self.progress.bytes_done)
                await asyncio.sleep(FRAME_SECONDS)

    def line(self) -> str:
        if self.progress is None:
            return ""
        p = self.progress
        done = f"{p.objects_done}/{p.objects_total} objects, {p.documents_done}/{p.documents_total} documents"
        return f"{self.step}: {p.stage} {done}" + (f" ({p.message})" if p.message else "")


async def run_shown(document: Document, secrets: Path | None, out: TextIO, console: Console) -> int:
    """Run each resource of the document in its order; stops at the first that fails. Returns the exit code."""
    inputs = inputs_of(document, secrets)
    for resource in document.resources:
        ended = await _one(resource, inputs, console)
        shown = {key: resource[key] for key in ("apiVersion", "kind", "metadata")} | {"status": ended.status}
        out.write("---\n" + inputs.redactor(yaml.safe_dump(shown, sort_keys=False)))
        if ended.exit_code:
            return ended.exit_code
    return 0


async def _one(resource: dict[str, Any], inputs: RecordingInputs, console: Console) -> LocalRun:
    task = parse_resource(resource)
    view = View(console)
    async with view.shown():
        return await run_locally(task, inputs, lambda: datetime.now(UTC), view.observe, alone=False)


def inputs_of(document: Document, secrets: Path | None) -> RecordingInputs:
    """What the document or the folder holds; from now on no line of the log has a secret value of it."""
    given = MappingInputs(document.secrets, document.config_maps) if secrets is None else FolderInputs(secrets, secrets)
    inputs = RecordingInputs(given, Redactor())
    _log_through(inputs.redactor)
    return inputs


def _log_through(redactor: Redactor) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter(redactor, "%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def main(file: str, secrets: Path | None) -> int:
    """Run the resources of a file ("-": standard input); returns the exit code of the first failure, or 0."""
    return with_document(file, lambda document: run_shown(document, secrets, sys.stdout, Console(stderr=True)))


def with_document(file: str, act: Callable[[Document], Coroutine[Any, Any, int]]) -> int:
    """Act on what a file holds; its exit code, or that of a failure, which is shown."""
    try:
        return asyncio.run(act(read_document(sys.stdin.read() if file == "-" else Path(file).read_text())))
    except Failure as failure:
        print(f"{failure.reason}: {failure.message}\n{failure.suggestion}", file=sys.stderr)
        return failure.exit_code
    except OSError as error:
        print(f"cannot read {file}: {error.strerror}", file=sys.stderr)
        return Exit.NO_INPUT
