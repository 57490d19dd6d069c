"""What makes two exports the same: the spec as written, and the installation."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

import orjson

from orgport.api.org_export import OrgExportSpec


def spec_hash(spec: OrgExportSpec) -> str:
    """SHA-256 of what the export is asked for, without defaults: a new option of orgport's does not change it."""
    whole = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    files = whole.get("files", {})
    asked = {
        "org": whole["org"],
        "source": whole.get("source", {}),
        "content": _set(spec, "content"),
        "files": {name: files[name] for name in ("verify", "missing") if name in files},
        "database": {
            name: values for name in ("include", "redact") if (values := _set(spec.database, name)) is not None
        },
    }
    present = {name: value for name, value in asked.items() if value}
    return hashlib.sha256(orjson.dumps(present, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _set(model: Any, field: str) -> list[str] | None:
    """A field that is a set, sorted; None if it is the default in whatever order."""
    values, default = getattr(model, field), type(model).model_fields[field].default
    return None if set(values) == set(default) else sorted(values)


def installation_hash(default_org: UUID | None) -> str:
    """SHA-256 that names an installation by the id of its default organization."""
    return hashlib.sha256(f"browsertrix/{default_org}".encode()).hexdigest()
