"""Where the parts of an archive lie, below the prefix of its location."""

from __future__ import annotations

CLAIM = "claim.json"
DATABASE = "org-export.json"
INVENTORY = "objects.ndjson"
MANIFEST = "manifest.json"
REPORT = "report.json"
FAILURES = "failures.ndjson"
RUN = "run/"

JSON_TYPE, LINES_TYPE = "application/json", "application/x-ndjson"


def folder(name: str) -> str:
    """The archive's own folder."""
    return f"exports/{name}/"


def objects_prefix(storage: str, org_storage: str) -> str:
    """What comes before an object's key: nothing for the organization's own storage, so that exports share objects."""
    return "" if storage == org_storage else f"storages/{storage}/"


def own_objects(name: str, number: int) -> str:
    """Where objects of this archive alone lie, whose shared place is taken; `number` from 1 on."""
    return folder(name) + ("objects/" if number == 1 else f"objects-{number}/")
