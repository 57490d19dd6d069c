"""Where a run is held: a step of a kind, and the request at which its gate shuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from orgport.api.status import StepName

Kind = Literal["OrgExport", "OrgImport"]
Server = Literal["store", "database"]


@dataclass(frozen=True)
class Hold:
    """The gate before `server` shuts when the pattern has come by `after` times and comes again."""

    server: Server
    pattern: bytes
    after: int = 0


@dataclass(frozen=True)
class Place:
    """A step of a kind of run."""

    kind: Kind
    step: StepName

    def __str__(self) -> str:
        return f"{self.kind.removeprefix('Org').lower()}-{self.step}"

    @property
    def hold(self) -> Hold:
        """In the middle of the step's work: something is done, and something is not."""
        return HOLDS[self]


OBJECT = rb"[0-9a-f]{8}-[0-9a-f-]{27}/\S+"
HOLDS = {
    Place("OrgExport", "plan"): Hold("store", rb"PUT /\S+/run/\S+ HTTP"),
    Place("OrgExport", "files"): Hold("store", rb"PUT /org-exports/\S+/" + OBJECT + rb" HTTP", 60),
    Place("OrgExport", "database"): Hold("store", rb"(PUT|POST) /\S+/org-export\.json"),
    Place("OrgImport", "plan"): Hold("store", rb"PUT /\S+/orgport/imports/\S+ HTTP"),
    Place("OrgImport", "files"): Hold("store", rb"PUT /btrix-data/" + OBJECT + rb" HTTP", 60),
    Place("OrgImport", "database"): Hold("database", rb"\x02insert\x00\x06\x00\x00\x00pages\x00", 1),
}
PLACES = tuple(HOLDS)
