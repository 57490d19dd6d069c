"""Exports of made-up organizations, run in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orgport.worker.local import LocalRun, parse_resource, run_locally
from tests.organizations import Installation, Organization

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@dataclass
class Exports:
    """Runs exports of one installation into its bucket of exports."""

    installation: Installation
    prefix: str = "acme/"

    async def run(self, org: Organization, name: str = "first", /, *, now: datetime = NOW, **spec: Any) -> LocalRun:
        """Export the organization; `spec` adds to, or replaces, what spec holds."""
        return await run_locally(
            parse_resource(self.resource(org, name, **spec)), self.installation.inputs(), lambda: now
        )

    def resource(self, org: Organization, name: str = "first", /, **spec: Any) -> dict[str, Any]:
        whole = {
            "org": {"slug": org.slug},
            "source": self.installation.place(),
            "destination": self.installation.location(self.prefix),
            **spec,
        }
        return {
            "apiVersion": "orgport.dev/v1alpha1",
            "kind": "OrgExport",
            "metadata": {"name": name, "namespace": "btrix"},
            "spec": whole,
        }

    def key(self, part: str, name: str = "first") -> str:
        return f"{self.prefix}exports/{name}/{part}"

    def read(self, part: str, name: str = "first") -> bytes:
        return self.installation.read_exported(self.key(part, name))

    def read_json(self, part: str, name: str = "first") -> Any:
        return json.loads(self.read(part, name))

    def database(self, name: str = "first") -> Any:
        return self.read_json("org-export.json", name)

    def inventory(self, name: str = "first") -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.read("objects.ndjson", name).splitlines()]

    def everything(self) -> list[str]:
        """Everything that lies below the prefix."""
        return self.installation.exported(self.prefix)

    def objects(self) -> list[str]:
        """The objects that all exports share."""
        return [key for key in self.everything() if not key.startswith(f"{self.prefix}exports/")]


def failed(run: LocalRun) -> dict[str, Any]:
    """The failure of a run that must have failed."""
    assert run.status["phase"] == "Failed", run.status
    failure: dict[str, Any] = run.status["failure"]
    return failure


def succeeded(run: LocalRun) -> dict[str, Any]:
    """The result of a run that must have succeeded."""
    assert run.status["phase"] == "Succeeded", run.status["failure"]
    result: dict[str, Any] = run.status["result"]
    return result


def reason(run: LocalRun) -> str:
    return next(str(each["reason"]) for each in run.status["conditions"] if each["type"] == "Succeeded")


def storable(org: Organization) -> Organization:
    """The organization without pages that hold NaN: FerretDB ends the connection over it."""
    org.documents["pages"] = [page for page in org.documents["pages"] if "nan" not in repr(page.get("qa"))]
    return org
