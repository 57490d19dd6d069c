"""Real servers as processes of this machine: MinIO for S3, FerretDB for MongoDB, moto for the S3 behaviour MinIO lacks.

Each listens on a free port of 127.0.0.1, keeps its data in the folder that it is given, and is ended by its pid.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from moto.server import ThreadedMotoServer

from tests.cluster.binaries import program

ACCESS_KEY, SECRET_KEY = "orgport-tests", "secret-of-the-tests-store"
KMS_KEY = "orgport-tests-key"
"""The key of MinIO's KMS, which encrypts what it is asked to."""
SECONDS_TO_START, SECONDS_TO_END = 30.0, 10.0


@dataclass(frozen=True)
class ObjectStore:
    """An S3 server of this machine."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True)
class DocumentStore:
    """A MongoDB server of this machine, without authentication."""

    uri: str


@contextmanager
def minio(folder: Path) -> Iterator[ObjectStore]:
    """A MinIO without buckets."""
    address = f"127.0.0.1:{free_port()}"
    command = [
        program("minio"),
        "server",
        folder / "data",
        "--address",
        address,
        "--certs-dir",
        folder / "certs",
    ]
    environment = {
        "MINIO_ROOT_USER": ACCESS_KEY,
        "MINIO_ROOT_PASSWORD": SECRET_KEY,
        "MINIO_BROWSER": "off",
        "MINIO_KMS_SECRET_KEY": f"{KMS_KEY}:{b64encode(bytes(range(32))).decode()}",
    }
    with serving("minio", command, folder, lambda: answers_http(address, "/minio/health/ready"), environment):
        yield ObjectStore(f"http://{address}", ACCESS_KEY, SECRET_KEY)


@contextmanager
def ferretdb(folder: Path) -> Iterator[DocumentStore]:
    """A FerretDB without databases."""
    (folder / "data").mkdir(parents=True)
    address = f"127.0.0.1:{free_port()}"
    command = [
        program("ferretdb"), "--handler=sqlite", f"--sqlite-url=file:{folder}/data/", f"--listen-addr={address}",
        "--debug-addr=-", "--telemetry=disable", f"--state-dir={folder}", "--log-level=ERROR",
    ]  # fmt: skip
    with serving("ferretdb", command, folder, lambda: answers(address)):
        yield DocumentStore(f"mongodb://{address}/")


@contextmanager
def moto() -> Iterator[ObjectStore]:
    """moto's S3 in a thread; it takes any credentials."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield ObjectStore(f"http://{host}:{port}", ACCESS_KEY, SECRET_KEY)
    finally:
        server.stop()


@contextmanager
def stub(folder: Path, buckets: Mapping[str, object]) -> Iterator[ObjectStore]:
    """Our own stub of an S3 store, for listings of millions; see `tests.stub.__main__` for the buckets."""
    with module("tests.stub", folder, json.dumps(buckets)) as address:
        yield ObjectStore(f"http://{address}", ACCESS_KEY, SECRET_KEY)


@contextmanager
def module(name: str, folder: Path, *arguments: object) -> Iterator[str]:
    """A server of our own, `python -m NAME PORT [ARGUMENT ...]`; its address."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    command = [sys.executable, "-m", name, port, *arguments]
    with serving(name, command, folder, lambda: answers(address), python_environment()):
        yield address


def python_environment() -> dict[str, str]:
    """The environment in which another Python finds what this one has found."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(
    name: str,
    command: list[object],
    folder: Path,
    is_ready: Callable[[], bool],
    environment: dict[str, str] | None = None,
) -> Iterator[None]:
    """The server from the moment when it is ready until it has ended; its log is in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    words = [str(word) for word in command]
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env={**os.environ, **(environment or {})})
    try:
        wait_until_ready(name, process, is_ready, folder / f"{name}.log")
        yield
    finally:
        end(process)


def wait_until_ready(name: str, process: subprocess.Popen[bytes], is_ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{name} does not serve:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def answers(address: str) -> bool:
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def answers_http(address: str, path: str) -> bool:
    """Whether a GET of the path is answered with 200."""
    host, port = address.split(":")
    try:
        with socket.create_connection((host, int(port)), timeout=1) as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n".encode())
            return b" 200 " in connection.recv(64)
    except OSError:
        return False
