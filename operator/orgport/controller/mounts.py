"""Which keys of which Secrets and ConfigMaps a step's pods see, and how they are mounted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from orgport.api.names import CONFIG_MAPS_FOLDER, SECRETS_FOLDER
from orgport.api.org_export import OrgExportSpec
from orgport.api.org_import import OrgImportSpec
from orgport.api.places import CABundle, Installation, S3Location
from orgport.api.status import StepName

MONGO_KEYS = ("MONGO_DB_URL", "MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD", "MONGO_HOST")
READABLE_BY_GROUP = 0o440

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Need:
    """One object whose keys a step reads; no keys: all of them, which only a ConfigMap may have."""

    name: str
    keys: tuple[str, ...] = ()
    is_secret: bool = True


def needs(step: StepName, spec: OrgExportSpec | OrgImportSpec) -> list[Need]:
    """What a step reads: copying files needs no database, rolling back no archive."""
    return [
        *(() if step == "files" else _of_database(spec.installation)),
        *_of_installation(spec.installation),
        *(() if step == "rollback" else _of_location(spec.location)),
    ]


def _of_database(installation: Installation) -> Iterator[Need]:
    database = installation.database
    yield Need(database.secret_ref.name, (database.uri_key,) if database.uri_key else MONGO_KEYS)


def _of_installation(installation: Installation) -> Iterator[Need]:
    yield Need(installation.storages.secret_ref.name, (installation.storages.key,))
    yield Need(installation.config.config_map_ref.name, is_secret=False)
    yield from _of_bundle(installation.ca_bundle)


def _of_location(location: S3Location) -> Iterator[Need]:
    credentials = location.credentials
    if credentials is not None:
        keys = (credentials.access_key_id_key, credentials.secret_access_key_key)
        yield Need(credentials.secret_ref.name, keys)
    yield from _of_bundle(location.ca_bundle)


def _of_bundle(bundle: CABundle | None) -> Iterator[Need]:
    if bundle is not None:
        yield Need(bundle.config_map_ref.name, (bundle.key,), is_secret=False)


def volumes_and_mounts(wanted: Iterable[Need]) -> tuple[list[Manifest], list[Manifest]]:
    """Volumes, each of one object, and where they are mounted. All are optional: what comes late appears there."""
    volumes: list[Manifest] = []
    mounts: list[Manifest] = []
    for number, need in enumerate(_merged(wanted)):
        title = f"{'secret' if need.is_secret else 'configmap'}-{number}"
        volumes.append({"name": title, **_source(need)})
        folder = SECRETS_FOLDER if need.is_secret else CONFIG_MAPS_FOLDER
        mounts.append({"name": title, "mountPath": f"{folder}/{need.name}", "readOnly": True})
    return volumes, mounts


def _merged(wanted: Iterable[Need]) -> list[Need]:
    """One need an object: a Secret that is named twice is mounted once, with the keys of both."""
    keys: dict[tuple[bool, str], set[str] | None] = {}
    for need in wanted:
        known = keys.setdefault((not need.is_secret, need.name), set())
        whole = not need.keys or known is None
        keys[not need.is_secret, need.name] = None if whole else (known or set()) | set(need.keys)
    return [Need(name, tuple(sorted(found or ())), not other) for (other, name), found in sorted(keys.items())]


def _source(need: Need) -> Manifest:
    source: Manifest = {"optional": True, "defaultMode": READABLE_BY_GROUP}
    if need.keys:
        source["items"] = [{"key": key, "path": key} for key in need.keys]
    if need.is_secret:
        return {"secret": {"secretName": need.name, **source}}
    return {"configMap": {"name": need.name, **source}}
