"""A namespace of the cluster with an installation in it, as the tests use it: from inside, from outside, by kubectl."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.cluster.access import Cluster
from tests.cluster_runs.runs import Runs
from tests.organizations import Document, Installation, ObjectFacts, Store

CREDENTIALS = "exports-s3"


@dataclass(frozen=True)
class Everything:
    """All objects of an installation per bucket, and all its documents per collection."""

    objects: dict[str, dict[str, ObjectFacts]]
    documents: dict[str, list[Document]]


@dataclass(frozen=True)
class Site:
    """One installation, in a namespace of its own."""

    cluster: Cluster
    namespace: str
    installation: Installation

    @property
    def runs(self) -> Runs:
        return Runs(self.cluster, self.namespace)

    @property
    def store(self) -> Store:
        return self.installation.store

    def kubectl(self, *arguments: str) -> str:
        return self.cluster.kubectl("-n", self.namespace, *arguments)

    def location(self, prefix: str) -> dict[str, Any]:
        """The bucket of exports, as pods of every namespace reach it."""
        endpoint = f"http://local-minio.{self.namespace}:9000"
        credentials = {"secretRef": {"name": CREDENTIALS}}
        return {
            "bucket": self.installation.exports,
            "prefix": prefix,
            "endpoint": endpoint,
            "credentials": credentials,
        }

    def secret(self, name: str, **data: str) -> None:
        """Make the Secret."""
        metadata = {"name": name, "namespace": self.namespace}
        self.cluster.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data})

    @contextmanager
    def without_secret(self, name: str) -> Iterator[None]:
        """Take the Secret away for a while."""
        kept = self.cluster.get(self.namespace, "secret", name)
        self.kubectl("delete", "secret", name)
        try:
            yield
        finally:
            metadata = {"name": name, "namespace": self.namespace}
            self.cluster.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": kept["data"]})

    def everything(self) -> Everything:
        """The whole of the installation, for a comparison with a later moment."""
        installation = self.installation
        buckets = {installation.exports, *(storage.bucket for storage in installation.storages)}
        objects = {name: self.store.facts(name, self.store.keys(name)) for name in sorted(buckets)}
        return Everything(objects, self.documents())

    def documents(self) -> dict[str, list[Document]]:
        """Every document, by collection, in the order of their ids; Browsertrix's own collections only."""
        with self.installation.mongo.open() as database:
            names = [name for name in sorted(database.list_collection_names()) if not name.startswith("orgport_")]
            found = {name: sorted(database[name].find(), key=lambda each: str(each["_id"])) for name in names}
        return {name: documents for name, documents in found.items() if documents}

    def until_document(self, collection: str, query: Document, seconds: float = 120) -> None:
        """Wait until the database has such a document."""
        deadline = time.monotonic() + seconds
        with self.installation.mongo.open() as database:
            while database[collection].find_one(query) is None:
                assert time.monotonic() < deadline, f"no {query} in {collection}"
                time.sleep(0.02)

    def readable(self) -> str:
        """Everything that a person may read of the runs: resources, pods, events, leases, logs."""
        kinds = "orgexports,orgimports,jobs,pods,events,leases"
        texts = [self.kubectl("get", kinds, "-o", "yaml"), self.kubectl("describe", "pods")]
        for pod in json.loads(self.kubectl("get", "pods", "-l", "orgport.dev/name", "-o", "json"))["items"]:
            if pod["status"]["phase"] != "Pending":
                texts.append(self.kubectl("logs", pod["metadata"]["name"]))
        return "\n".join(texts)


def share_credentials(source: Site, *others: Site) -> None:
    """Let runs of the other sites read the source's bucket of exports."""
    for site in others:
        site.secret(
            CREDENTIALS, AWS_ACCESS_KEY_ID=source.store.access_key, AWS_SECRET_ACCESS_KEY=source.store.secret_key
        )
