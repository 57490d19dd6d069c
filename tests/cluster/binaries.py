"""Compile Kubernetes and the two servers of an installation from Go modules, each once and for all tests."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cluster.settings import (
    COREDNS,
    COREDNS_BINARY,
    ETCD,
    ETCD_BINARY,
    FERRETDB,
    FERRETDB_BINARY,
    KUBE,
    KUBERNETES,
    MINIO,
    MINIO_BINARY,
    SOURCES,
)
from tests.cluster.shell import ClusterError, exclusively, run, say

GO = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOTOOLCHAIN": "local"}
STRIPPED = "-s -w"


def everything() -> None:
    """All programs. The small ones are made beside Kubernetes: a download or a link leaves a core idle."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda make: make(), (kubernetes, all_but_kubernetes)))


def kubernetes() -> None:
    build(KUBE, "5 to 8 minutes", kube)


def all_but_kubernetes() -> None:
    build(ETCD_BINARY, "about a minute", etcd)
    build(COREDNS_BINARY, "2 minutes", coredns)
    minio()
    ferretdb()


def minio() -> Path:
    """MinIO's binary."""
    return build(MINIO_BINARY, "2 minutes", lambda folder: install(f"github.com/minio/minio@{MINIO}", folder))


def ferretdb() -> Path:
    """FerretDB's binary: the MongoDB protocol over SQLite."""
    return build(FERRETDB_BINARY, "half a minute", ferretdb_in)


def build(binary: Path, duration: str, compile_in: Callable[[Path], None]) -> Path:
    """Have the binary in the cache; `compile_in` leaves it, under its name, in the folder that it is given."""
    if binary.exists():
        return binary
    with exclusively(binary.name):
        if not binary.exists():
            require_go()
            say(f"compiling {binary.name} (once; {duration}) ...")
            began = time.monotonic()
            compile_into(binary, compile_in)
            say(f"compiled {binary.name} in {time.monotonic() - began:.0f} s")
    return binary


def compile_into(binary: Path, compile_in: Callable[[Path], None]) -> None:
    folder = binary.parent / f"build-{binary.name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    compile_in(folder)
    (folder / binary.name).rename(binary)
    shutil.rmtree(folder)


def require_go() -> None:
    if shutil.which("go") is None:
        raise ClusterError("Go 1.25 or newer is needed to compile Kubernetes: put `go` on the PATH")


def install(target: str, folder: Path) -> None:
    """Compile a module's own command."""
    run("go", "install", "-ldflags", STRIPPED, target, cwd=folder, env={**GO, "GOBIN": str(folder)})


def etcd(folder: Path) -> None:
    program_with(f"go.etcd.io/etcd/server/v3@{ETCD}", folder, "etcd")


def coredns(folder: Path) -> None:
    program_with(f"github.com/coredns/coredns@{COREDNS}", folder, "coredns")


def program_with(requirement: str, folder: Path, name: str) -> None:
    run("go", "mod", "init", f"orgport.test/{name}", cwd=folder, env=GO)
    run("go", "get", requirement, cwd=folder, env=GO)
    compile_program(folder, name)


def kube(folder: Path) -> None:
    (folder / "go.mod").write_text(go_mod_for_kubernetes(Path(module(f"k8s.io/kubernetes@{KUBERNETES}", "GoMod"))))
    version = "k8s.io/component-base/version"
    minor = KUBERNETES.split(".")[1]
    stamp = f"-X {version}.gitVersion={KUBERNETES} -X {version}.gitMajor=1 -X {version}.gitMinor={minor}"
    compile_program(folder, "kube", f"{STRIPPED} {stamp}")


def go_mod_for_kubernetes(upstream: Path) -> str:
    """k8s.io/kubernetes replaces its staging modules by local folders; outside its tree they are published as v0.x."""
    text = upstream.read_text()
    version = "v0." + KUBERNETES.split(".", 1)[1]
    staging = re.findall(r"^\s*(k8s\.io/[a-z0-9-]+) => \./staging", text, re.MULTILINE)
    return "\n".join(
        [
            "module orgport.test/kube",
            *re.findall(r"^go \S+", text, re.MULTILINE),
            *re.findall(r"^godebug \S+.*$", text, re.MULTILINE),
            f"require k8s.io/kubernetes {KUBERNETES}",
            "replace (",
            *(f"\t{name} => {name} {version}" for name in staging),
            ")\n",
        ]
    )


def compile_program(folder: Path, name: str, flags: str = STRIPPED) -> None:
    """Compile our main.go of that name against the go.mod in the folder."""
    shutil.copy(SOURCES / name / "main.go", folder)
    run("go", "mod", "tidy", "-e", cwd=folder, env=GO)
    run("go", "build", "-ldflags", flags, "-o", name, ".", cwd=folder, env=GO)


def ferretdb_in(folder: Path) -> None:
    """FerretDB's command refuses to run without a file that its release process writes, so it is built from a copy."""
    source = folder / "source"
    shutil.copytree(module(f"github.com/FerretDB/FerretDB@{FERRETDB}", "Dir"), source)
    run("chmod", "-R", "u+w", source)
    (source / "build" / "version" / "version.txt").write_text(f"{FERRETDB}\n")
    run("go", "build", "-ldflags", STRIPPED, "-o", folder / "ferretdb", "./cmd/ferretdb", cwd=source, env=GO)


def module(name: str, member: str) -> str:
    """A member of what `go mod download -json` says of a module."""
    value: str = json.loads(run("go", "mod", "download", "-json", name, cwd=Path("/"), env=GO))[member]
    return value


def compile_alone(source: Path, binary: Path) -> None:
    """Compile a program that needs nothing but Go's own library."""
    run("go", "build", "-ldflags", STRIPPED, "-o", binary, source, env={**GO, "GO111MODULE": "off"})
