"""The resource: who it is, what it asks for, and what its status remembers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

from pydantic import ValidationError

from orgport.api.failures import Failure
from orgport.api.names import KINDS, Kind, job_name
from orgport.api.org_export import OrgExportSpec
from orgport.api.org_import import OrgImportSpec
from orgport.api.reasons import Reason
from orgport.api.status import OrgExportStatus, OrgImportStatus, StepName, StepStatus
from orgport.controller.raw import Raw, count, dig, text

Spec = OrgExportSpec | OrgImportSpec
Status = OrgExportStatus | OrgImportStatus

SPECS: dict[str, type[Spec]] = {"OrgExport": OrgExportSpec, "OrgImport": OrgImportSpec}
STATUSES: dict[str, type[Status]] = {"OrgExport": OrgExportStatus, "OrgImport": OrgImportStatus}


class Key(NamedTuple):
    """Which resource."""

    kind: str
    namespace: str
    name: str


@dataclass(frozen=True)
class Identity:
    """Which resource, and which attempt of it."""

    kind: Kind
    namespace: str
    name: str
    uid: str
    generation: int
    attempt: int

    def of_attempt(self, attempt: int) -> Identity:
        """The same resource at another attempt."""
        return replace(self, attempt=attempt)

    def job(self, step: StepName) -> str:
        """The name of a step's Job."""
        return job_name(self.kind, self.name, step, self.uid, self.attempt)


@dataclass(frozen=True)
class Run:
    """One attempt of a resource, with what it asks for."""

    identity: Identity
    spec: Spec


def identify(resource: Raw, status: Status) -> Identity:
    """The attempt that is to be looked at: a raised one, but not before a rollback has ended."""
    attempt = max(count(resource, "spec", "attempt"), 1)
    if status.phase == "RollingBack" or status.attempt > attempt:
        attempt = status.attempt
    return Identity(
        kind=cast(Kind, resource["kind"]),
        namespace=text(resource, "metadata", "namespace"),
        name=text(resource, "metadata", "name"),
        uid=text(resource, "metadata", "uid"),
        generation=count(resource, "metadata", "generation"),
        attempt=attempt,
    )


def is_run(resource: Raw) -> bool:
    """Whether it is a resource of ours."""
    has_name = bool(text(resource, "metadata", "name") and text(resource, "metadata", "uid"))
    return resource.get("kind") in KINDS and has_name


def is_going(resource: Raw) -> bool:
    """Whether it is being deleted; it may stay for as long as somebody's finalizer holds it."""
    return bool(dig(resource, "metadata", "deletionTimestamp"))


def read_spec(kind: Kind, resource: Raw) -> Spec:
    """The spec; INVALID_SPEC names every field that is wrong, without its value."""
    try:
        return SPECS[kind].model_validate(dig(resource, "spec") or {})
    except ValidationError as error:
        problems = (".".join(("spec", *map(str, found["loc"]))) + ": " + found["msg"] for found in error.errors())
        raise Failure(Reason.INVALID_SPEC, "; ".join(problems), suggestion="create a resource without these") from None


def read_status(resource: Raw) -> Status:
    """The status; members that another version wrote, or nobody of ours, are left out."""
    model = STATUSES[str(resource["kind"])]
    raw = dig(resource, "status")
    data: dict[Any, Any] = dict(raw) if isinstance(raw, dict) else {}
    while True:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            wrong = {found["loc"][0] for found in error.errors() if found["loc"]}
            kept = {key: value for key, value in data.items() if key not in wrong}
            data = kept if len(kept) < len(data) else {}


def step_of(status: Status, name: StepName) -> StepStatus:
    """What the status says of a step."""
    return next((step for step in status.steps if step.name == name), StepStatus(name=name))
