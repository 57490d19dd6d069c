"""Installations for tests and demo: namespaces in which orgport finds what Browsertrix's chart puts there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.cluster.access import Cluster
from tests.cluster.browsertrix import (
    ACCESS_KEY,
    BUCKET,
    DATABASE,
    EXPORTS_BUCKET,
    MONGO_PASSWORD,
    MONGO_PORT,
    MONGO_USER,
    S3_PORT,
    SECRET_KEY,
    STORAGE,
    manifests,
)
from tests.cluster.forwarding import reachable
from tests.cluster.settings import FERRETDB_IMAGE, MINIO_IMAGE
from tests.organizations import Installation, Mongo, Organization, StorageAt, Store

READY_WITHIN = "120s"


@dataclass(frozen=True)
class Hosted:
    """An installation in a cluster, and how this machine reaches its servers; pods use the names of the chart."""

    cluster: Cluster
    namespace: str
    mongo_uri: str = field(repr=False)
    s3_endpoint: str
    access_key: str = ACCESS_KEY
    secret_key: str = field(default=SECRET_KEY, repr=False)
    bucket: str = BUCKET
    exports_bucket: str = EXPORTS_BUCKET

    @property
    def contents(self) -> Installation:
        """Its documents and objects: to seed, and to look at."""
        store = Store(self.s3_endpoint, self.access_key, self.secret_key)
        storages = (StorageAt(STORAGE, self.bucket, is_primary=True),)
        return Installation(store, Mongo(self.mongo_uri, DATABASE), storages, self.exports_bucket)

    @property
    def endpoint(self) -> str:
        """Its store as pods of every namespace reach it."""
        return f"http://local-minio.{self.namespace}:{S3_PORT}"

    def delete(self) -> None:
        """Remove it with its namespace."""
        self.cluster.delete_namespace(self.namespace)


@contextmanager
def create(cluster: Cluster, namespace: str, *organizations: Organization) -> Iterator[Hosted]:
    """The installation with the organizations in it, ready; made unless it is there. It stays in the cluster."""
    cluster.create_namespace(namespace)
    cluster.apply(*manifests(namespace, *images(cluster)))
    cluster.kubectl(
        "-n", namespace, "wait", "deployment/local-mongo", "deployment/local-minio",
        "--for=condition=Available", f"--timeout={READY_WITHIN}",
    )  # fmt: skip
    with ExitStack() as stack:
        hosted = reach(cluster, namespace, stack)
        hosted.contents.prepare()
        hosted.contents.seed(*organizations)
        yield hosted


def reach(cluster: Cluster, namespace: str, stack: ExitStack) -> Hosted:
    mongo = stack.enter_context(reachable(cluster, namespace, "local-mongo", MONGO_PORT))
    s3 = stack.enter_context(reachable(cluster, namespace, "local-minio", S3_PORT))
    uri = f"mongodb://{MONGO_USER}:{quote(MONGO_PASSWORD, safe='')}@{mongo}/"
    return Hosted(cluster, namespace, uri, f"http://{s3}")


def images(cluster: Cluster) -> tuple[str, str]:
    """MinIO's and FerretDB's images: built here for the embedded cluster, published ones (or yours) for another."""
    if cluster.is_embedded:
        return MINIO_IMAGE, FERRETDB_IMAGE
    minio = os.environ.get("ORGPORT_MINIO_IMAGE", "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z")
    ferretdb = os.environ.get("ORGPORT_FERRETDB_IMAGE", "ghcr.io/ferretdb/ferretdb:1.24.2")
    return minio, ferretdb
