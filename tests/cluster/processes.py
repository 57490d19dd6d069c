"""The cluster's own processes: started in the background, found again by pid file, ended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.cluster.settings import LOG, PID
from tests.cluster.shell import ClusterError

SECONDS_TO_END = 10.0


def start(name: str, *command: object) -> None:
    """Start a program in its own session, its output in a log of its name."""
    LOG.mkdir(parents=True, exist_ok=True)
    PID.mkdir(parents=True, exist_ok=True)
    words = [str(word) for word in command]
    with (LOG / f"{name}.log").open("a") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
    (PID / name).write_text(f"{process.pid} {start_time(process.pid)}")
    process.returncode = 0  # it outlives this program, which is no reason to warn of it


def stop(name: str) -> None:
    """End the program of that name and wait until it is gone; nothing happens if it does not run."""
    file = PID / name
    if not file.exists():
        return
    pid, began = file.read_text().split()
    for sent in (signal.SIGTERM, signal.SIGKILL):
        if ended_after(sent, int(pid), began):
            break
    file.unlink()


def ended_after(sent: signal.Signals, pid: int, began: str) -> bool:
    """Whether the process is gone within some seconds after the signal."""
    if start_time(pid) != began:
        return True
    os.kill(pid, sent)
    deadline = time.monotonic() + SECONDS_TO_END
    while start_time(pid) == began and time.monotonic() < deadline:
        time.sleep(0.1)
    return start_time(pid) != began


def start_time(pid: int) -> str:
    """When a living process began, in ticks since the boot; "" for none. A pid alone may be another's by now."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] == "Z" else fields[19]


def wait_for(what: str, is_ready: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not is_ready():
        if time.monotonic() > deadline:
            raise ClusterError(f"{what} is not ready after {seconds:.0f} s; the logs are in {LOG}")
        time.sleep(0.2)
