"""Where in a document something is: `a.b` (members), `a[].b` (every element), `a.*.b` (every value of a map)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

Document = dict[str, Any]

ELEMENT = "[]"
VALUE = "*"


class Misshapen(ValueError):
    """On the way to what a path names there is something that is neither null nor the map or list it must be."""


def slots(document: Document, path: str, *, strict: bool = False) -> Iterator[tuple[Any, Any]]:
    """The containers and keys of everything that is there under the path, nulls included: `container[key]` is it.

    The document itself (path "") lies in no container. What has another shape than the path says is passed over, or
    raises Misshapen when strict. The containers may be written to meanwhile, but not shortened.
    """
    if path:
        yield from _walk(document, steps(path), 0, strict)


def values(document: Document, path: str) -> Iterator[Any]:
    """Everything that is there under the path and not null; the document itself for ""."""
    if not path:
        yield document
    for container, key in slots(document, path):
        if container[key] is not None:
            yield container[key]


@lru_cache(maxsize=1024)
def steps(path: str) -> tuple[str, ...]:
    """The path taken apart: names of members, "[]" for elements of a list, "*" for values of a map."""
    return tuple(path.replace(ELEMENT, "." + ELEMENT).lstrip(".").split("."))


def _walk(container: Any, path: tuple[str, ...], index: int, strict: bool) -> Iterator[tuple[Any, Any]]:
    for key in _keys(container, path[index], strict):
        if index + 1 == len(path):
            yield container, key
        elif container[key] is not None:
            yield from _walk(container[key], path, index + 1, strict)


def _keys(container: Any, step: str, strict: bool) -> Any:
    if not isinstance(container, list if step == ELEMENT else dict):
        if strict:
            raise Misshapen(f"holds {kind(container)} instead of a {'list' if step == ELEMENT else 'map'}")
        return ()
    if step == ELEMENT:
        return range(len(container))
    if step == VALUE:
        return tuple(container)
    return (step,) if step in container else ()


def kind(value: Any) -> str:
    """What a JSON value is, with its article."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a map"}
    return "null" if value is None else names.get(type(value), f"a {type(value).__name__}")
