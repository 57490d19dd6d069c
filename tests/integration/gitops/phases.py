"""Runs of both kinds in every phase, on a real API server; the workers are in the test's hand."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from typing import Any

from orgport.controller.kube import Kube
from tests.integration.controller.puppets import PLAN, Object, Run, export_manifest, import_manifest

DENIED: Object = {
    "failure": {
        "reason": "AccessDenied",
        "message": "PutObject s3://exports/acme/: 403 AccessDenied",
        "suggestion": "allow s3:PutObject on the bucket exports",
    },
    "final": True,
}
HALF_WAY: Object = {"counters": {"objectsDone": 21, "bytesDone": 21 * 2**20}, "bytesPerSecond": 2 * 2**20}


class Phases:
    """Collects what the API server has of runs on their way, by a name of kind and phase."""

    def __init__(self, kube: Kube, namespace: str) -> None:
        self.seen: dict[str, Object] = {}
        self._kube = kube
        self._namespace = namespace

    async def collect(self, operator: AbstractContextManager[None]) -> dict[str, Object]:
        """Drive four runs at once to their ends."""
        runs = [await self._new(name) for name in ("exported", "refused", "imported", "undone")]
        with operator:
            ways = (self._exported, self._refused, self._imported, self._undone)
            await asyncio.gather(*(way(run) for way, run in zip(ways, runs, strict=True)))
        return self.seen

    async def _new(self, name: str) -> Run:
        manifest = (export_manifest if name in ("exported", "refused") else import_manifest)(self._namespace)
        manifest["metadata"]["name"] = name
        await self._kube.create(manifest)
        run = Run(self._kube, manifest["kind"], self._namespace, name)
        await self._see(run, "new")
        return run

    async def _exported(self, run: Run) -> None:
        await run.succeed("plan", plan=PLAN)
        await run.start("files")
        await run.report("files", **HALF_WAY)
        await run.reason("CopyingFiles")
        await self._see(run, "running")
        await self._suspend(run, True)
        await run.phase("Suspended")
        await self._see(run, "suspended")
        await self._suspend(run, False)
        await run.phase("Running")
        await run.succeed("files")
        await run.succeed("database", stage="Exported", exportResult={"location": "s3://exports/acme/", "objects": 50})
        await run.phase("Succeeded")
        await self._see(run, "succeeded")

    async def _refused(self, run: Run) -> None:
        await run.fail("plan", 77, **DENIED)
        await run.phase("Failed")
        await self._see(run, "failed")

    async def _imported(self, run: Run) -> None:
        await run.start("plan")
        await run.report("plan")
        await run.reason("Planning")
        await self._see(run, "running")
        await run.finish()
        await self._see(run, "succeeded")

    async def _undone(self, run: Run) -> None:
        await run.succeed("plan", plan=PLAN)
        await run.succeed("files")
        await run.fail("database", 77, **DENIED)
        await run.phase("RollingBack")
        await run.start("rollback")
        await run.report("rollback")
        await run.reason("RollingBack")
        await self._see(run, "rollingback")
        await run.succeed("rollback")
        await run.phase("Failed")
        await self._see(run, "failed")

    async def _suspend(self, run: Run, value: bool) -> None:
        await self._kube.patch(run.kind, self._namespace, run.name, {"spec": {"suspend": value}})

    async def _see(self, run: Run, phase: str) -> None:
        self.seen[f"{run.kind.lower()}-{phase}"] = await run.resource()


def outline(resource: Any) -> Any:
    """What of a resource is the same in every cluster and at every time."""
    status = resource["status"]
    return {
        "kind": resource["kind"],
        "generation is seen": status["observedGeneration"] == resource["metadata"]["generation"],
        "phase": status.get("phase"),
        "conditions": [(each["type"], each["status"], each["reason"]) for each in status.get("conditions", [])],
        "members": sorted(status),
        "annotations": sorted(resource["metadata"].get("annotations", {})),
        "finalizers": resource["metadata"].get("finalizers", []),
    }
