"""Flux's verdict, by Flux's own packages: compiled once from the Go modules that program/go.mod pins."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.cluster.binaries import COMPILE, GO, require_go
from tests.cluster.settings import CACHE, digest_of
from tests.cluster.shell import exclusively, run, say

SOURCE = Path(__file__).parent / "program"
PROGRAM = CACHE / f"flux-{digest_of(*sorted(SOURCE.iterdir()))}"


def verdicts(objects: Sequence[Any], expressions: Mapping[str, str] | None = None) -> list[str]:
    """Flux's verdict on each object: InProgress, Current, Failed, Terminating, or "error: ..." of an expression."""
    found: list[str] = _ask({"objects": objects, "expressions": expressions})["verdicts"]
    return found


def faults(manifests: Sequence[Any]) -> list[str]:
    """What Flux's API does not know of the manifests."""
    found: list[str] = _ask({"manifests": manifests})["faults"]
    return found


def _ask(question: Mapping[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run(_program(), stdin=json.dumps(question)))
    return answer


def _program() -> Path:
    with exclusively("flux"):
        if not PROGRAM.exists():
            require_go()
            say("compiling Flux's packages (once; a minute or two) ...")
            part = PROGRAM.with_suffix(".part")
            run("go", "build", *COMPILE, "-ldflags", "-s -w", "-o", part, ".", cwd=SOURCE, env=GO)
            part.rename(PROGRAM)
    return PROGRAM
