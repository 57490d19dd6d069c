"""The JSON that Browsertrix must take of a made-up organization, made without the product's code."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.organizations.model import DB_VERSION, Document, Organization

SECTIONS = {
    "profiles": "profiles",
    "workflows": "crawl_configs",
    "workflowRevisions": "configs_revs",
    "items": "crawls",
    "pages": "pages",
    "collections": "collections",
}
"""Sections of the JSON and the collections that they come from, in order."""


def as_export(made: Organization) -> dict[str, Any]:
    """The JSON as Python's types; mind the order of members when changing it."""
    data: dict[str, Any] = {"dbVersion": DB_VERSION, "org": _organization(made)}
    for section, collection in SECTIONS.items():
        data[section] = [plain(document) for document in made.documents[collection]]
    for workflow in data["workflows"]:
        if workflow["scale"] is None:
            del workflow["scale"]
    return {"data": data}


def as_json(made: Organization) -> bytes:
    return json.dumps(as_export(made)).encode()


def plain(value: Any) -> Any:
    """The value in JSON's types, as Browsertrix writes them."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _organization(made: Organization) -> Document:
    document: Document = plain(made.document)
    identifier = document.pop("_id")
    return {**document, "users": {}, "userDetails": list(_members(made)), "_id": identifier}


def _members(made: Organization) -> Iterable[Document]:
    accounts = {str(account["id"]): account for account in made.documents["users"]}
    for member, role in made.document["users"].items():
        if member in accounts:
            yield {"id": member, "role": role, "name": accounts[member]["name"], "email": accounts[member]["email"]}
