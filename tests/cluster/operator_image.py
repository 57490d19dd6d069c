"""The operator's own image: built from operator/Dockerfile and loaded into the node."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.cluster.access import Cluster
from tests.cluster.images import has_image, load
from tests.cluster.settings import BASE_ARCHIVE, BASE_IMAGE, DEBIAN, REPOSITORY, digest_of
from tests.cluster.shell import ClusterError, attempt, exclusively, install_debian_packages, run, say

NAME = "localhost/orgport"
BUILD_PACKAGES = {"buildah": "buildah", "mmdebstrap": "mmdebstrap"}
BUILDAH = {**os.environ, "BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "overlay"}
CONTEXT = ("operator", "pyproject.toml", "README.md", "LICENSE", "requirements.lock", "requirements-build.lock")
CERTIFICATES = "/run/secrets/certificates"  # where the build sees this machine's bundle


def image_for(cluster: Cluster) -> str:
    """The image that the cluster's pods can start: built here for the embedded one, ORGPORT_IMAGE's for another."""
    if cluster.is_embedded:
        return build_image()
    if not (reference := os.environ.get("ORGPORT_IMAGE")):
        raise ClusterError("an external cluster needs ORGPORT_IMAGE: an image of operator/Dockerfile that it can pull")
    return reference


def build_image() -> str:
    """Build the image, unless the node has it, and load it; its reference. The tag is a digest of what went in."""
    reference = f"{NAME}:{digest_of(*context_files())}"
    with exclusively("image"):
        if not has_image(reference):
            say(f"building {reference} ...")
            build(reference)
            load_built(reference)
    return reference


def build_layers() -> None:
    """Build the image, unless the node has it, and leave it in buildah's store: no cluster is needed for that."""
    reference = f"{NAME}:{digest_of(*context_files())}"
    with exclusively("image"):
        if not has_image(reference):
            build(reference)


def context_files() -> Iterator[Path]:
    for name in CONTEXT:
        path = REPOSITORY / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in found if file.is_file() and "__pycache__" not in file.parts)


def build(reference: str) -> None:
    """Build; layers that were built before are taken as they are."""
    install_debian_packages(BUILD_PACKAGES)
    make_base_image()
    with tempfile.TemporaryDirectory() as folder:
        secrets = write_secrets(Path(folder), os.environ)
        buildah(
            "bud", "-q", "--layers", "--network", "host", "--build-arg", f"BASE={BASE_IMAGE}", *secrets,
            "-f", REPOSITORY / "operator" / "Dockerfile", "-t", reference, REPOSITORY,
        )  # fmt: skip


def load_built(reference: str) -> None:
    """Load what was built, and forget what was built before it."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "image.tar"
        buildah("push", "-q", reference, f"docker-archive:{archive}:{reference}")
        load(archive)
    forget_all_but(reference)


def forget_all_but(reference: str) -> None:
    """Else every change of the source would leave an image behind."""
    for name in buildah("images", "--format", "{{.Name}}:{{.Tag}}").splitlines():
        if name.startswith(f"{NAME}:") and name != reference:
            attempt("buildah", "rmi", name, env=BUILDAH)


def write_secrets(folder: Path, environment: Mapping[str, str]) -> list[str]:
    """buildah's arguments for this machine's pip settings and certificates, which never become a part of the image."""
    arguments = []
    configuration = folder / "pip.conf"
    configuration.write_text(pip_configuration(environment))
    arguments += ["--secret", f"id=pip,src={configuration}"]
    if bundle := environment.get("PIP_CERT"):
        arguments += ["--secret", f"id=certificates,src={bundle}"]
    return arguments


def pip_configuration(environment: Mapping[str, str]) -> str:
    """The pip.conf that says what the PIP_* variables say; folders of this machine mean nothing to the build."""
    settings = {
        name.removeprefix("PIP_").lower().replace("_", "-"): value
        for name, value in sorted(environment.items())
        if name.startswith("PIP_") and name not in ("PIP_FIND_LINKS", "PIP_CACHE_DIR", "PIP_CONFIG_FILE")
    }
    if "cert" in settings:
        settings["cert"] = CERTIFICATES
    return "\n".join(["[global]", *(f"{name} = {value}" for name, value in settings.items()), ""])


def make_base_image() -> None:
    """Debian with Python, in place of python:3.x-slim: no image registry is reached here."""
    if attempt("buildah", "inspect", "--type", "image", BASE_IMAGE, env=BUILDAH) is not None:
        return
    if not BASE_ARCHIVE.exists():
        make_base_archive()
    container = buildah("from", "scratch")
    buildah("add", "-q", container, BASE_ARCHIVE, "/")
    buildah("commit", "-q", "--rm", container, BASE_IMAGE)


def make_base_archive() -> None:
    say("making the base image of Debian packages (once; about a minute) ...")
    BASE_ARCHIVE.parent.mkdir(parents=True, exist_ok=True)
    part = BASE_ARCHIVE.with_suffix(".part")
    packages = "--include=python3-minimal,python3-venv,ca-certificates"
    unread = [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in ("doc", "man", "locale")]
    run("mmdebstrap", "--variant=apt", packages, *unread, "--format=tar", DEBIAN, part)
    part.rename(BASE_ARCHIVE)


def buildah(*arguments: object) -> str:
    return run("buildah", *arguments, env=BUILDAH).strip()
