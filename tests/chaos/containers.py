"""What is done to a container from outside Kubernetes, on the node itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cluster.images import CTR
from tests.cluster.processes import wait_for
from tests.cluster.shell import run

CGROUPS = Path("/sys/fs/cgroup")
HOG = """
import os, sys, time
with open(sys.argv[1], "w") as members:
    members.write(str(os.getpid()))
kept = []
while True:
    kept.append(bytearray(2**24))
    time.sleep(0.01)
"""
"""A program that joins a control group and takes all the memory that there is in it."""
SECONDS = 30.0


def identity(pod: dict[str, Any]) -> str:
    """The id of the pod's only container, which runs."""
    found: str = pod["status"]["containerStatuses"][0]["containerID"]
    return found.removeprefix("containerd://")


def pid_of(container: str) -> int:
    """The pid of the container's first process."""
    rows = (line.split() for line in run(*CTR, "tasks", "ls").splitlines())
    return next(int(row[1]) for row in rows if row[0] == container)


def kill(container: str) -> None:
    """SIGKILL, without a word to Kubernetes."""
    run(*CTR, "tasks", "kill", "-s", "SIGKILL", container)


def run_out_of_memory(container: str) -> None:
    """Use up what the container's limit leaves; the kernel ends its first process, which is marked as the one to go."""
    pid = pid_of(container)
    with subprocess.Popen([sys.executable, "-c", HOG, str(memory_of(pid) / "cgroup.procs")]) as hog:
        wait_for(
            "the end of the container", lambda: hog.poll() is not None or not Path(f"/proc/{pid}").exists(), SECONDS
        )
        hog.kill()


def memory_of(pid: int) -> Path:
    """The folder of the process's control group for memory, in either version of control groups."""
    rows = [row.split(":", 2) for row in Path(f"/proc/{pid}/cgroup").read_text().splitlines()]
    if (CGROUPS / "memory").exists():
        return CGROUPS / "memory" / next(path for _, names, path in rows if "memory" in names).lstrip("/")
    return CGROUPS / next(path for number, _, path in rows if number == "0").lstrip("/")
