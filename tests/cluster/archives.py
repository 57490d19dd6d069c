"""Container images of one static program, written as docker-archives without any tool."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from pathlib import Path

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def write_image(archive: Path, reference: str, program: Path, entrypoint: list[str]) -> None:
    """An image whose one layer is the program at /."""
    layer = layer_of(program)
    config = json.dumps(image_config(hashlib.sha256(layer).hexdigest(), entrypoint)).encode()
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = [{"Config": config_name, "RepoTags": [reference], "Layers": ["layer.tar"]}]
    with tarfile.open(archive, mode="w") as file:
        add(file, config_name, config)
        add(file, "layer.tar", layer)
        add(file, "manifest.json", json.dumps(manifest).encode())


def layer_of(program: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        file.add(program, arcname=program.name)
    return buffer.getvalue()


def image_config(layer_digest: str, entrypoint: list[str]) -> dict[str, object]:
    return {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": {"Entrypoint": entrypoint},
        "history": [{}],
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_digest}"]},
    }


def add(file: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    file.addfile(info, io.BytesIO(content))
