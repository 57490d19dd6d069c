"""The base of every model that crosses a border: closed, frozen, camelCase outside and snake_case inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel


class Rule(NamedTuple):
    """What fields of a model must fulfil together: in CEL for the API server, in Python for everybody else."""

    cel: str
    """A nested model's default is judged before its own fields have theirs: there, guard fields by has()."""
    message: str
    """What a user sees when it does not hold: the field's name and what to do."""
    holds: Callable[[Any], bool] | None = None
    """The same of an instance; None where there is no instance to compare with, or nothing to ask outside a cluster."""
    path: str = ""
    """The field to blame, such as ".prefix"; empty: the whole object."""
    forbids: bool = False
    """Whether it is a change that it refuses."""


class Model(BaseModel):
    """Unknown members are refused: a misspelt field must not be silently ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    rules: ClassVar[tuple[Rule, ...]] = ()

    @model_validator(mode="after")
    def _obeys_rules(self) -> Self:
        for rule in self.rules:
            if rule.holds is not None and not rule.holds(self):
                raise ValueError(rule.message)
        return self

    def dump(self) -> dict[str, Any]:
        """As JSON data under the outside names, without what is None."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def dump_json(self) -> str:
        """As one compact line of JSON under the outside names, without what is None."""
        return self.model_dump_json(by_alias=True, exclude_none=True)
