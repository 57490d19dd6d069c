"""What a process took: wall clock, processor and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.servers import python_environment

MIB = 2**20


@dataclass(frozen=True)
class Usage:
    """Seconds of wall clock and processor (user and system, all threads), and the most memory that was resident."""

    wall: float
    cpu: float
    peak_bytes: int
    code: int = 0
    """The exit code."""

    @property
    def peak(self) -> float:
        """In MiB."""
        return self.peak_bytes / MIB


def compared(usages: Sequence[Usage], base: Sequence[Usage]) -> list[str]:
    """Cells of a table, medians: wall clock and its ratio to the base's, processor and its ratio, peak memory."""
    cells = []
    for figure in (lambda usage: usage.wall), (lambda usage: usage.cpu):
        own, other = median(map(figure, usages)), median(map(figure, base))
        cells += [f"{own:.2f}", f"{own / other:.2f}"]
    return [*cells, f"{median(each.peak for each in usages):.0f}"]


LAUNCHER = """
import json, os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
figures = [os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss]
open(sys.argv[1], "w").write(json.dumps(figures))
"""
"""A small process starts the command: the kernel counts what its starter had in memory as the command's own."""


def measured(
    command: Sequence[object], log: Path, environment: Mapping[str, str] | None = None, *, may_fail: bool = False
) -> Usage:
    """Run the command to its end; RuntimeError, with the end of what it said, if it fails and may not."""
    words, figures = [str(word) for word in command], log.with_suffix(".usage")
    launch = [sys.executable, "-I", "-S", "-c", LAUNCHER, str(figures), *words]
    began = time.monotonic()
    with log.open("wb") as output:
        variables = {**os.environ, **python_environment(), "PYTHONDONTWRITEBYTECODE": "", **(environment or {})}
        subprocess.run(launch, stdout=output, stderr=output, env=variables, check=True)
    wall = time.monotonic() - began
    code, cpu, peak = json.loads(figures.read_text())
    if code and not may_fail:
        raise RuntimeError(f"{' '.join(words)} ended with {code}:\n{log.read_text()[-3000:]}")
    return Usage(wall, cpu, peak * 1024, code)
