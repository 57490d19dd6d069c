"""What an undisturbed run comes to, for a comparison with the disturbed ones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.chaos.lanes import Lane
from tests.chaos.trial import Trial
from tests.cluster_runs.sites import Site
from tests.organizations import Organization
from tests.organizations.moved import assert_moved

TIMES_AND_NAMES = {"startTime", "completionTime", "specHash", "source", "inventory"}
"""Of the manifest: what differs between two exports of the same organization, as another place and time do."""


@dataclass(frozen=True)
class Undisturbed:
    """An organization, the site where it was made, and its archive, whose name is "shared"."""

    organization: Organization
    source: Site

    def make(self) -> None:
        """Make the archive."""
        spec = {"org": {"slug": self.organization.slug}, "destination": self.source.location("shared/")}
        self.source.runs.apply("OrgExport", "shared", spec)
        self.source.runs.succeeded("OrgExport", "shared")

    def spec(self, trial_kind: str, lane: Lane, prefix: str) -> dict[str, Any]:
        """The spec of a run in a lane: an export below the prefix, or the import of the archive."""
        if trial_kind == "OrgExport":
            return {"org": {"slug": self.organization.slug}, "destination": lane.site.location(prefix)}
        return {"source": {**self.source.location("shared/"), "export": "shared"}}

    def is_what(self, lane: Lane, trial: Trial) -> None:
        """The run has come to the same, document by document and object by object."""
        if trial.place.kind == "OrgImport":
            assert_moved(self.source.installation.snapshot(self.organization), self._snapshot(lane))
        else:
            self._is_archive(lane, trial)

    def _is_archive(self, lane: Lane, trial: Trial) -> None:
        own, theirs = f"{trial.name}/exports/{trial.name}/", "shared/exports/shared/"
        there, here = lane.site.installation, self.source.installation
        assert there.read_exported(f"{own}org-export.json") == here.read_exported(f"{theirs}org-export.json")
        assert _settled(there.read_exported(f"{own}manifest.json")) == _settled(
            here.read_exported(f"{theirs}manifest.json")
        )
        assert {key.removeprefix(own) for key in there.exported(own)} == {
            key.removeprefix(theirs) for key in here.exported(theirs)
        }
        oid = self.organization.id
        copies = there.store.facts(there.exports, there.exported(f"{trial.name}/{oid}/"))
        assert {key.removeprefix(f"{trial.name}/"): each for key, each in copies.items()} == (
            self._snapshot(lane).objects["default"]
        )

    def _snapshot(self, lane: Lane) -> Any:
        return lane.site.installation.snapshot(self.organization)


def _settled(manifest: bytes) -> dict[str, Any]:
    return {name: value for name, value in json.loads(manifest).items() if name not in TIMES_AND_NAMES}
