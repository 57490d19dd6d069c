"""What OrgExport and OrgImport have in common: how files are copied and how a run is run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from orgport.api.model import Model, cel
from orgport.api.places import ObjectName

Content = Annotated[
    list[Literal["Files", "Database"]],
    Field(min_length=1, max_length=2, json_schema_extra={"x-kubernetes-list-type": "set"}),
]
UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
LabelKey = Annotated[str, Field(max_length=317)]


class Files(Model):
    """How objects are copied and checked."""

    parallelism: Annotated[int, Field(ge=1, le=64)] = 1
    """Pods that copy side by side."""
    concurrency: Annotated[int, Field(ge=1, le=512)] = 32
    """Requests in flight per pod."""
    verify: Literal["Listing", "Checksum", "None"] = "Listing"
    """Listing compares both sides' listings afterwards; Checksum reads the copy and compares its SHA-256 with the
    database's."""
    missing: Literal["Fail", "Report"] = "Fail"
    """What a referenced object that the source lacks does."""
    max_bytes_per_second: Annotated[int, Field(ge=0)] = 0
    """Bytes per second for the whole run; 0: no limit."""
    max_requests_per_second: Annotated[int, Field(ge=0)] = 0
    """Requests per second for the whole run; 0: no limit."""


class ResourceAmounts(Model):
    """Amounts in Kubernetes' notation."""

    cpu: Annotated[str, Field(min_length=1, max_length=32)] | None = None
    """Cores."""
    memory: Annotated[str, Field(min_length=1, max_length=32)] | None = None
    """Bytes of memory."""


class Resources(Model):
    """What a worker's container may use."""

    requests: ResourceAmounts = ResourceAmounts(cpu="250m", memory="256Mi")
    """What the scheduler sets aside."""
    limits: ResourceAmounts = ResourceAmounts(memory="512Mi")
    """What it may not exceed."""


class Toleration(Model):
    """A Pod's toleration."""

    key: Annotated[str, Field(max_length=317)] | None = None
    """The taint's key; absent: all."""
    operator: Literal["Exists", "Equal"] | None = None
    """Equal by default."""
    value: Annotated[str, Field(max_length=63)] | None = None
    """The taint's value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The taint's effect; absent: all."""
    toleration_seconds: int | None = None
    """How long a NoExecute taint is tolerated."""


class ImagePullSecret(Model):
    """A Secret for pulling images."""

    name: ObjectName
    """Its name."""


class Worker(Model):
    """The pods of a run."""

    model_config = ConfigDict(
        json_schema_extra=cel(
            (
                "!has(self.labels) || self.labels.all(k, k != 'role' && !k.startsWith('btrix.') && "
                "!k.startsWith('orgport.dev/') && !k.startsWith('batch.kubernetes.io/'))",
                "worker.labels must not set role, btrix.*, orgport.dev/* or batch.kubernetes.io/*: "
                "other controllers act on them",
            )
        )
    )

    service_account_name: Annotated[str, Field(max_length=253, pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$")] = ""
    """Empty: one is made for the run; else yours, for workload identity."""
    resources: Resources = Resources()
    """Requests and limits."""
    node_selector: Annotated[dict[LabelKey, Annotated[str, Field(max_length=63)]], Field(max_length=16)] = {}
    """Labels of the nodes that may run it."""
    tolerations: Annotated[
        list[Toleration], Field(max_length=16, json_schema_extra={"x-kubernetes-list-type": "atomic"})
    ] = []
    """Taints that it tolerates."""
    priority_class_name: Annotated[str, Field(max_length=253)] = ""
    """Its priority class."""
    image_pull_secrets: Annotated[
        list[ImagePullSecret],
        Field(
            max_length=8, json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
        ),
    ] = []
    """Secrets for pulling the worker's image."""
    labels: Annotated[dict[LabelKey, Annotated[str, Field(max_length=63)]], Field(max_length=32)] = {}
    """More labels of the pods."""
    annotations: Annotated[dict[LabelKey, Annotated[str, Field(max_length=4096)]], Field(max_length=32)] = {}
    """More annotations of the pods."""


class RunSpec(Model):
    """How a run is run: the part of a spec that is the same for both kinds."""

    content: Content = ["Files", "Database"]
    """What is moved."""
    files: Files = Files()
    """How objects are copied and checked."""
    dry_run: bool = False
    """Only the plan step: nothing is written but its report."""
    suspend: bool = False
    """Pause the run; its pods end."""
    attempt: Annotated[int, Field(ge=1, le=1000)] = 1
    """Raise it to try a failed run again; it resumes."""
    active_deadline_seconds: Annotated[int, Field(ge=1, le=31536000)] = 604800
    """How long the run may take, less the time it was suspended."""
    backoff_limit: Annotated[int, Field(ge=0, le=100)] = 3
    """Failed pods per step (per index of the files step); disruptions are not counted."""
    ttl_seconds_after_success: Annotated[int, Field(ge=0, le=31536000)] = 3600
    """When the Jobs of a successful run go; never the resource, never the data."""
    ttl_seconds_after_failure: Annotated[int, Field(ge=0, le=31536000)] = 604800
    """When the Jobs of a failed run go."""
    worker: Worker = Worker()
    """The pods of the run."""


MUTABLE = ("suspend", "attempt", "ttlSecondsAfterSuccess", "ttlSecondsAfterFailure", "activeDeadlineSeconds", "worker")


def immutable(kind: str, *fields: str, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """Rules that hold every field of a spec to its first value but MUTABLE; `optional` ones have no default."""
    rules = [("self.attempt >= oldSelf.attempt", f"spec.attempt may only rise; create a new {kind} to start afresh")]
    for field in fields:
        message = f"spec.{field} is immutable; create a new {kind} instead"
        if field in optional:
            rule = (
                f"has(self.{field}) == has(oldSelf.{field}) && (!has(self.{field}) || self.{field} == oldSelf.{field})"
            )
        else:
            rule = f"self.{field} == oldSelf.{field}"
        rules.append((rule, message))
    return cel(*rules)
