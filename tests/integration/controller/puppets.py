"""Pods without a kubelet: no node takes them, so a test says through the API server what became of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orgport.api.names import ANNOTATION_REPORT, API_VERSION, lease_name
from orgport.api.reasons import Reason
from orgport.api.report import Report
from orgport.controller.kube import Kube

Object = dict[str, Any]
NOWHERE = {"nodeSelector": {"orgport.dev/test": "nowhere"}}
SHA = "a" * 64
PLAN: Object = {
    "planSHA256": SHA,
    "org": {"id": "0" * 36, "slug": "acme", "name": "Acme"},
    "counters": {"objectsTotal": 50, "bytesTotal": 50 * 2**20, "documentsTotal": 500},
}
EXPORT_RESULT: Object = {"location": "s3://exports/", "manifest": "s3://exports/manifest.json", "objects": 50}
IMPORT_RESULT: Object = {"location": "s3://files/", "organizationID": "0" * 36, "objects": 50}
STAGES = {"plan": Reason.PLANNING, "files": Reason.COPYING_FILES, "rollback": Reason.ROLLING_BACK}
LOCATION = {"bucket": "exports", "credentials": {"secretRef": {"name": "s3"}}}


def export_manifest(namespace: str, **spec: Any) -> Object:
    """An OrgExport whose pods no node takes."""
    spec = {"org": {"slug": "acme"}, "destination": LOCATION, "worker": NOWHERE, **spec}
    return _manifest("OrgExport", namespace, "acme", spec)


def import_manifest(namespace: str, name: str = "acme", **spec: Any) -> Object:
    """An OrgImport whose pods no node takes."""
    return _manifest(
        "OrgImport", namespace, name, {"source": {**LOCATION, "export": "acme"}, "worker": NOWHERE, **spec}
    )


def _manifest(kind: str, namespace: str, name: str, spec: Object) -> Object:
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


@dataclass
class Run:
    """One resource on the cluster, and its pods in our hand."""

    kube: Kube
    kind: str
    namespace: str
    name: str
    sequence: int = 0

    async def resource(self) -> Object:
        found = await self.kube.get(self.kind, self.namespace, self.name)
        assert found is not None
        return found

    async def status(self, holds: Callable[[Object], bool], seconds: float = 30.0) -> Object:
        """The status, once this holds of it."""
        limit = time.monotonic() + seconds
        while True:
            status: Object = (await self.resource()).get("status", {})
            if holds(status):
                return status
            assert time.monotonic() < limit, f"not within {seconds} s: {status}"
            await asyncio.sleep(0.05)

    async def phase(self, phase: str) -> Object:
        """The status, once the run is in this phase."""
        return await self.status(lambda status: status.get("phase") == phase)

    async def reason(self, reason: str) -> Object:
        """The status, once its conditions give this reason."""
        return await self.status(lambda status: reason in {found["reason"] for found in status.get("conditions", [])})

    async def jobs(self) -> list[Object]:
        return list(await self.kube.list("Job", self.namespace, labels=f"orgport.dev/name={self.name}"))

    async def pod(self, step: str) -> Object:
        """The pod of a step that has not ended."""
        labels = f"orgport.dev/name={self.name},orgport.dev/step={step}"
        limit = time.monotonic() + 40
        while time.monotonic() < limit:
            pods = await self.kube.list("Pod", self.namespace, labels=labels)
            live = [pod for pod in pods if pod["status"].get("phase") in ("Pending", "Running")]
            live = [pod for pod in live if "deletionTimestamp" not in pod["metadata"]]
            if live:
                return live[0]
            await asyncio.sleep(0.05)
        raise AssertionError(f"no pod of the {step} step")

    async def start(self, step: str) -> None:
        """The step's pod runs."""
        pod = await self.pod(step)
        await self._set(pod, "Running", {"running": {"startedAt": _now()}}, is_ready=True)

    async def report(self, step: str, **members: Any) -> Report:
        """The step's worker renews its lease."""
        self.sequence += 1
        job = (await self.pod(step))["metadata"]["labels"]["batch.kubernetes.io/job-name"]
        attempt = (await self.resource())["status"].get("attempt", 1)
        usual = Reason.EXPORTING_DATABASE if self.kind == "OrgExport" else Reason.IMPORTING_DATABASE
        told = {
            "attempt": attempt,
            "step": step,
            "sequence": self.sequence,
            "stage": STAGES.get(step, usual),
            **members,
        }
        report = Report.model_validate(told)
        spec = {"holderIdentity": "puppet", "renewTime": datetime.now(UTC).isoformat(timespec="microseconds")}
        annotations = {ANNOTATION_REPORT: report.dump_json()}
        patch = {"metadata": {"annotations": annotations}, "spec": spec}
        await self.kube.patch("Lease", self.namespace, lease_name(job, 0), patch)
        return report

    async def succeed(self, step: str, **members: Any) -> None:
        """The step's worker reports success and ends well."""
        pod = await self.pod(step)
        await self.report(step, outcome="Succeeded", **members)
        await self._end(pod, "Succeeded", 0)

    async def fail(self, step: str, code: int, reason: str = "Error", **members: Any) -> None:
        """The step's worker ends with an exit code, and may say why."""
        pod = await self.pod(step)
        if members:
            await self.report(step, outcome="Failed", **members)
        await self._end(pod, "Failed", code, reason)

    async def finish(self) -> Object:
        """Every step succeeds."""
        await self.succeed("plan", plan=PLAN)
        await self.succeed("files", counters={"objectsDone": 50, "bytesDone": 50 * 2**20})
        if self.kind == "OrgExport":
            await self.succeed("database", stage="Exported", exportResult=EXPORT_RESULT)
        else:
            await self.succeed("database", stage="Imported", importResult=IMPORT_RESULT)
        return await self.phase("Succeeded")

    async def _end(self, pod: Object, phase: str, code: int, reason: str = "Completed") -> None:
        terminated = {"exitCode": code, "reason": reason, "startedAt": _now(), "finishedAt": _now()}
        await self._set(pod, phase, {"terminated": terminated}, is_ready=False)

    async def _set(self, pod: Object, phase: str, state: Object, *, is_ready: bool) -> None:
        container = {
            "name": "main",
            "image": "none",
            "imageID": "",
            "ready": is_ready,
            "restartCount": 0,
            "state": state,
        }
        ready = {"type": "Ready", "status": str(is_ready), "lastTransitionTime": _now()}
        status = {"phase": phase, "containerStatuses": [container], "conditions": [ready]}
        await self.kube.patch("Pod", self.namespace, pod["metadata"]["name"], {"status": status}, "status")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
