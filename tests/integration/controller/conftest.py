"""Operators on the embedded cluster, each in a namespace of its own."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import uuid
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import kopf
import pytest
from kopf.testing import KopfRunner

from orgport.controller.handlers import Operator, register
from orgport.controller.kube import Kube, load_configuration, open_kube
from orgport.controller.settings import ControllerSettings
from tests.cluster.access import Cluster
from tests.integration.controller.puppets import Object, Run

REPOSITORY = Path(__file__).resolve().parents[3]
IMAGE = "localhost/none:1"

LEFT_OPEN = pytest.mark.filterwarnings("ignore:[Uu]nclosed:ResourceWarning")
"""For tests with an operator in this process: kopf leaves what it cancels while it connects to the garbage collector,
which may come at any moment of the test."""


@pytest.fixture(scope="session")
def kinds(cluster: Cluster) -> None:
    """The CRDs of this source are on the cluster."""
    cluster.apply_definitions()


@pytest.fixture
def namespace(cluster: Cluster, kinds: None) -> Iterator[str]:
    """An empty namespace, gone afterwards."""
    name = f"controller-{uuid.uuid4().hex[:8]}"
    cluster.create_namespace(name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")


@pytest.fixture
async def kube(cluster: Cluster) -> AsyncIterator[Kube]:
    """The API server as an administrator sees it."""
    async with open_kube(await load_configuration(cluster.kubeconfig)) as client:
        yield client


Apply = Callable[[Object], Awaitable[Run]]


@pytest.fixture
def create(kube: Kube) -> Apply:
    """Makes a resource."""

    async def make(manifest: Object) -> Run:
        await kube.create(manifest)
        metadata = manifest["metadata"]
        return Run(kube, manifest["kind"], metadata["namespace"], metadata["name"])

    return make


@contextmanager
def running_operator(
    cluster: Cluster, namespace: str, resync_seconds: float = 60.0, metrics_port: int = 0, liveness_port: int = 0
) -> Iterator[None]:
    """An operator in a thread of this process."""
    settings = ControllerSettings(
        worker_image=IMAGE,
        image_pull_policy="Never",
        namespaces=(namespace,),
        liveness_port=0,
        metrics_port=metrics_port,
        kubeconfig=cluster.kubeconfig,
        resync_seconds=resync_seconds,
    )
    registry = kopf.OperatorRegistry()
    register(registry, Operator(settings))
    options = ["--namespace", namespace, "--standalone", "--quiet"]
    if liveness_port:
        options.append(f"--liveness=http://127.0.0.1:{liveness_port}/healthz")
    with KopfRunner(["run", *options], registry=registry, timeout=20):
        yield
    with warnings.catch_warnings():
        # What kopf left must not be found in a later test.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def operator(cluster: Cluster, namespace: str) -> Iterator[None]:
    """An operator that looks after the namespace."""
    with running_operator(cluster, namespace):
        yield


class OperatorProcess:
    """`orgport controller` as a process, which can be killed."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY / "operator"),
            "ORGPORT_WORKER_IMAGE": IMAGE,
            "ORGPORT_IMAGE_PULL_POLICY": "Never",
            "ORGPORT_NAMESPACES": namespace,
            "ORGPORT_LIVENESS_PORT": "0",
            "ORGPORT_LOG_FORMAT": "json",
            "ORGPORT_KUBECONFIG": str(cluster.kubeconfig),
        }
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "orgport", "controller"]
        self.process = subprocess.Popen(command, env=self.environment, stderr=subprocess.PIPE, text=True)

    def stop(self, number: signal.Signals) -> str:
        """End it; what it has logged."""
        self.process.send_signal(number)
        _, logged = self.process.communicate(timeout=20)
        return logged


@pytest.fixture
def operator_process(cluster: Cluster, namespace: str) -> Iterator[OperatorProcess]:
    """An operator that looks after the namespace from a process of its own."""
    process = OperatorProcess(cluster, namespace)
    yield process
    if process.process.poll() is None:
        process.stop(signal.SIGKILL)
