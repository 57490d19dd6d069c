"""Everything about one run, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from textwrap import wrap
from typing import Any

from orgport.cli.description import Facts, facts
from orgport.cli.reading import Around
from orgport.cli.runs import Row, aligned, done, printable, row_of, why
from orgport.controller.decide.amounts import amount, duration
from orgport.controller.raw import Raw

WIDTH = 120


def as_text(resource: Raw, around: Around, now: datetime) -> str:
    """For people; an empty part is left out."""
    row, found = row_of(resource, now), facts(resource, around, now)
    parts = [
        f"{row.kind} {row.namespace}/{row.name}\n" + _pairs(_head(row, found)),
        _part("Steps", _steps(found["steps"])),
        _part("Pods", _pods(found["pods"])),
        _part("Last messages", _pairs(map(_told, found["messages"]))),
        _part("Failure", _pairs(_failure(found["failure"]))),
        _part("Result", _pairs(_result(found["result"]))),
        _part("Suggestion", _wrapped(found["suggestion"], 2, "  ")),
        _part("Events", _pairs(map(_event, found["events"]))),
    ]
    if found["unseen"]:
        parts.append(f"You may not list {', '.join(found['unseen'])} here: what they say is left out.\n")
    return printable("\n".join(filter(None, parts)))


def _part(title: str, body: str) -> str:
    return f"{title}\n{body}" if body else ""


def _head(row: Row, found: Facts) -> Iterator[tuple[str, str]]:
    org = row.status.org
    yield "Organization", f"{org.name} ({org.slug}, {org.id})" if org else ""
    yield "Phase", ", ".join(filter(None, (row.phase, f"step {row.status.step}" if row.status.step else "")))
    yield "Attempt", str(row.status.attempt or "")
    yield "Reason", why(row)
    yield "Progress", ", ".join(_numbers(row))
    yield "Started", found["startTime"] or ""
    yield "Ended", found["completionTime"] or ""
    yield "Took", duration(row.seconds_taken) if row.has_ended and row.seconds_taken is not None else ""
    yield "Deadline", "" if row.has_ended else found["deadlineTime"] or ""


def _numbers(row: Row) -> Iterator[str]:
    yield f"{row.progress.percent}%"
    yield from filter(None, (done(row),))
    if row.progress.objects_present:
        yield f"{row.progress.objects_present} objects were there already"
    if row.bytes_per_second:
        yield f"{amount(row.bytes_per_second)}/s"
    if row.seconds_left is not None:
        yield f"{duration(row.seconds_left)} left"


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Names, and values beside them; what is empty is left out."""
    shown = [(name, value) for name, value in pairs if value]
    width = max((len(name) for name, _ in shown), default=0)
    return "".join(_wrapped(value, width + 4, f"  {name:<{width}}  ") for name, value in shown)


def _wrapped(text: str, indent: int, begin: str) -> str:
    """Lines of words that fit into a terminal; what is no word, such as a key, stays whole."""
    lines: list[str] = []
    for line in text.splitlines():
        wrapped = wrap(line, WIDTH - indent, break_long_words=False, break_on_hyphens=False)
        lines += wrapped or [""]
    return "".join((" " * indent if number else begin) + line + "\n" for number, line in enumerate(lines))


def _steps(steps: Sequence[Facts]) -> str:
    headings = ["STEP", "STATE", "TOOK", "FAILED PODS", "DISRUPTED", "HEARTBEAT", "JOB"]
    rows = [
        [
            step["name"],
            step["state"],
            _short(step["secondsTaken"]),
            _number(step["failedPods"]),
            _number(step["disruptedPods"]),
            f"{_short(step['heartbeatAgeSeconds'])} ago" if step["heartbeatAgeSeconds"] is not None else "",
            step["job"] or "",
        ]
        for step in steps
    ]
    return aligned([headings, *rows], "  ") if rows else ""


def _pods(pods: Sequence[Facts]) -> str:
    rows = [
        [pod["name"], pod["state"], _text(pod["exitCode"]), pod["node"] or "", pod["startTime"] or ""] for pod in pods
    ]
    return aligned([["POD", "STATE", "EXIT CODE", "NODE", "STARTED"], *rows], "  ") if rows else ""


def _told(message: Facts) -> tuple[str, str]:
    words = f"{message['stage']}: {message['message']}" if message["message"] else message["stage"]
    return f"{message['step']}-{message['index']}", f"{message['outcome']}, {words}"


def _failure(failure: Facts | None) -> Iterator[tuple[str, str]]:
    if failure is not None:
        yield "Reason", failure["reason"]
        yield "Step", failure.get("step", "")
        yield "Message", failure["message"]
        yield "Keys", "\n".join(failure.get("keys", []))


def _result(result: Facts | None) -> Iterator[tuple[str, str]]:
    return ((name, _value(name, value)) for name, value in (result or {}).items())


def _value(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return amount(value) if name == "bytes" else str(value)


def _event(event: Facts) -> tuple[str, str]:
    return event["time"] or "", f"{event['type']} {event['reason']}: {event['message']}"


def _short(seconds: int | None) -> str:
    return "" if seconds is None else duration(seconds)


def _number(value: int) -> str:
    return str(value) if value else ""


def _text(value: object) -> str:
    return "" if value is None else str(value)
