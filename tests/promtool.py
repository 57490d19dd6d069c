"""promtool, Prometheus' own judge of rules: the one on the PATH, or Debian's, unpacked and not installed."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests.cluster.settings import CACHE, DEBIAN
from tests.cluster.shell import exclusively, run, say

UNPACKED = CACHE / f"promtool-{DEBIAN}" / "promtool"


def promtool() -> Path:
    """The program; fetched once."""
    if found := shutil.which("promtool"):
        return Path(found)
    with exclusively("promtool"):
        if not UNPACKED.exists():
            say("fetching promtool from Debian's package prometheus (once; some seconds) ...")
            fetch()
    return UNPACKED


def fetch() -> None:
    # Installing the package would start a Prometheus.
    UNPACKED.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=UNPACKED.parent) as folder:
        run("apt-get", "update")
        run("apt-get", "-o", "APT::Sandbox::User=root", "download", "prometheus", cwd=Path(folder))
        (package,) = Path(folder).glob("prometheus_*.deb")
        run("dpkg-deb", "--extract", package, folder)
        (Path(folder) / "usr" / "bin" / "promtool").rename(UNPACKED)
