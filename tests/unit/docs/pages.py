"""The commands of README and docs/: each says in a comment above it where it is run, or why it is not.

<!-- run: here -->             on this machine, in a folder with the repository's files
<!-- run: cluster -->          against an API server, in a namespace with runs called acme-2026-11
<!-- run: in order -->         README's way to an organization that has moved, by tests/cluster_runs/test_readme.py
<!-- run: no, REASON -->       nowhere; `pytest -v` lists them by their reasons
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.unit.api.specs import ROOT

PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
GENERATED = {"api.md", "reasons.md"}
PROGRAMS = {
    "aws", "argocd", "curl", "docker", "export", "flux", "helm", "jq", "kubectl", "make", "orgport", "pip", "python3",
    "python3.11", "TOKEN=$(curl",
}  # fmt: skip
MARKER = re.compile(r"^\s*<!-- run: (here|cluster|in order|no, .+) -->\s*$")


@dataclass(frozen=True)
class Block:
    """Lines of commands that belong together."""

    page: str
    line: int
    text: str
    marker: str
    """here, cluster, in order, or "no, " and a reason; "": none was given."""

    @property
    def title(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def reason(self) -> str:
        return self.marker.removeprefix("no, ") if self.marker.startswith("no, ") else ""

    @property
    def commands(self) -> list[str]:
        """One a line; a backslash at the end joins the next."""
        return [line for line in re.sub(r"\\\n\s*", "", self.text).splitlines() if line.strip()]


def blocks_of(page: str, text: str) -> Iterator[Block]:
    """The indented and fenced blocks of a page that begin with a program."""
    marker = ""
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        if found := MARKER.match(line):
            marker = found[1]
        fence = re.match(r"^\s*```(\w*)", line)
        if fence or _begins_block(lines, number):
            body, end = _body(lines, number + 1, fenced=True) if fence else _body(lines, number, fenced=False)
            if _is_commands(body, fence[1] if fence else ""):
                yield Block(page, number + 1, "\n".join(body), marker)
            marker, number = "", end
            continue
        if line.strip() and not found:
            marker = ""
        number += 1


def _begins_block(lines: list[str], number: int) -> bool:
    return lines[number].startswith("    ") and (number == 0 or not lines[number - 1].strip())


def _body(lines: list[str], start: int, *, fenced: bool) -> tuple[list[str], int]:
    end = start
    while end < len(lines) and (not re.match(r"^\s*```", lines[end]) if fenced else lines[end].startswith("    ")):
        end += 1
    body = lines[start:end]
    indent = min((len(line) - len(line.lstrip()) for line in body if line.strip()), default=0)
    return [line[indent:] for line in body], end + fenced


def _is_commands(body: list[str], language: str) -> bool:
    if language:
        return language in ("sh", "bash", "console")
    words = body[0].split() if body else []
    return bool(words) and words[0] in PROGRAMS


def blocks() -> list[Block]:
    """All commands of all pages."""
    return [block for page in PAGES if page.name not in GENERATED for block in blocks_of(page.name, page.read_text())]
