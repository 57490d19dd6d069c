"""Which documents Browsertrix takes, told by the names and types of their members where these are enough.

Pages come in millions, and nearly all of a few shapes. What the rules have said once of a shape they need not say
again, but for the members whose values matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from operator import not_
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin
from uuid import UUID

from bson import Binary, Int64
from pydantic import AnyHttpUrl, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import SchemaValidator, core_schema

from orgport.browsertrix.paths import Document
from orgport.browsertrix.scalars import to_date, to_map, to_number, to_text, to_uuid
from orgport.browsertrix.sections import Convert, Section
from orgport.browsertrix.upstream_rules import RULES

MAX_SHAPES = 10_000
"""How many are remembered at most."""

Shape = tuple[tuple[str, ...], tuple[type, ...]]
Check = Callable[[Any], Any]
"""Says whether a value is taken; one that it does not take may be all the same."""

_CONVERTED: dict[Convert, frozenset[type]] = {
    to_uuid: frozenset({Binary, bytes, NoneType}),
    to_date: frozenset({datetime, NoneType}),
    to_text: frozenset({str, NoneType}),
    to_map: frozenset({dict, NoneType}),
    to_number: frozenset({NoneType}),  # an installation has limits for them
}
_ENOUGH: dict[Any, frozenset[type]] = {
    str: frozenset({str}),
    int: frozenset({int, Int64}),
    bool: frozenset({bool}),
    UUID: frozenset({Binary, bytes}),
    datetime: frozenset({datetime}),
    NoneType: frozenset({NoneType}),
}
"""Types of which every value is taken. A UUID is a Binary or its bytes here; of its kind, the encoder makes sure."""
_IS_HTTP_URL = SchemaValidator(core_schema.url_schema(allowed_schemes=["http", "https"])).isinstance_python
"""What AnyHttpUrl asks, without making one."""


class Demand(NamedTuple):
    """What the rules demand of a member."""

    enough: frozenset[type]
    """Types of which every value is taken."""
    check: Check
    """For values of the other types."""


class Shapes:
    """What is known of the shapes of one section's documents, as `decode_bare` gives them."""

    def __init__(self, section: Section) -> None:
        self._section = section
        self._demands = _demands(section)
        self._checks: dict[Shape, tuple[tuple[str, Check], ...]] = {}

    def fits(self, document: Document) -> bool:
        """Whether the document is taken for sure; if not, the rules have to be asked."""
        checks = self._checks.get(_shape(document))
        return checks is not None and all(check(document[name]) for name, check in checks)

    def learn(self, document: Document) -> None:
        """Remember the shape of a document that the rules took."""
        shape = _shape(document)
        if shape not in self._checks and len(self._checks) < MAX_SHAPES:
            self._checks[shape] = tuple(
                (name, check) for name, kind in zip(*shape, strict=True) for check in self._needed(name, kind)
            )

    def _needed(self, name: str, kind: type) -> Iterator[Check]:
        """What has to be asked of a member's value, when its type is known."""
        for path, convert in self._section.plain:
            if path == name and kind not in _CONVERTED[convert]:
                yield _never
        if kind is not NoneType and any(member == name for member, *_ in self._section.deep):
            yield not_
        if name in self._demands and kind not in self._demands[name].enough:
            yield self._demands[name].check


def _shape(document: Document) -> Shape:
    return tuple(document), tuple(map(type, document.values()))


def _demands(section: Section) -> dict[str, Demand]:
    rules = RULES.get(section)
    fields = {} if rules is None else rules.model_fields
    return {field.alias or name: _demand(field) for name, field in fields.items()}


def _demand(field: FieldInfo) -> Demand:
    annotation: Any = field.annotation
    if annotation is AnyHttpUrl:
        return Demand(frozenset(), _IS_HTTP_URL)
    one_of = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    kinds = frozenset().union(*(_ENOUGH.get(each, ()) for each in one_of if not field.metadata))
    whole: Any = Annotated[(annotation, *field.metadata)] if field.metadata else annotation
    return Demand(kinds, TypeAdapter(whole).validator.isinstance_python)


def _never(_value: Any) -> bool:
    return False
