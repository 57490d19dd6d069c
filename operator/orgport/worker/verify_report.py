"""What a verification found: a row a check, the answer to whether the source may be deleted, and an exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from orgport.api.failures import Failure, shorten
from orgport.api.reasons import Exit

State = Literal["ok", "failed", "skipped"]
KEYS_KEPT = 100
"""Object keys and document ids that a check names; beyond them it counts."""


@dataclass
class Noted:
    """How many there are, and the first of them."""

    count: int = 0
    keys: list[str] = field(default_factory=list)

    def add(self, key: str) -> None:
        self.count += 1
        if len(self.keys) < KEYS_KEPT:
            self.keys.append(key)

    def said(self, what: str) -> list[str]:
        """A problem, with an example; none if there are none."""
        return [f"{self.count} {what}, such as {self.keys[0]}"] if self.count else []


@dataclass(frozen=True)
class Check:
    """A row. `keys` are what a failure is about, or what a person should look at."""

    name: str
    state: State
    numbers: Mapping[str, int] = field(default_factory=dict)
    message: str = ""
    keys: Sequence[str] = ()

    def dump(self) -> dict[str, Any]:
        row: dict[str, Any] = {"name": self.name, "state": self.state, "numbers": dict(self.numbers)}
        if self.message:
            row["message"] = self.message
        if self.keys:
            row["keys"] = list(self.keys)
        return row


def judged(
    name: str,
    problems: Sequence[str],
    numbers: Mapping[str, int] | None = None,
    *,
    note: str = "",
    noted: Sequence[Noted] = (),
) -> Check:
    """A check that failed if there are problems; `noted` are its keys."""
    keys = [key for each in noted for key in each.keys]
    message = shorten("; ".join(problems)) if problems else note
    return Check(name, "failed" if problems else "ok", numbers or {}, message, keys)


def skipped(name: str, why: str) -> Check:
    return Check(name, "skipped", message=why)


def failed(name: str, failure: Failure) -> Check:
    """The row of data that is not what it should be; any other failure is raised again: nothing is known then."""
    if failure.exit_code != Exit.DATA:
        raise failure
    return Check(name, "failed", message=failure.message, keys=failure.keys[:KEYS_KEPT])


@dataclass(frozen=True)
class Verification:
    """All checks of one resource. `reasons`: why the source may not be deleted; None where that is not asked."""

    kind: str
    name: str
    subject: str
    """What was verified, for people."""
    checks: Sequence[Check]
    reasons: Sequence[str] | None = None

    @property
    def is_well(self) -> bool:
        return not any(check.state == "failed" for check in self.checks)

    @property
    def may_be_deleted(self) -> bool | None:
        return None if self.reasons is None else not self.reasons

    @property
    def exit_code(self) -> int:
        return 0 if self.is_well and not self.reasons else Exit.DATA

    def dump(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "kind": self.kind,
            "name": self.name,
            "subject": self.subject,
            "ok": self.is_well,
            "checks": [check.dump() for check in self.checks],
        }
        if self.reasons is not None:
            body |= {"sourceMayBeDeleted": not self.reasons, "reasons": list(self.reasons)}
        return body


def failures_of(checks: Sequence[Check]) -> list[str]:
    """What failed, as reasons."""
    return [f"{check.name}: {check.message}" for check in checks if check.state == "failed"]
