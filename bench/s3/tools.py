"""The tools that are compared, each with the flags that make it fastest and let it keep the most."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.servers import ACCESS_KEY, SECRET_KEY

HOME = Path.home() / ".cache" / "orgport-bench"
BIN = HOME / "venv" / "bin"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
AWS_CONFIG = HOME / "aws"
AT_ONCE = "32"


@dataclass(frozen=True)
class Job:
    """BUCKET/PREFIX/ on one endpoint to BUCKET/PREFIX/ on another, or the same."""

    source: str
    destination: str
    source_endpoint: str
    destination_endpoint: str

    @property
    def is_local(self) -> bool:
        return self.source_endpoint == self.destination_endpoint


Tool = Callable[[Job], list[str] | None]
"""The command; None for what it cannot do."""


def install() -> None:
    """Make an environment with the tools, if there is none of these versions."""
    stamp = HOME / "installed"
    if not stamp.exists() or stamp.read_text() != REQUIREMENTS.read_text():
        venv.create(HOME / "venv", with_pip=True, clear=True)
        subprocess.run([BIN / "pip", "install", "--quiet", "-r", REQUIREMENTS], check=True)
        stamp.write_text(REQUIREMENTS.read_text())
    AWS_CONFIG.write_text(f"[default]\ns3 =\n  max_concurrent_requests = {AT_ONCE}\n")


def environment() -> dict[str, str]:
    """Where the tools find keys and settings."""
    keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
    return {**keys, "AWS_REGION": "us-east-1", "AWS_CONFIG_FILE": str(AWS_CONFIG)}


def orgport(job: Job) -> list[str]:
    places = [job.source, job.destination, job.source_endpoint, job.destination_endpoint]
    return [sys.executable, "-m", "bench.s3.engine", *places]


def rclone(job: Job) -> list[str]:
    one, other = (
        f":s3,provider=Minio,env_auth,endpoint='{each}':" for each in (job.source_endpoint, job.destination_endpoint)
    )
    flags = ["--transfers", AT_ONCE, "--checkers", AT_ONCE, "--fast-list", "--checksum", "--metadata", "--config", ""]
    return [str(BIN / "rclone"), "copy", one + job.source, other + job.destination, *flags, "--s3-no-check-bucket"]


def s5cmd(job: Job) -> list[str] | None:
    if not job.is_local:
        return None
    command = [str(BIN / "s5cmd"), "--endpoint-url", job.source_endpoint, "--numworkers", AT_ONCE, "--log", "error"]
    return [*command, "sync", "--size-only", f"s3://{job.source}*", f"s3://{job.destination}"]


def aws(job: Job) -> list[str] | None:
    if not job.is_local:
        return None
    command = [
        str(BIN / "aws"),
        "--endpoint-url",
        job.source_endpoint,
        "s3",
        "sync",
        "--only-show-errors",
        "--size-only",
    ]
    return [*command, f"s3://{job.source}", f"s3://{job.destination}"]


TOOLS: dict[str, Tool] = {"orgport": orgport, "rclone": rclone, "s5cmd": s5cmd, "aws": aws}
