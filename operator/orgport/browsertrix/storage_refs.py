"""The storages that records name, in {name, custom}."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from orgport.browsertrix.paths import Document
from orgport.browsertrix.references import file_objects
from orgport.browsertrix.sections import ORGANIZATION, Section


def storage_names(section: Section, document: Document) -> set[tuple[str, bool]]:
    """The storages that hold the record's objects (of an organization: its own), each with whether it is custom."""
    return {(ref["name"], bool(ref.get("custom"))) for ref, _, _ in _places(section, document) if ref}


def map_storages(section: Section, document: Document, mapping: Callable[[str], str], replicas: frozenset[str]) -> None:
    """Give every storage its new name, in place; all are the installation's own afterwards.

    A replica stays if its new name or else its own is among `replicas`, and is not where the object itself goes.
    """
    for ref, holder, member in _places(section, document):
        name = _rename(ref, mapping) if ref else None
        if isinstance(holder.get(member), list):
            holder[member] = _kept(holder[member], mapping, replicas - {name})


def _places(section: Section, document: Document) -> Iterator[tuple[Document | None, Document, str]]:
    """Storage, the holder of the replicas' list, and the list's name, of each object of the record."""
    if section is ORGANIZATION:
        yield _storage(document), document, "storageReplicas"
    for _, file in file_objects(section, document):
        yield _storage(file), file, "replicas"


def _storage(holder: Document) -> Document | None:
    ref = holder.get("storage")
    return ref if _is_reference(ref) else None


def _is_reference(ref: Any) -> bool:
    return isinstance(ref, dict) and isinstance(ref.get("name"), str)


def _rename(ref: Document, mapping: Callable[[str], str]) -> str:
    ref["name"] = mapping(ref["name"])
    if ref.get("custom"):
        ref["custom"] = False
    return str(ref["name"])


def _kept(refs: list[Any], mapping: Callable[[str], str], allowed: frozenset[str | None]) -> list[Any]:
    """What names no storage stays as it is."""
    kept: list[Any] = []
    names = set[str]()
    for ref in refs:
        if not _is_reference(ref):
            kept.append(ref)
        elif not ref.get("custom"):
            # a name that no mapping lists is mapped to the storage that receives the objects, which is no replica
            name = next((name for name in (mapping(ref["name"]), ref["name"]) if name in allowed), None)
            if name is not None and name not in names:
                names.add(name)
                kept.append({**ref, "name": name})
    return kept
