"""The node's images: what is loaded into containerd."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.cluster.archives import write_image
from tests.cluster.binaries import program
from tests.cluster.settings import CONTAINERD_SOCKET, FERRETDB_IMAGE, MINIO_IMAGE, PAUSE, PAUSE_IMAGE
from tests.cluster.shell import attempt, exclusively, run

CTR = ("ctr", "-a", str(CONTAINERD_SOCKET), "-n", "k8s.io")


def load(archive: Path) -> str:
    """Import an image archive (docker-archive or OCI) into the node."""
    return run(*CTR, "images", "import", archive).strip()


def has_image(reference: str) -> bool:
    return bool((attempt(*CTR, "images", "ls", "-q", f"name=={reference}") or "").strip())


def load_pause() -> None:
    """The image of every pod's sandbox."""
    load_program(PAUSE_IMAGE, PAUSE)


def load_services() -> None:
    """MinIO (S3 on 9000) and FerretDB (MongoDB's protocol on 27017), unless the node has them."""
    with exclusively("services"):
        for reference, name in ((MINIO_IMAGE, "minio"), (FERRETDB_IMAGE, "ferretdb")):
            if not has_image(reference):
                load_program(reference, program(name))


def load_program(reference: str, program: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "image.tar"
        write_image(archive, reference, program, [f"/{program.name}"])
        load(archive)
