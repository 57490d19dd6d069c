"""Documents that have a value at every path that a section types, made from the paths themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from orgport.browsertrix.paths import Document, slots, steps
from orgport.browsertrix.sections import ITEMS, ORGANIZATION, Section
from orgport.browsertrix.upgrades import UpgradeContext, upgrade

OID = UUID("4c880741-c1b7-47ae-b825-3fb15d52a760")
OTHER = UUID("11111111-2222-4333-8444-555555555555")
INSTANT = datetime(2024, 7, 1, 17, 26, 10, 123000, tzinfo=UTC)
SHA256 = "4a342a1d9fc9e55151b30562dc67bdd30cafe4d91de2787466fc38e4269f6576"


def filled(section: Section) -> Document:
    """A document in BSON's types, with two elements in each list and two values in each map."""
    document: Document = {"_id": "manual-20240701173130-64000a3d-c39"} if section.string_id else {}
    numbers = iter(range(1, 10_000))
    for path in section.files:
        for holder, key in _make(document, path):
            holder[key] = file(f"{section.name}-{next(numbers)}")
        if not path:
            document |= file(section.name)
    for path in section.uuids:
        for holder, key in _make(document, path):
            holder[key] = UUID(int=next(numbers))
    _fill(document, section.dates, INSTANT)
    _fill(document, section.numbers, 2)
    _fill(document, section.maps, {})
    _fill(document, section.texts, "text")
    if section is ITEMS:
        document["type"] = "crawl"
    if section is ORGANIZATION:
        document |= {"storage": ref("default"), "storageReplicas": [ref("replica")], "users": {str(OTHER): 40}}
    return document


def _fill(document: Document, paths: Iterable[str], value: Any) -> None:
    for path in paths:
        for holder, key in _make(document, path):
            holder[key] = deepcopy(value)


def file(name: str) -> Document:
    return {
        "filename": f"{OID}/{name}",
        "hash": SHA256,
        "size": 1000,
        "storage": ref("default"),
        "replicas": [ref("replica"), ref("gone")],
    }


def ref(name: str, custom: bool | None = False) -> Document:
    return {"name": name, "custom": custom}


def found(document: Document, path: str) -> list[Any]:
    """Everything under the path."""
    return [holder[key] for holder, key in slots(document, path)]


def as_json(document: Document) -> Document:
    """The document as it is read from an export."""
    decoded: Document = orjson.loads(orjson.dumps(document, option=orjson.OPT_UTC_Z))
    return decoded


def context(**more: Any) -> UpgradeContext:
    return UpgradeContext(org_id=OID, source_sha256=SHA256, **more)


def upgraded(section: Section, document: Document, version: str, facts: UpgradeContext | None = None) -> Document:
    upgrade(section, document, version, facts or context())
    return document


def _make(document: Document, path: str) -> Iterator[tuple[Any, Any]]:
    """The places of the path, made where they are not there."""
    if path:
        yield from _make_below(document, steps(path))


def _make_below(holder: Any, path: tuple[str, ...]) -> Iterator[tuple[Any, Any]]:
    step, *rest = path
    keys: list[Any] = [0, 1] if step == "[]" else ["run one", "run.two"] if step == "*" else [step]
    for key in keys:
        if isinstance(holder, list) and len(holder) <= key:
            holder.append(None)
        if not rest:
            yield holder, key
            continue
        below: Any = [] if rest[0] == "[]" else {}
        if isinstance(holder, list):
            holder[key] = below if holder[key] is None else holder[key]
        else:
            holder.setdefault(key, below)
        yield from _make_below(holder[key], tuple(rest))
