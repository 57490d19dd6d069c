"""What `decide` is told beside the objects, and what it answers: data, which `apply` carries out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from orgport.api.reasons import Reason
from orgport.api.status import StepName

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    """The API server does not take an object that a step needs."""

    reason: Reason
    message: str
    is_final: bool
    """Whether asking again is of no use."""


@dataclass(frozen=True)
class Surroundings:
    """What is known of a run beside its own objects."""

    job_events: tuple[Mapping[str, Any], ...] = ()
    """Events FailedCreate of the run's Jobs: a pod that was refused leaves nothing else."""
    silence: Mapping[str, float] = field(default_factory=dict)
    """For how many seconds of successful reads each lease, by name, has not been renewed."""
    refusals: Mapping[StepName, Refusal] = field(default_factory=dict)
    """What came of making the objects of a step, a moment ago."""


@dataclass(frozen=True)
class JobPatch:
    """A merge patch of a Job."""

    name: str
    patch: Manifest


@dataclass(frozen=True)
class Deletion:
    """An object to delete, if it is still the one that was seen."""

    kind: Literal["Job", "Pod"]
    name: str
    uid: str


@dataclass(frozen=True)
class Event:
    """One transition, as `kubectl describe` shows it. `key` makes its name: the same transition is told once."""

    reason: str
    message: str
    key: str
    warning: bool = False


@dataclass(frozen=True)
class Decision:
    """What to do, in this order; then, if `status` is not None, make it the resource's status, then tell the events."""

    deletions: tuple[Deletion, ...] = ()
    creates: tuple[Manifest, ...] = ()
    patches: tuple[JobPatch, ...] = ()
    status: Manifest | None = None
    events: tuple[Event, ...] = ()
    requeue: float | None = None
    """Look again after so many seconds, whatever happens."""
    invalid_reports: int = 0
