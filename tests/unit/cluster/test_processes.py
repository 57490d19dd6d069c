"""Processes are found again by pid file, and never taken for others."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import processes

SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")


@pytest.fixture
def pid_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(processes, "PID", tmp_path / "pid")
    monkeypatch.setattr(processes, "LOG", tmp_path / "log")
    (tmp_path / "pid").mkdir()
    return tmp_path / "pid"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(SLEEPER) as process:
        yield process
        process.kill()


def test_a_started_program_is_stopped_by_its_name(pid_files: Path) -> None:
    processes.start("sleeper", *SLEEPER)
    pid, began = (pid_files / "sleeper").read_text().split()
    assert processes.start_time(int(pid)) == began
    processes.stop("sleeper")
    assert processes.start_time(int(pid)) == ""
    os.waitpid(int(pid), 0)


def test_another_process_with_the_pid_of_one_long_gone_is_left_alone(
    pid_files: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    (pid_files / "apiserver").write_text(f"{sleeper.pid} 1")
    processes.stop("apiserver")
    assert sleeper.poll() is None
    assert not (pid_files / "apiserver").exists()


def test_stopping_what_never_ran_does_nothing(pid_files: Path) -> None:
    processes.stop("nothing")
