"""Compile Kubernetes and the two servers of an installation, each once and for all tests.

All are commands of one Go module, programs/go.mod, which pins them: what they have in common is compiled once.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

from tests.cluster.settings import COMMANDS, PROGRAMS, SOURCES
from tests.cluster.shell import ClusterError, exclusively, run, say

FERRETDB = "github.com/FerretDB/FerretDB"
PACKAGES = {
    **{name: f"./{name}" for name in COMMANDS},
    "minio": "github.com/minio/minio",
    "ferretdb": f"{FERRETDB}/cmd/ferretdb",
}
GO = {
    **os.environ,
    "CGO_ENABLED": "0",
    "GOFLAGS": "-buildvcs=false -mod=readonly",
    "GOTOOLCHAIN": "local",
    "GOGC": "800",  # of the compiler: a fifth less time for some 200 MB more
}
# Nobody debugs these programs; and without inlining Kubernetes' own packages, the bulk, compile a quarter faster.
COMPILE = ("-p", "4", "-gcflags", "all=-dwarf=false", "-gcflags", "k8s.io/...=-dwarf=false -l")


def everything() -> None:
    """All programs are in the cache."""
    have(*PACKAGES)


def have(*names: str) -> None:
    """The programs of these names are in the cache; what lacks is compiled."""
    if not missing(names):
        return
    with exclusively("programs"):
        if wanted := missing(names):
            require_go()
            say(f"compiling {', '.join(wanted)} into {PROGRAMS} (all take 8 to 12 minutes on 2 cores, once) ...")
            began = time.monotonic()
            compile_programs(wanted)
            say(f"compiled in {time.monotonic() - began:.0f} s")


def program(name: str) -> Path:
    """The program of this name, compiled when it lacks."""
    have(name)
    return PROGRAMS / name


def missing(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if not (PROGRAMS / name).exists()]


def require_go() -> None:
    if shutil.which("go") is None:
        raise ClusterError("Go 1.25 or newer is needed to compile Kubernetes: put `go` on the PATH")


def compile_programs(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        go_mod = with_released_ferretdb(Path(folder))
        flags = ["-modfile", go_mod, *COMPILE, "-ldflags", linker_flags(go_mod.read_text())]
        made = PROGRAMS / "made"
        run("go", "build", *flags, "-o", f"{made}/", *(PACKAGES[name] for name in names), cwd=SOURCES, env=GO)
    for name in names:
        (made / name).rename(PROGRAMS / name)
    made.rmdir()


def with_released_ferretdb(folder: Path) -> Path:
    """A go.mod that takes FerretDB from a copy: it refuses to run without a file that its release process writes."""
    module = json.loads(run("go", "mod", "download", "-json", FERRETDB, cwd=SOURCES, env=GO))
    copy = folder / "ferretdb"
    shutil.copytree(module["Dir"], copy)
    run("chmod", "-R", "u+w", copy)
    (copy / "build" / "version" / "version.txt").write_text(f"{module['Version']}\n")
    shutil.copy(SOURCES / "go.sum", folder)
    go_mod = folder / "go.mod"
    go_mod.write_text(f"{(SOURCES / 'go.mod').read_text()}\nreplace {FERRETDB} => {copy}\n")
    return go_mod


def linker_flags(go_mod: str) -> str:
    """Stripped; and Kubernetes says its version, which its own build would stamp in."""
    found = re.search(r"^\s+k8s\.io/kubernetes (v\d+\.(\d+)\.\d+)", go_mod, re.MULTILINE)
    if found is None:
        raise ClusterError("programs/go.mod does not require k8s.io/kubernetes vX.Y.Z")
    version = "k8s.io/component-base/version"
    return f"-s -w -X {version}.gitVersion={found[1]} -X {version}.gitMajor=1 -X {version}.gitMinor={found[2]}"
