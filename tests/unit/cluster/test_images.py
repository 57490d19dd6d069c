"""Images without Docker: one program in an archive, and the settings of pip for the operator's own."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

from tests.cluster.archives import write_image
from tests.cluster.operator_image import CERTIFICATES, pip_configuration


def test_an_image_of_one_program_names_its_layer_by_digest(tmp_path: Path) -> None:
    program = tmp_path / "hello"
    program.write_bytes(b"\x7fELF")
    write_image(tmp_path / "image.tar", "localhost/hello:1", program, ["/hello"])
    with tarfile.open(tmp_path / "image.tar") as archive:
        files = {member.name: archive.extractfile(member) for member in archive}
        content = {name: file.read() for name, file in files.items() if file is not None}
    (manifest,) = json.loads(content["manifest.json"])
    config = json.loads(content[manifest["Config"]])
    assert manifest["RepoTags"] == ["localhost/hello:1"]
    assert config["config"] == {"Entrypoint": ["/hello"]}
    assert config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(content["layer.tar"]).hexdigest()]


def test_pip_in_the_build_is_set_as_it_is_here_but_for_what_only_this_machine_has() -> None:
    environment = {
        "PIP_CERT": "/etc/ssl/certs/ca-certificates.crt",
        "PIP_FIND_LINKS": "/opt/wheels",
        "PIP_INDEX_URL": "https://pypi.example.org/simple",
        "PATH": "/bin",
    }
    lines = pip_configuration(environment).splitlines()
    assert lines == ["[global]", f"cert = {CERTIFICATES}", "index-url = https://pypi.example.org/simple"]
