"""A run as a line: what is read off its resource for a table, and the same as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orgport.api.failures import unadvised
from orgport.api.names import KINDS, PLURALS
from orgport.api.reasons import Exit, Reason
from orgport.api.status import Progress
from orgport.cli.errors import CommandError
from orgport.controller.decide.amounts import amount, duration, part
from orgport.controller.raw import Raw, condition, moment, text
from orgport.controller.resource import Status, read_status

ORDINARY = {
    Reason.PLANNING,
    Reason.COPYING_FILES,
    Reason.EXPORTING_DATABASE,
    Reason.IMPORTING_DATABASE,
    Reason.ROLLING_BACK,
    Reason.EXPORTED,
    Reason.IMPORTED,
}
"""Reasons whose message says no more than the numbers do."""
HEADINGS = ("NAME", "ORG", "PHASE", "PROGRESS", "RATE", "LEFT", "AGE", "REASON")


@dataclass(frozen=True)
class Row:
    """One run at one moment."""

    kind: str
    namespace: str
    name: str
    created: datetime | None
    status: Status
    reason: str
    message: str
    now: datetime

    @property
    def title(self) -> str:
        return f"{self.kind.lower()}/{self.name}"

    @property
    def phase(self) -> str:
        return self.status.phase or "Pending"

    @property
    def progress(self) -> Progress:
        return self.status.progress or Progress()

    @property
    def has_ended(self) -> bool:
        return self.status.completion_time is not None

    @property
    def bytes_per_second(self) -> int:
        return self.progress.bytes_per_second if self.phase == "Running" else 0

    @property
    def seconds_left(self) -> int | None:
        end = self.progress.estimated_completion_time
        return int((end - self.now).total_seconds()) if end and end > self.now and self.phase == "Running" else None

    @property
    def seconds_taken(self) -> int | None:
        began = self.status.start_time
        return max(int(((self.status.completion_time or self.now) - began).total_seconds()), 0) if began else None

    def dump(self) -> dict[str, Any]:
        """As JSON data; what is not known is null."""
        status = self.status
        return {
            "kind": self.kind,
            "namespace": self.namespace,
            "name": self.name,
            "org": status.org.slug if status.org else None,
            "phase": self.phase,
            "step": status.step,
            "attempt": status.attempt,
            "reason": self.reason or None,
            "message": self.message,
            "hasEnded": self.has_ended,
            **self.progress.model_dump(
                mode="json", by_alias=True, exclude={"summary", "update_time", "bytes_per_second"}
            ),
            "bytesPerSecond": self.bytes_per_second,
            "secondsLeft": self.seconds_left,
            "secondsTaken": self.seconds_taken,
        }


def row_of(resource: Raw, now: datetime) -> Row:
    """The line of a resource."""
    succeeded = condition(resource, "Succeeded")
    reason = text(succeeded, "reason")
    return Row(
        kind=text(resource, "kind"),
        namespace=text(resource, "metadata", "namespace"),
        name=text(resource, "metadata", "name"),
        created=moment(resource, "metadata", "creationTimestamp"),
        status=read_status(resource),
        reason=reason,
        message=printable(unadvised(reason, text(succeeded, "message"))),
        now=now,
    )


def printable(words: str) -> str:
    """The text with control characters spelt out: a key of a bucket may hold what a terminal would obey."""
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in words)


def rows_of(resources: Iterable[Raw], now: datetime) -> list[Row]:
    """Those that go on first, then by namespace, name and kind."""
    rows = (row_of(resource, now) for resource in resources)
    return sorted(rows, key=lambda row: (row.has_ended, row.namespace, row.name, row.kind))


def done(row: Row) -> str:
    """What is done of what there is, in the measure of the step under way; in the end, what came of it."""
    progress, step, result = row.progress, row.status.step, row.status.result
    if row.phase == "Succeeded":
        return f"{result.objects} objects, {amount(result.bytes)}" if result else progress.summary
    if step == "files" and progress.bytes_total:
        return part(progress.bytes_done, progress.bytes_total)
    if step == "database" and progress.documents_total:
        return f"{progress.documents_done}/{progress.documents_total} documents"
    return ""


def cells(row: Row) -> list[str]:
    """The row in words, one a heading."""
    left, rate = row.seconds_left, row.bytes_per_second
    return [
        row.title,
        row.status.org.slug if row.status.org else "",
        row.phase,
        f"{row.progress.percent}% {done(row)}".strip(),
        f"{amount(rate)}/s" if rate else "",
        duration(left) if left is not None else "",
        duration((row.now - row.created).total_seconds()) if row.created else "",
        why(row),
    ]


def why(row: Row) -> str:
    """The reason, and the message beside it where that says more."""
    return f"{row.reason}: {row.message}" if row.message and row.reason not in ORDINARY else row.reason


def aligned(rows: Sequence[Sequence[str]], indent: str = "") -> str:
    """Cells as columns, three spaces apart; an empty column is left out."""
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    padded = [[cell.ljust(max(map(len, column))) for cell in column] for column in columns]
    return "".join(f"{indent}{'   '.join(cells).rstrip()}\n" for cells in zip(*padded, strict=True))


@dataclass(frozen=True)
class Target:
    """A name on the command line; kind "": either kind."""

    name: str
    kind: str = ""

    def fits(self, resource: Raw) -> bool:
        return text(resource, "metadata", "name") == self.name and self.kind in ("", resource.get("kind"))


_WORDS = {word: kind for kind in KINDS for word in (kind.lower(), PLURALS[kind], f"org{kind[3:6].lower()}")}


def parse_target(word: str) -> Target:
    """ "acme", "orgexport/acme", or with the plural, the short name or the group, as kubectl prints and takes it."""
    kind, _, name = word.rpartition("/")
    known = _WORDS.get(kind.lower().removesuffix(".orgport.dev"), "")
    if not name or (kind and not known):
        raise CommandError(f"{word!r} is no run: give NAME, orgexport/NAME or orgimport/NAME", Exit.USAGE)
    return Target(name, known)


def chosen(resources: Sequence[Raw], targets: Sequence[Target], where: str) -> list[Raw]:
    """The resources that are meant, all of them if none is named; CommandError for a name that nothing bears."""
    for target in targets:
        if not any(target.fits(resource) for resource in resources):
            kinds = target.kind or " or ".join(KINDS)
            raise CommandError(f"there is no {kinds} {target.name!r} in {where}", Exit.NO_INPUT)
    return [found for found in resources if not targets or any(target.fits(found) for target in targets)]
