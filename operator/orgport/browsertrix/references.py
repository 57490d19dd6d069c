"""The objects that records name, and the keys under which they lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from orgport.browsertrix.paths import ELEMENT, Document, slots, values
from orgport.browsertrix.sections import PROFILES, Section

UNKNOWN_SIZE = -1


@dataclass(frozen=True, slots=True)
class Reference:
    """A file object of a record."""

    section: str
    document: str
    """The record's id."""
    path: str
    """The path of the file object in the record, as the section lists it; "" is the record itself."""
    filename: str
    size: int
    """Bytes; -1 where the record does not know (a dedupe index whose size was missed)."""
    sha256: str
    """Hexadecimal; empty where the record does not know."""
    storage: str
    custom: bool
    """Whether the storage is the organization's own."""
    replicas: tuple[str, ...]


def references(section: Section, document: Document) -> Iterator[Reference]:
    """Every object that the record names. A file object without a file name names none."""
    for path, file in file_objects(section, document):
        if names_an_object(file):
            yield _reference(section, document, path, file)


def file_objects(section: Section, document: Document) -> Iterator[tuple[str, Document]]:
    """Every file object of the record, with its path."""
    for path in section.files:
        for file in values(document, path):
            if isinstance(file, dict):
                yield path, file


def replica_refs(file: Document) -> list[Any]:
    """The list of a file object's replicas; empty where it has none, or something else."""
    replicas = file.get("replicas")
    return replicas if isinstance(replicas, list) else []


def object_key(reference: Reference, org_id: str, endpoint_urls: Sequence[str] = ()) -> str | None:
    """The object's key below its storage's prefix, beginning with "<org id>/"; None if it is another's, or none.

    `endpoint_urls` are the storage's own (`Storage.url`): a file name that begins with one is a key after it.
    """
    filename = reference.filename
    if reference.section == PROFILES.name and filename.startswith("profiles/"):
        # Before database version 0052 profiles were recorded without the organization's id that their keys have.
        filename = f"{org_id}/{filename}"
    for url in endpoint_urls:
        filename = filename.removeprefix(url)
    return filename if _is_below(org_id, filename) else None


def leave_out(section: Section, document: Document, unwanted: Callable[[Reference], bool]) -> list[Reference]:
    """Remove, in place, file objects whose references are unwanted; those that were removed.

    A document that is a file object itself stays as it is: whoever asked leaves it out.
    """
    removed: list[Reference] = []
    for path in section.files:
        # From the end, so that the places of the elements before stay what they are.
        for container, key in reversed(list(slots(document, path))):
            file = container[key]
            if names_an_object(file) and unwanted(reference := _reference(section, document, path, file)):
                removed.append(reference)
                if path.endswith(ELEMENT):
                    del container[key]
                else:
                    container[key] = None
        if not path and names_an_object(document):
            removed += filter(unwanted, [_reference(section, document, path, document)])
    return removed


def names_an_object(file: Any) -> bool:
    return isinstance(file, dict) and isinstance(file.get("filename"), str) and bool(file["filename"])


def rewrite_urls(section: Section, document: Document, org_id: str, endpoint_urls: Sequence[str]) -> None:
    """Replace, in place, file names that are full URLs of the storage's endpoint by their keys."""
    for _, file in file_objects(section, document):
        for url in endpoint_urls:
            name = file.get("filename")
            if isinstance(name, str) and name.startswith(url) and _is_below(org_id, name[len(url) :]):
                file["filename"] = name[len(url) :]


def _is_below(org_id: str, key: str) -> bool:
    first, *others = key.split("/")
    return first == org_id and bool(others) and not any(segment in ("", ".", "..") for segment in others)


def _reference(section: Section, document: Document, path: str, file: Document) -> Reference:
    storage, sha256 = file.get("storage"), file.get("hash")
    return Reference(
        section=section.name,
        document=str(document.get("_id")),
        path=path,
        filename=file["filename"],
        size=_size(file.get("size")),
        sha256=sha256 if isinstance(sha256, str) else "",
        storage=_name(storage) or "",
        custom=isinstance(storage, dict) and bool(storage.get("custom")),
        replicas=tuple(name for replica in replica_refs(file) if (name := _name(replica))),
    )


def _size(value: Any) -> int:
    # the database's 64-bit numbers are a class of their own, derived from int
    known = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return int(value) if known else UNKNOWN_SIZE


def _name(storage: Any) -> str | None:
    name = storage.get("name") if isinstance(storage, dict) else None
    return name if isinstance(name, str) else None
