"""Documents of JSON in BSON's types: what a section's paths type is converted, or told with its place."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.browsertrix.paths import ELEMENT, Document, slots
from orgport.browsertrix.sections import Convert, Section


def decode(section: Section, document: Document) -> Document:
    """Turn JSON's texts into UUIDs and aware dates, in place, wherever a path says that there is one.

    EXPORT_CORRUPT names the section, the document and the path that holds something else. Null and absent are fine.
    """
    _check_id(section, document)
    for path, convert in section.plain:
        value = document.get(path)
        if value is not None:
            try:
                document[path] = convert(value)
            except ValueError as error:
                raise _corrupt(section, document, path, error) from None
    for member, empty, path, convert in section.deep:
        value = document.get(member)
        if value is not None and value != empty:
            _decode_below(section, document, path, convert)
    return document


def decode_held(section: Section, document: Document) -> Document:
    """Like `decode`, for a document that Browsertrix's rules refuse: what is of another type stays as it is."""
    _check_id(section, document)
    for path, convert in typed(section):
        for container, key in slots(document, path):
            _convert_if_possible(container, key, convert)
    return document


def misfit(section: Section, document: Document) -> str | None:
    """What is wrong with the types of the document, path first; None if `decode` takes it. Changes nothing."""
    for path, convert in section.plain:
        value = document.get(path)
        if value is not None and (problem := _problem(value, convert)):
            return f"{path} {problem}"
    for member, empty, path, convert in section.deep:
        value = document.get(member)
        if value is not None and value != empty and (problem := _problem_below(document, path, convert)):
            return f"{path} {problem}"
    return None


def typed(section: Section) -> tuple[tuple[str, Convert], ...]:
    """All typed paths of a section, each with what converts or refuses a value."""
    return section.plain + tuple((path, convert) for _, _, path, convert in section.deep)


def _check_id(section: Section, document: Document) -> None:
    identifier = document.get("_id")
    if not isinstance(identifier, str if section.string_id else str | int | UUID) or identifier == "":
        raise Failure(Reason.EXPORT_CORRUPT, f"{section.name}: a document has no _id, or one of the wrong type")


def _decode_below(section: Section, document: Document, path: str, convert: Convert) -> None:
    try:
        for container, key in slots(document, path, strict=True):
            if container[key] is not None:
                container[key] = convert(container[key])
    except ValueError as error:
        raise _corrupt(section, document, path, error) from None


def _convert_if_possible(container: Any, key: Any, convert: Convert) -> None:
    if container[key] is not None and not _problem(container[key], convert):
        container[key] = convert(container[key])


def _problem(value: Any, convert: Convert) -> str | None:
    try:
        convert(value)
    except ValueError as error:
        return str(error)
    return None


def _problem_below(document: Document, path: str, convert: Convert) -> str | None:
    try:
        for container, key in slots(document, path, strict=True):
            # a member may be null; an element of a list may not
            if container[key] is not None or isinstance(container, list):
                convert(container[key])
    except ValueError as error:
        return str(error)
    return None


def _corrupt(section: Section, document: Document, path: str, error: ValueError) -> Failure:
    identifier = str(document["_id"])
    where = path.replace(ELEMENT, "")
    return Failure(Reason.EXPORT_CORRUPT, f"{section.name} {identifier}: {where} {error}", keys=[identifier])
