"""The CustomResourceDefinitions, generated from the models. `crds/` holds what this makes."""

from __future__ import annotations

from typing import Any, NamedTuple

import yaml

from orgport.api.model import Model
from orgport.api.names import GROUP, KINDS, PLURALS, VERSION, Kind
from orgport.api.org_export import OrgExportSpec
from orgport.api.org_import import OrgImportSpec
from orgport.api.status import OrgExportStatus, OrgImportStatus
from orgport.api.structural import Schema, schema_of, without_defaults_and_enums

NAME_LENGTH = 38
NAME_RULE = {
    "rule": "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
    "message": "metadata.name must be a DNS label of at most 38 characters: a-z, 0-9 and '-', without a dot; "
    "names of Jobs and pods are made from it",
    "fieldPath": ".metadata.name",
}
HEADER = "# Generated from operator/orgport/api by `make generate`; do not edit.\n"


class _Shape(NamedTuple):
    """What a kind's definition holds beside its schema."""

    short_name: str
    description: str
    spec: type[Model]
    status: type[Model]
    selectable: tuple[str, ...]


_SHAPES: dict[str, _Shape] = {
    "OrgExport": _Shape(
        "orgexp",
        "OrgExport copies an organization of Browsertrix, files and database records, into an archive in a bucket.",
        OrgExportSpec,
        OrgExportStatus,
        (".spec.org.slug", ".status.phase"),
    ),
    "OrgImport": _Shape(
        "orgimp",
        "OrgImport brings an organization of Browsertrix from an archive in a bucket into an installation.",
        OrgImportSpec,
        OrgImportStatus,
        (".status.phase",),
    ),
}

_SUCCEEDED = '.status.conditions[?(@.type=="Succeeded")]'
_COLUMNS: tuple[tuple[str, str, str, bool], ...] = (
    ("Org", "string", ".status.org.slug", False),
    ("Phase", "string", ".status.phase", False),
    ("Progress", "string", ".status.progress.summary", False),
    ("Step", "string", ".status.step", True),
    ("Objects", "integer", ".status.result.objects", True),
    ("Size", "integer", ".status.result.bytes", True),
    ("Started", "date", ".status.startTime", True),
    ("Finished", "date", ".status.completionTime", True),
    ("Result", "string", ".status.result.location", True),
    ("Reason", "string", f"{_SUCCEEDED}.reason", True),
    ("Message", "string", f"{_SUCCEEDED}.message", True),
    ("Age", "date", ".metadata.creationTimestamp", False),
)


def crd(kind: Kind) -> dict[str, Any]:
    """The definition of a kind, as the API server takes it."""
    shape, plural = _SHAPES[kind], PLURALS[kind]
    names = {
        "kind": kind,
        "listKind": f"{kind}List",
        "plural": plural,
        "singular": kind.lower(),
        "shortNames": [shape.short_name],
        "categories": ["orgport"],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [_version(shape)]},
    }


def crds_yaml(kind: Kind) -> str:
    """The definition as a YAML file."""
    return HEADER + yaml.safe_dump(crd(kind), sort_keys=False, width=120, allow_unicode=True)


def files() -> dict[str, str]:
    """Every file of `crds/`: its name and its text."""
    return {f"{PLURALS[kind]}.yaml": crds_yaml(kind) for kind in KINDS}


def _version(shape: _Shape) -> dict[str, Any]:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "selectableFields": [{"jsonPath": path} for path in shape.selectable],
        "additionalPrinterColumns": [_column(*column) for column in _COLUMNS],
        "schema": {"openAPIV3Schema": _resource(shape)},
    }


def _column(name: str, kind: str, path: str, only_wide: bool) -> dict[str, Any]:
    column: dict[str, Any] = {"name": name, "type": kind, "jsonPath": path}
    return {**column, "priority": 1} if only_wide else column


def _resource(shape: _Shape) -> Schema:
    # kstatus takes a resource without status for a finished one: the default says that nobody has looked at it yet
    status = {**without_defaults_and_enums(schema_of(shape.status)), "default": {"observedGeneration": -1}}
    return {
        "description": shape.description,
        "type": "object",
        "required": ["spec"],
        "x-kubernetes-validations": [NAME_RULE],
        "properties": {
            "apiVersion": {"type": "string", "description": f"{GROUP}/{VERSION}."},
            "kind": {"type": "string", "description": "The kind."},
            "metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": NAME_LENGTH}}},
            "spec": schema_of(shape.spec),
            "status": status,
        },
    }
