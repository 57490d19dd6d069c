"""Imports into made-up installations, run in this process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from orgport.api.failures import Interrupted
from orgport.api.status import StepName
from orgport.worker.context import Context, Fence, OpenFence, Progress, StepOutcome
from orgport.worker.import_details import FAILURES, REPORT
from orgport.worker.local import LocalRun, parse_resource, run_locally
from orgport.worker.steps import first_stage, run_step
from tests.integration.export.running import NOW, failed, reason, succeeded
from tests.organizations import Installation, Object

__all__ = [
    "Countdown",
    "Imports",
    "Steps",
    "everything",
    "failed",
    "fixture_text",
    "reason",
    "refused",
    "steps",
    "succeeded",
]

FIXTURE = Path(__file__).parents[3].parent / "shared" / "fixtures" / "browsertrix-org-export-0027.json"


def fixture_text() -> bytes:
    """Browsertrix's own export of version 0027; the test is skipped where it is not at hand."""
    if not FIXTURE.is_file():
        pytest.skip(f"{FIXTURE.name} is not there")
    return FIXTURE.read_bytes()


@dataclass
class Imports:
    """Runs imports into one installation, from its bucket of exports or another one's."""

    target: Installation
    source: Installation | None = None
    prefix: str = "acme/"
    standard: Mapping[str, Any] = field(default_factory=dict)
    """What spec holds unless a run says otherwise."""

    async def run(self, name: str = "arrival", *, now: datetime = NOW, **spec: Any) -> LocalRun:
        """Import; `spec` adds to, or replaces, what spec holds."""
        return await run_locally(parse_resource(self.resource(name, **spec)), self.target.inputs(), lambda: now)

    def resource(self, name: str = "arrival", **spec: Any) -> dict[str, Any]:
        """`source` and `target` are added to the places; other members are spec's."""
        spec = {**self.standard, **spec}
        place = (self.source or self.target).location(self.prefix)
        source = {**place, **spec.pop("source", {"export": "first"})}
        return {
            "apiVersion": "orgport.dev/v1alpha1",
            "kind": "OrgImport",
            "metadata": {"name": name, "namespace": "btrix"},
            "spec": {"source": source, "target": {**self.target.place(), **spec.pop("target", {})}, **spec},
        }

    def put(self, objects: Mapping[str, bytes]) -> None:
        """Write objects below the prefix of the bucket of exports."""
        place = self.source or self.target
        made = {self.prefix + key: Object(body) for key, body in objects.items()}
        place.store.write(place.exports, made)

    def receipt(self, organization: UUID | str) -> dict[str, Any] | None:
        with self.target.mongo.open() as database:
            return database["orgport_imports"].find_one({"_id": UUID(str(organization))})

    def set_receipt(self, organization: UUID | str, **members: Any) -> None:
        with self.target.mongo.open() as database:
            query = {"_id": UUID(str(organization))}
            if database["orgport_imports"].find_one(query) is None:
                database["orgport_imports"].insert_one({**query, **members})
            else:
                database["orgport_imports"].update_one(query, {"$set": members})

    def insert(self, collection: str, *documents: dict[str, Any]) -> None:
        with self.target.mongo.open() as database:
            database[collection].insert_many(documents)

    def written(self, part: str) -> bytes:
        """What the only run that left such a file has written."""
        storage = self.target.storage("default")
        (key,) = (each for each in self.target.store.keys(storage.bucket) if each.endswith(f"/{part}"))
        return self.target.store.read(storage.bucket, key)

    def report(self, run: LocalRun) -> dict[str, Any]:
        key = run.status["result"]["report"].removeprefix(f"s3://{self.target.storage('default').bucket}/")
        report: dict[str, Any] = json.loads(self.target.store.read(self.target.storage("default").bucket, key))
        return report


def everything(imports: Imports) -> Any:
    """What the target holds, document by document, but for the report of a run."""
    keys = imports.target.footprint()["keys"]
    kept = {bucket: [key for key in each if not key.endswith((REPORT, FAILURES))] for bucket, each in keys.items()}
    return imports.target.mongo.contents(), kept


async def refused(imports: Imports, **spec: Any) -> dict[str, Any]:
    """The failure of an import that must have left the target as it was."""
    before = everything(imports)
    failure = failed(await imports.run(**spec))
    assert everything(imports) == before
    return failure


@dataclass
class Countdown:
    """A fence that lets so many writes through, and then is no longer ours: what a killed pod leaves behind."""

    writes: int

    async def may_write(self) -> None:
        if self.writes == 0:
            await asyncio.sleep(0.05)  # what was sent before arrives
            raise Interrupted("the lease is lost")
        self.writes -= 1


@dataclass
class Steps:
    """The steps of one import, one by one."""

    imports: Imports
    resource: dict[str, Any]
    plan_sha256: str | None = None

    async def do(self, step: StepName, fence: Fence | None = None) -> StepOutcome:
        task = parse_resource(self.resource).model_copy(update={"step": step, "plan_sha256": self.plan_sha256})
        progress = Progress(first_stage(task.kind, step))
        inputs = self.imports.target.inputs()
        context = Context(task, inputs, progress, fence or OpenFence(), waits_for_inputs=False, now=lambda: NOW)
        outcome = await run_step(context)
        if outcome.plan is not None:
            self.plan_sha256 = outcome.plan.plan_sha256
        return outcome

    async def begin(self) -> None:
        """Everything but the database step."""
        await self.do("plan")
        await self.do("files")

    async def cut_off(self, step: StepName, writes: int) -> bool:
        """Do the step with so many writes; whether that was too few."""
        try:
            await self.do(step, Countdown(writes))
        except Interrupted:
            return True
        return False


def steps(imports: Imports, name: str = "arrival", **spec: Any) -> Steps:
    return Steps(imports, imports.resource(name, **spec))
