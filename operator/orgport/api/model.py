"""The base of every model that crosses a border: closed, frozen, camelCase outside and snake_case inside."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """Unknown members are refused: a misspelt field must not be silently ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    def dump(self) -> dict[str, Any]:
        """As JSON data under the outside names, without what is None."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def dump_json(self) -> str:
        """As one compact line of JSON under the outside names, without what is None."""
        return self.model_dump_json(by_alias=True, exclude_none=True)


def cel(*rules: tuple[str, str]) -> dict[str, Any]:
    """Validation rules of the CRD, each a CEL expression and the message that a user sees when it does not hold."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in rules]}
