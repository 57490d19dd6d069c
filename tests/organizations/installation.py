"""An installation of Browsertrix as orgport sees it: a database, storages, and the chart's Secrets and ConfigMap."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from orgport.worker.inputs import MappingInputs
from tests.organizations.buckets import Store
from tests.organizations.databases import Mongo
from tests.organizations.model import Object, Organization
from tests.organizations.snapshots import Snapshot

CREDENTIALS = "exports-s3"
"""The Secret with the keys for the bucket of exports."""


@dataclass(frozen=True)
class StorageAt:
    """A storage of the installation: a bucket, or a prefix of one, that ends in "/"."""

    name: str
    bucket: str
    prefix: str = ""
    is_primary: bool = False
    is_replica: bool = False


@dataclass(frozen=True)
class Installation:
    """Where an installation keeps its things. Nothing is made before `prepare`."""

    store: Store
    mongo: Mongo
    storages: tuple[StorageAt, ...]
    exports: str = ""
    """A bucket for exports, on the same server."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What backend-env-config has beside or instead of the chart's own values."""
    channels: str = ""
    """crawler_channels.json; empty: there is none."""

    def prepare(self, version: str = "0058") -> None:
        """Make the buckets and the database's version, where they are not there."""
        buckets = {storage.bucket for storage in self.storages} | ({self.exports} - {""})
        for bucket in sorted(buckets):
            self.store.make_bucket(bucket)
        self.mongo.prepare(version)

    def seed(self, *organizations: Organization, strangers: bool = True) -> None:
        """Put the organizations in, each with its neighbour and the objects that look like its own."""
        for organization in organizations:
            self.mongo.insert(organization.documents)
            self.put(organization.objects)
            if strangers:
                self.put(organization.strangers)
            if organization.neighbour is not None:
                self.seed(organization.neighbour)

    def put(self, objects: Mapping[str, Object]) -> None:
        """Write the objects into the storages that they are made for."""
        for storage in self.storages:
            mine = {key: made for key, made in objects.items() if storage.name in made.storages}
            self.store.write(storage.bucket, {storage.prefix + key: made for key, made in mine.items()})

    def storage(self, name: str) -> StorageAt:
        return next(storage for storage in self.storages if storage.name == name)

    def keys(self, storage: str = "default", prefix: str = "") -> list[str]:
        """All keys of a storage, below its prefix."""
        at = self.storage(storage)
        return [key.removeprefix(at.prefix) for key in self.store.keys(at.bucket, at.prefix + prefix)]

    def exported(self, prefix: str = "") -> list[str]:
        """All keys of the bucket of exports."""
        return self.store.keys(self.exports, prefix)

    def read_exported(self, key: str) -> bytes:
        return self.store.read(self.exports, key)

    def snapshot(self, organization: UUID | Organization) -> Snapshot:
        """Everything that the installation has of the organization."""
        oid = organization.id if isinstance(organization, Organization) else organization
        objects = {}
        for storage in self.storages:
            facts = self.store.facts(storage.bucket, self.store.keys(storage.bucket, f"{storage.prefix}{oid}/"))
            objects[storage.name] = {key.removeprefix(storage.prefix): each for key, each in facts.items()}
        return Snapshot(oid, self.mongo.documents_of(oid), objects)

    def footprint(self) -> dict[str, Any]:
        """Counts of all documents and all keys, whosever they are: equal before and after what changed nothing."""
        buckets = sorted({storage.bucket for storage in self.storages} | ({self.exports} - {""}))
        keys = {bucket: self.store.keys(bucket) for bucket in buckets}
        return {"documents": self.mongo.counts(), "keys": keys}

    def mentions(self, text: str) -> list[str]:
        """Where the text occurs: in documents, in keys of storages and exports, in exported JSON and lines."""
        found = self.mongo.mentions(text)
        for bucket, keys in self.footprint()["keys"].items():
            found += [f"key {bucket}/{key}" for key in keys if text in key]
        readable = [key for key in self.exported() if key.endswith((".json", ".ndjson"))]
        return found + [f"inside {key}" for key in readable if text.encode() in self.read_exported(key)]

    def location(self, prefix: str = "") -> dict[str, Any]:
        """spec.destination, or the S3 part of spec.source: the bucket of exports."""
        return {
            "bucket": self.exports,
            "prefix": prefix,
            "endpoint": self.store.endpoint,
            "credentials": {"secretRef": {"name": CREDENTIALS}},
        }

    def place(self) -> dict[str, Any]:
        """spec.source of an export, or spec.target of an import: this installation."""
        return {"database": {"name": self.mongo.name}}

    def resources(self, namespace: str | None = None) -> dict[str, dict[str, Any]]:
        """Manifests of the chart's Secrets and ConfigMap by their names, and the Secret for exports."""
        made = {name: _manifest("Secret", name, {"stringData": data}) for name, data in self._secrets.items()}
        made |= {name: _manifest("ConfigMap", name, {"data": data}) for name, data in self._config_maps.items()}
        for manifest in made.values() if namespace else ():
            manifest["metadata"]["namespace"] = namespace
        return made

    def inputs(self, **more: Mapping[str, str]) -> MappingInputs:
        """The same for a step in this process; `more` are further Secrets, "_" in a name standing for "-"."""
        further = {name.replace("_", "-"): data for name, data in more.items()}
        return MappingInputs(self._secrets | further, self._config_maps)

    def with_settings(self, **settings: str) -> Installation:
        """The same installation with other values in backend-env-config."""
        return replace(self, settings={**self.settings, **settings})

    @cached_property
    def _secrets(self) -> dict[str, Mapping[str, str]]:
        keys = {"AWS_ACCESS_KEY_ID": self.store.access_key, "AWS_SECRET_ACCESS_KEY": self.store.secret_key}
        database = {
            "MONGO_INITDB_ROOT_USERNAME": "root",
            "MONGO_INITDB_ROOT_PASSWORD": "not@used!",
            "MONGO_HOST": "local-mongo",
            "MONGO_DB_URL": self.mongo.uri,
        }
        storages = json.dumps([self._storage_entry(storage) for storage in self.storages])
        configured = {"storages.json": storages}
        if self.channels:
            configured["crawler_channels.json"] = self.channels
        return {"mongo-auth": database, "ops-configs": configured, CREDENTIALS: keys}

    @cached_property
    def _config_maps(self) -> dict[str, Mapping[str, str]]:
        settings = {"MAX_BROWSER_WINDOWS": "8", "NUM_BROWSERS": "2", "MAX_CRAWL_SCALE": "4", "DEFAULT_ORG": "My Org"}
        return {"backend-env-config": {**settings, **self.settings}}

    def _storage_entry(self, storage: StorageAt) -> dict[str, Any]:
        return {
            "name": storage.name,
            "type": "s3",
            "access_key": self.store.access_key,
            "secret_key": self.store.secret_key,
            "bucket_name": f"{storage.bucket}/{storage.prefix}".rstrip("/"),
            "endpoint_url": f"{self.store.endpoint}/",
            "is_default_primary": storage.is_primary,
            "is_default_replica": storage.is_replica,
        }


def fresh(
    store: Store,
    mongo_uri: str,
    *,
    replica: str | None = None,
    former: str | None = None,
    storage: str = "default",
    prefix: str = "",
    version: str = "0058",
) -> Installation:
    """A new installation on these servers, prepared, with names that no other one has."""
    name = f"btrix-{uuid4().hex[:10]}"
    storages = [StorageAt(storage, name, prefix, is_primary=True)]
    storages += [StorageAt(each, f"{name}-{each}") for each in _given(former)]
    storages += [StorageAt(each, f"{name}-{each}", is_replica=True) for each in _given(replica)]
    made = Installation(store, Mongo(mongo_uri, name), tuple(storages), f"{name}-exports")
    made.prepare(version)
    return made


def _given(name: str | None) -> Iterable[str]:
    return [] if name is None else [name]


def _manifest(kind: str, name: str, data: dict[str, Any]) -> dict[str, Any]:
    kept = {field: dict(values) for field, values in data.items()}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **kept}
