"""What OrgExport and OrgImport have in common: how files are copied and how a run is run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from orgport.api.model import Model, Rule
from orgport.api.names import GROUP
from orgport.api.places import ObjectName

Content = Annotated[
    list[Literal["Files", "Database"]],
    Field(min_length=1, max_length=2, json_schema_extra={"x-kubernetes-list-type": "set"}),
]
UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
LABEL_KEY = r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$"
LABEL_VALUE = r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$"
QUANTITY = r"^([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[munkMGTPE]|[eE][-+]?[0-9]+)?$"

LabelKey = Annotated[str, Field(max_length=317)]
LabelValue = Annotated[str, Field(max_length=63, pattern=LABEL_VALUE)]
Quantity = Annotated[
    str,
    Field(max_length=32, pattern=QUANTITY, json_schema_extra={"x-kubernetes-int-or-string": True}),
    BeforeValidator(lambda value: str(value) if type(value) is int else value),
]


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
    max_bytes_per_second: Annotated[int, Field(ge=0, le=2**50)] = 0
    """Bytes per second for the whole run; 0: no limit."""
    max_requests_per_second: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Requests per second for the whole run; 0: no limit."""


class ResourceAmounts(Model):
    """Amounts in Kubernetes' notation."""

    cpu: Quantity | None = None
    """Cores."""
    memory: Quantity | None = None
    """Bytes of memory."""


class Resources(Model):
    """What a worker's container may use."""

    requests: ResourceAmounts = ResourceAmounts(cpu="250m", memory="256Mi")
    """What the scheduler sets aside."""
    limits: ResourceAmounts = ResourceAmounts(memory="512Mi")
    """What it may not exceed."""


class Toleration(Model):
    """A Pod's toleration."""

    rules = (
        Rule(
            "has(self.key) || (has(self.operator) && self.operator == 'Exists')",
            "a toleration without key needs operator Exists",
            lambda self: self.key is not None or self.operator == "Exists",
        ),
        Rule(
            "!has(self.value) || !has(self.operator) || self.operator != 'Exists'",
            "a toleration with operator Exists takes no value",
            lambda self: self.value is None or self.operator != "Exists",
            ".value",
        ),
        Rule(
            "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
            "a toleration with tolerationSeconds needs effect NoExecute",
            lambda self: self.toleration_seconds is None or self.effect == "NoExecute",
            ".tolerationSeconds",
        ),
    )

    key: Annotated[str, Field(max_length=317, pattern=LABEL_KEY)] | None = None
    """The taint's key; absent: all."""
    operator: Literal["Exists", "Equal"] | None = None
    """Equal by default."""
    value: LabelValue | None = None
    """The taint's value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """The taint's effect; absent: all."""
    toleration_seconds: Annotated[int, Field(ge=0, le=31536000)] | None = None
    """How long a NoExecute taint is tolerated."""


class ImagePullSecret(Model):
    """A Secret for pulling images."""

    name: ObjectName
    """Its name."""


def _keys_rule(field: str, python_name: str) -> Rule:
    return Rule(
        f"!has(self.{field}) || self.{field}.all(key, key.size() <= 317 && key.matches('{LABEL_KEY}'))",
        f"worker.{field} has a key that Kubernetes refuses: a key is name or prefix/name",
        lambda self: all(re.fullmatch(LABEL_KEY, key) for key in getattr(self, python_name)),
        f".{field}",
    )


RESERVED_LABEL_PREFIXES = ("btrix.", f"{GROUP}/", "batch.kubernetes.io/")


def _are_free(labels: Iterable[str]) -> bool:
    return not any(label == "role" or label.startswith(RESERVED_LABEL_PREFIXES) for label in labels)


class Worker(Model):
    """The pods of a run."""

    rules = (
        _keys_rule("labels", "labels"),
        _keys_rule("annotations", "annotations"),
        _keys_rule("nodeSelector", "node_selector"),
        Rule(
            "!has(self.labels) || self.labels.all(key, key != 'role' && "
            + " && ".join(f"!key.startsWith('{prefix}')" for prefix in RESERVED_LABEL_PREFIXES)
            + ")",
            "worker.labels must not set role, btrix.*, orgport.dev/* or batch.kubernetes.io/*: "
            "other controllers act on them; remove them",
            lambda self: _are_free(self.labels),
            ".labels",
        ),
    )

    service_account_name: Annotated[str, Field(max_length=253, pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$")] = ""
    """Empty: one is made for the run; else yours, for workload identity."""
    resources: Resources = Resources()
    """Requests and limits."""
    node_selector: Annotated[dict[LabelKey, LabelValue], Field(max_length=16)] = {}
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
    labels: Annotated[dict[LabelKey, LabelValue], Field(max_length=32)] = {}
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
    """Failed pods that a step may have for each pod it runs (files.parallelism in the files step), counted together;
    disruptions are not counted."""
    ttl_seconds_after_success: Annotated[int, Field(ge=0, le=31536000)] = 3600
    """When the Jobs of a successful run go; never the resource, never the data."""
    ttl_seconds_after_failure: Annotated[int, Field(ge=0, le=31536000)] = 604800
    """When the Jobs of a failed run go."""
    worker: Worker = Worker()
    """The pods of the run."""


def immutable(kind: str, *fields: str) -> tuple[Rule, ...]:
    """Rules that hold these fields of a spec, all of which have a default or are required, to their first value."""
    return (
        Rule(
            "self.attempt >= oldSelf.attempt",
            f"spec.attempt may only rise; create a new {kind} to start afresh",
            path=".attempt",
            forbids=True,
        ),
        *(
            Rule(
                f"self.{field} == oldSelf.{field}",
                f"spec.{field} is immutable; create a new {kind} instead",
                path=f".{field}",
                forbids=True,
            )
            for field in fields
        ),
    )


def credentials_rule(field: str) -> Rule:
    """Pods take their own identity for S3 only where the user names it. Outside a cluster there is no such account."""
    return Rule(
        f"has(self.{field}.credentials) || self.worker.serviceAccountName != ''",
        f"spec.{field}.credentials is missing: name a Secret in it, or the ServiceAccount whose identity is to be used "
        "in spec.worker.serviceAccountName",
        path=f".{field}",
    )
