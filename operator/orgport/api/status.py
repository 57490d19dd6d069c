"""What a run says of itself: the status of both kinds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from orgport.api.model import Model

Count = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(max_length=2048)]
Phase = Literal["Pending", "Running", "Suspended", "RollingBack", "Succeeded", "Failed"]
StepName = Literal["plan", "files", "database", "rollback"]


class Condition(Model):
    """One aspect of the run's state."""

    type: Annotated[str, Field(max_length=64)]
    """Succeeded, Reconciling or Stalled."""
    status: Literal["True", "False", "Unknown"]
    """Whether it holds."""
    observed_generation: Count = 0
    """The generation of the spec that it was computed for."""
    last_transition_time: datetime
    """When its status changed last."""
    reason: Annotated[str, Field(min_length=1, max_length=64)]
    """One of the closed list in docs/reasons.md."""
    message: Annotated[str, Field(max_length=1024)]
    """For people."""


class Progress(Model):
    """How far the run is; nothing in it goes back within an attempt."""

    percent: Annotated[int, Field(ge=0, le=100)] = 0
    """Of the whole run."""
    objects_done: Count = 0
    """Objects copied, of those that had to be."""
    objects_total: Count = 0
    """Objects that have to be copied."""
    objects_present: Count = 0
    """Objects that were there already."""
    bytes_done: Count = 0
    """Bytes copied."""
    bytes_total: Count = 0
    """Bytes to copy."""
    documents_done: Count = 0
    """Documents written."""
    documents_total: Count = 0
    """Documents to write."""
    bytes_per_second: Count = 0
    """The rate of the last minute."""
    estimated_completion_time: datetime | None = None
    """When it ends at this rate."""
    summary: Annotated[str, Field(max_length=200)] = ""
    """All of it in a line."""
    update_time: datetime | None = None
    """When the worker said so."""


class StepStatus(Model):
    """One step of the run."""

    name: StepName
    """Its name."""
    state: Literal["Pending", "Running", "Suspended", "Succeeded", "Failed"] = "Pending"
    """Where it is."""
    job: Annotated[str, Field(max_length=63)] | None = None
    """Its Job."""
    start_time: datetime | None = None
    """When its Job was made."""
    completion_time: datetime | None = None
    """When it ended."""
    failed_pods: Count = 0
    """Pods that failed."""
    disrupted_pods: Count = 0
    """Pods that were evicted or deleted; they do not count against backoffLimit."""
    last_heartbeat_time: datetime | None = None
    """When a worker renewed its lease last."""


class OrgInfo(Model):
    """The organization, as found."""

    id: Annotated[str, Field(max_length=36)]
    """Its id."""
    slug: Annotated[str, Field(max_length=100)]
    """Its slug."""
    name: Annotated[str, Field(max_length=200)]
    """Its name."""
    db_version: Annotated[str, Field(max_length=16)] = ""
    """The version of the database that it is in, or was exported from."""


class FailureInfo(Model):
    """Why the run failed, and what to do."""

    reason: Annotated[str, Field(min_length=1, max_length=64)]
    """One of the closed list in docs/reasons.md."""
    step: StepName | None = None
    """The step that failed."""
    message: Annotated[str, Field(max_length=1024)]
    """What happened."""
    suggestion: Annotated[str, Field(max_length=1024)] = ""
    """What to do about it."""
    keys: Annotated[
        list[Annotated[str, Field(max_length=1024)]],
        Field(max_length=10, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
    ] = []
    """The first ten object keys or document ids concerned."""


class ExportResult(Model):
    """What an export left, and where."""

    location: Text
    """The archive's bucket and prefix."""
    database: Text | None = None
    """The JSON."""
    manifest: Text | None = None
    """The manifest; written last."""
    manifest_sha256: Annotated[str | None, Field(alias="manifestSHA256", max_length=64)] = None
    """The manifest's SHA-256, for an import's spec.source.manifestSHA256."""
    report: Text | None = None
    """Counts and warnings."""
    objects: Count = 0
    """Objects of the archive."""
    bytes: Count = 0
    """Their bytes."""
    documents: Count = 0
    """Documents in the JSON."""
    missing_objects: Count = 0
    """References without object."""
    unsettled: Count = 0
    """Records that changed all along."""


class ImportResult(Model):
    """What an import brought, and where."""

    location: Text
    """The storage that received the files, and the prefix in it."""
    report: Text | None = None
    """Counts, users and warnings."""
    organization_id: Annotated[str, Field(alias="organizationID", max_length=36)]
    """The organization's id."""
    documents: Count = 0
    """Documents inserted."""
    objects: Count = 0
    """Objects of the organization."""
    bytes: Count = 0
    """Their bytes."""
    users_created: Count = 0
    """Accounts that were made; they must reset their passwords."""
    users_matched: Count = 0
    """Members who had an account."""
    schedules_suspended: Count = 0
    """Workflows whose schedule was emptied."""
    warnings: Annotated[
        list[Annotated[str, Field(max_length=512)]],
        Field(max_length=20, json_schema_extra={"x-kubernetes-list-type": "atomic"}),
    ] = []
    """What to look at."""


class RunStatus(Model):
    """The status of a run but for its result."""

    observed_generation: int = -1
    """The generation of the spec that the operator acted on; -1: none yet."""
    phase: Phase | None = None
    """Derived, for people; scripts use the conditions."""
    attempt: Count = 0
    """The attempt under way."""
    step: StepName | None = None
    """The step under way."""
    conditions: Annotated[
        list[Condition],
        Field(
            max_length=8, json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}
        ),
    ] = []
    """Succeeded, Reconciling, Stalled."""
    start_time: datetime | None = None
    """When the attempt began."""
    completion_time: datetime | None = None
    """When the run ended, well or not."""
    deadline_time: datetime | None = None
    """When it is given up."""
    suspend_time: datetime | None = None
    """Since when it is suspended."""
    suspended_seconds: Count = 0
    """How long it was suspended before that; this time does not count towards the deadline."""
    progress: Progress | None = None
    """How far it is."""
    steps: Annotated[
        list[StepStatus],
        Field(
            max_length=4, json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
        ),
    ] = []
    """Its steps, in order."""
    org: OrgInfo | None = None
    """The organization, as found."""
    plan_sha256: Annotated[str | None, Field(alias="planSHA256", max_length=64)] = None
    """The SHA-256 of the plan that the later steps must find."""
    failure: FailureInfo | None = None
    """Why it failed."""


class OrgExportStatus(RunStatus):
    """The state of an export."""

    result: ExportResult | None = None
    """What it left, and where."""


class OrgImportStatus(RunStatus):
    """The state of an import."""

    result: ImportResult | None = None
    """What it brought, and where."""
