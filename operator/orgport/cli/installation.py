"""An installation of Browsertrix, as the objects of its chart describe it. No secret is kept of what is read."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from orgport.api.failures import Failure
from orgport.api.reasons import Exit
from orgport.browsertrix.connection import missing_key, mongodb_uri
from orgport.browsertrix.settings import Settings, parse_settings
from orgport.browsertrix.storages import Storage, parse_storages
from orgport.cli.errors import CommandError
from orgport.controller.raw import Raw, dig

CONFIG, DATABASE, STORAGES = "backend-env-config", "mongo-auth", "ops-configs"
STORAGES_KEY = "storages.json"


@dataclass(frozen=True)
class Names:
    """What the objects are called."""

    config: str = CONFIG
    database: str = DATABASE
    storages: str = STORAGES


@dataclass(frozen=True)
class Found:
    """What the objects say."""

    namespace: str
    names: Names
    hosts: str
    """The database's servers, without user and password."""
    storages: tuple[Storage, ...]
    settings: Settings | None
    """None: there is no ConfigMap, and the chart's own defaults are taken."""
    image: str

    def dump(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "namespace": self.namespace,
            "image": self.image or None,
            "database": {"secret": self.names.database, "hosts": self.hosts},
            "storages": [_storage(storage) for storage in self.storages],
            "settings": None if self.settings is None else vars(self.settings),
        }


def _storage(storage: Storage) -> dict[str, Any]:
    return {
        "name": storage.name,
        "endpoint": storage.endpoint_url,
        "bucket": storage.bucket,
        "prefix": storage.prefix,
        "region": storage.region,
        "primary": storage.is_primary,
        "replica": storage.is_replica,
    }


def find(namespace: str, names: Names, config: Raw | None, database: Raw | None, storages: Raw | None) -> Found:
    """Read the objects; CommandError names what is missing or wrong and how to say where it is."""
    where = f"the namespace {namespace}"
    if database is None:
        raise _missing(f"Secret {names.database}", where, "--database-secret")
    if storages is None:
        raise _missing(f"Secret {names.storages}", where, "--storages-secret")
    data = dig(config, "data")
    settings = {str(key): str(value) for key, value in data.items()} if isinstance(data, Mapping) else {}
    try:
        return Found(
            namespace=namespace,
            names=names,
            hosts=_hosts(_decoded(database), names.database),
            storages=parse_storages(_text_of(storages, names.storages)),
            settings=None if config is None else parse_settings(settings),
            image=settings.get("BACKEND_IMAGE", ""),
        )
    except Failure as failure:
        raise CommandError(f"{failure.message}\n{failure.suggestion}", Exit.DATA) from failure


def _missing(what: str, where: str, option: str) -> CommandError:
    words = f"there is no {what} in {where}: give Browsertrix's namespace with -n, or another name with {option}"
    return CommandError(words, Exit.NO_INPUT)


def _decoded(secret: Raw) -> dict[str, str]:
    data = dig(secret, "data")
    pairs = data.items() if isinstance(data, Mapping) else ()
    return {str(key): base64.b64decode(str(value)).decode(errors="replace") for key, value in pairs}


def _text_of(secret: Raw, name: str) -> str:
    found = _decoded(secret).get(STORAGES_KEY)
    if found is None:
        raise CommandError(f"the Secret {name} has no key {STORAGES_KEY}", Exit.DATA)
    return found


def _hosts(secret: Mapping[str, str], name: str) -> str:
    uri = mongodb_uri(secret)
    if uri is None:
        raise CommandError(f"the Secret {name} has no {missing_key(secret)}", Exit.DATA)
    # A URI of several servers is none of urllib's: the part before the path is taken as it is, less the user.
    return urlsplit(uri).netloc.rpartition("@")[2]
