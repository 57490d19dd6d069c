"""A namespace with a run in every state, and commands that are about it as a person's are."""

from __future__ import annotations

import io
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client, config

from orgport.__main__ import parser
from orgport.api.names import GROUP, PLURALS, VERSION
from tests.cluster.access import Cluster
from tests.unit.api.specs import ROOT
from tests.unit.controller.simulation import Simulation
from tests.unit.controller.states import MAKERS, state

Object = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A namespace, and how a command is run there."""

    cluster: Cluster
    namespace: str
    objects: client.CustomObjectsApi
    environment: Mapping[str, str]

    def run(self, text: str, cwd: Path = ROOT) -> str:
        """What commands of the shell printed."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=cwd, env=dict(self.environment), text=True, capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def orgport(self, *words: str, code: int = 0) -> str:
        """What the command, in this process, printed; what it complained of, where it fails as it should."""
        arguments = parser().parse_args([*words, "--kubeconfig", self.environment["KUBECONFIG"]])
        out, complaint = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(complaint):
            ended = arguments.call(arguments)
        assert ended == code, complaint.getvalue()
        return out.getvalue() or complaint.getvalue()

    def put(self, world: Simulation, name: str) -> str:
        """Make the resource anew, with the state's status; its uid."""
        kind = world.resource["kind"]
        where = (GROUP, VERSION, self.namespace, PLURALS[kind])
        self.cluster.kubectl("-n", self.namespace, "delete", kind, name, "--ignore-not-found")
        made = {"apiVersion": f"{GROUP}/{VERSION}", "kind": kind, "metadata": {"name": name}}
        created = self.objects.create_namespaced_custom_object(*where, {**made, "spec": world.resource["spec"]})
        self.objects.patch_namespaced_custom_object_status(*where, name, {"status": world.resource["status"]})
        return str(created["metadata"]["uid"])

    def as_account(self, name: str, folder: Path) -> Place:
        """The same commands, run by a ServiceAccount of the namespace."""
        token = self.cluster.kubectl("-n", self.namespace, "create", "token", name).strip()
        content = yaml.safe_load(Path(self.environment["KUBECONFIG"]).read_text())
        content["users"][0]["user"] = {"token": token}
        file = folder / "config"
        file.write_text(yaml.safe_dump(content))
        return replace(self, environment={**self.environment, "KUBECONFIG": str(file)})


@contextmanager
def new_place(cluster: Cluster, folder: Path) -> Iterator[Place]:
    """An empty namespace, gone afterwards."""
    cluster.apply_definitions()
    namespace = f"cli-{secrets.token_hex(4)}"
    cluster.create_namespace(namespace)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT / "operator"),
        "KUBECONFIG": str(kubeconfig_in(folder, cluster, namespace)),
    }
    with config.new_client_from_config(str(cluster.kubeconfig), cluster.context) as api:
        yield Place(cluster, namespace, client.CustomObjectsApi(api), environment)
    cluster.kubectl("delete", "namespace", namespace, "--wait=false", "--ignore-not-found")


@pytest.fixture(scope="module")
def place(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A namespace of the module's own."""
    with new_place(cluster, tmp_path_factory.mktemp("person")) as made:
        yield made


def kubeconfig_in(folder: Path, cluster: Cluster, namespace: str) -> Path:
    """The cluster's kubeconfig with this namespace in its context; the cluster's kubectl beside it."""
    view = ("config", "view", "--minify", "--flatten", "--raw", "-o", "json")
    content = yaml.safe_load(cluster.kubectl(*view))
    content["contexts"][0]["context"]["namespace"] = namespace
    file = folder / "config"
    file.write_text(yaml.safe_dump(content))
    words = cluster.command[: 2 if cluster.is_embedded else 1]
    kubectl = folder / "kubectl"
    kubectl.write_text(f'#!/bin/sh\nexec {" ".join(words)} "$@"\n')
    kubectl.chmod(0o755)
    return file


@pytest.fixture(scope="module")
def every_state(place: Place) -> Place:
    """The place, with a run in every state."""
    for name in MAKERS:
        place.put(state(name), name.replace("_", "-"))
    return place
