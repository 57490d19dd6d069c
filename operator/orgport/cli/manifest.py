"""An annotated manifest for an installation: valid as it stands, with a comment where something is to be chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from orgport.api.names import API_VERSION, Kind
from orgport.browsertrix.storages import Storage
from orgport.cli.installation import CONFIG, DATABASE, STORAGES, Found

CHOOSE = "choose: "
Manifest = dict[str, Any]
Comments = Mapping[tuple[str, ...], str]


@dataclass(frozen=True)
class Choices:
    """What the options say of the run; "": left to choose."""

    kind: Kind = "OrgExport"
    name: str = ""
    slug: str = ""
    bucket: str = ""
    endpoint: str = ""
    credentials: str = ""


def manifest(found: Found, choices: Choices) -> Manifest:
    """The resource."""
    location = {
        "bucket": choices.bucket or "org-exports",
        "endpoint": choices.endpoint or "https://s3.example.org",
        "credentials": {"secretRef": {"name": choices.credentials or "exports-s3"}},
    }
    name = choices.name or choices.slug or "acme"
    if choices.kind == "OrgExport":
        spec = {"org": {"slug": choices.slug or "acme"}, "source": _places(found), "destination": location}
    else:
        spec = {"source": {**location, "export": name}, "target": _places(found)}
    spec = {key: value for key, value in spec.items() if value}
    metadata = {"name": name, "namespace": found.namespace}
    return {"apiVersion": API_VERSION, "kind": choices.kind, "metadata": metadata, "spec": spec}


def _places(found: Found) -> Manifest:
    """Where the installation's objects are, as far as they are not where the defaults look."""
    names = found.names
    places = {
        "database": {"secretRef": {"name": names.database}} if names.database != DATABASE else {},
        "storages": {"secretRef": {"name": names.storages}} if names.storages != STORAGES else {},
        "config": {"configMapRef": {"name": names.config}} if names.config != CONFIG else {},
    }
    return {key: value for key, value in places.items() if value}


def comments(choices: Choices) -> Comments:
    """What to say beside which field."""
    place = "destination" if choices.kind == "OrgExport" else "source"
    wanted = {
        ("metadata", "name"): (choices.name, "the archive's name, too; at most 38 characters"),
        ("spec", "org", "slug"): (choices.slug, "the organization's slug, as in Browsertrix's URLs"),
        ("spec", place, "bucket"): (choices.bucket, "the bucket of the archives"),
        ("spec", place, "endpoint"): (choices.endpoint, "the store's URL; leave it out for AWS"),
        ("spec", place, "credentials"): (
            choices.credentials,
            "a Secret here with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        ("spec", place, "export"): (choices.name, "the export's metadata.name"),
    }
    return {path: f"{CHOOSE}{words}" for path, (given, words) in wanted.items() if not given}


def rendered(found: Found, choices: Choices) -> str:
    """The manifest as YAML, below what was found."""
    head = "".join(f"# {line}".rstrip() + "\n" for line in _facts(found))
    return head + "".join(annotated(manifest(found, choices), comments(choices)))


def _facts(found: Found) -> Iterator[str]:
    names = found.names
    yield f"Browsertrix in the namespace {found.namespace}, as the objects of its chart describe it:"
    if found.image:
        yield f"  image      {found.image}"
    yield f"  database   {found.hosts}  (Secret {names.database})"
    for storage in found.storages:
        yield f"  storage    {_line(storage)}"
    settings = found.settings
    if settings is None:
        yield f"  settings   the defaults: there is no ConfigMap {names.config}"
    else:
        windows = f"{settings.max_browser_windows} browser windows a crawl, {settings.num_browsers} a pod"
        yield f"  settings   at most {windows}  (ConfigMap {names.config})"
    yield f"The storages are those of the Secret {names.storages}. Organizations keep their files in their own storage,"
    yield "which is one of these; an import puts them into the primary one unless spec.target.storage names another."


def _line(storage: Storage) -> str:
    roles = [role for role, holds in (("primary", storage.is_primary), ("replica", storage.is_replica)) if holds]
    place = f"{storage.bucket}/{storage.prefix}" if storage.prefix else storage.bucket
    return f"{storage.name}: {place} at {storage.endpoint_url}, region {storage.region}" + (
        f"  ({', '.join(roles)})" if roles else ""
    )


def annotated(node: Manifest, notes: Comments, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Lines of YAML with comments after the fields that have one."""
    indent = "  " * len(path)
    for key, value in node.items():
        here = (*path, key)
        note = f"   # {notes[here]}" if here in notes else ""
        if isinstance(value, dict):
            yield f"{indent}{key}:{note}\n"
            yield from annotated(value, notes, here)
        else:
            yield f"{indent}{key}: {_scalar(value)}{note}\n"


def _scalar(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("...\n").rstrip()
