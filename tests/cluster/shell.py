"""Commands of this machine: run them, install them, keep two processes from doing the same thing at once."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.settings import CACHE

OUTPUT_SHOWN = 4000  # characters of a failed command's output


class ClusterError(Exception):
    """Something that the embedded cluster needs did not work; the message says what."""


def run(
    *command: object,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
) -> str:
    """What the command printed; ClusterError with the end of its output when it fails."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, cwd=cwd, env=env, input=stdin, text=True, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise ClusterError(f"{words[0]}: no such command ({error})") from None
    if done.returncode != 0:
        raise ClusterError(f"{' '.join(words)} failed:\n{(done.stdout + done.stderr)[-OUTPUT_SHOWN:]}")
    return done.stdout


def attempt(*command: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str | None:
    """As `run`, but None when the command fails."""
    try:
        return run(*command, cwd=cwd, env=env)
    except ClusterError:
        return None


def say(text: str) -> None:
    print(text, flush=True)


def install_debian_packages(packages: Mapping[str, str]) -> None:
    """Install what lacks; the keys are the programs, the values Debian's packages."""
    missing = sorted({package for program, package in packages.items() if shutil.which(program) is None})
    if not missing:
        return
    say(f"installing {', '.join(missing)} by apt-get ...")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with exclusively("debian-packages"):
        run("apt-get", "update", env=environment)
        run("apt-get", "install", "-y", "--no-install-recommends", *missing, env=environment)


@contextmanager
def exclusively(what: str) -> Iterator[None]:
    """Nobody else on this machine does the same meanwhile; a process that ends lets go."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{what}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
