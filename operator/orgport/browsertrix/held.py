"""Which documents Browsertrix's importer would trip over, and how the others are shown to it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from orgport.browsertrix.decoding import misfit
from orgport.browsertrix.paths import Document
from orgport.browsertrix.sections import EXTRA_SECTIONS, ITEMS, WORKFLOWS, Section
from orgport.browsertrix.settings import Settings
from orgport.browsertrix.upstream_rules import RULES, item_rules


def refusal(section: Section, document: Document, settings: Settings) -> str | None:
    """The rule of Browsertrix's importer that the document breaks, with the field first; None if it keeps all.

    `settings` are those of the installation whose limits count. Of sections that it does not read, the types have to
    be right.
    """
    document = _as_written(document)
    if (problem := misfit(section, document)) or section in EXTRA_SECTIONS:
        return problem
    rules = item_rules(document.get("type")) if section is ITEMS else RULES.get(section)
    if rules is None:
        return "type is neither crawl nor upload"
    return _broken(rules, document) or _beyond_limits(section, document, settings)


def presentable(section: Section, document: Document) -> Document:
    """The document without what the importer cannot take though it means nothing; the same one if there is none.

    A workflow's `scale: null` says "see browserWindows", and ends the importer with a TypeError.
    """
    if section is WORKFLOWS and "scale" in document and document["scale"] is None:
        return {key: value for key, value in document.items() if key != "scale"}
    return document


def _as_written(value: Any) -> Any:
    """With null for the numbers that JSON does not know: NaN and the infinities."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _as_written(inner) for name, inner in value.items()}
    return [_as_written(inner) for inner in value] if isinstance(value, list) else value


def _broken(rules: type[BaseModel], document: Mapping[str, Any]) -> str | None:
    try:
        rules.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"
    return None


def _beyond_limits(section: Section, document: Document, settings: Settings) -> str | None:
    for field, limit in (("browserWindows", settings.max_browser_windows), ("scale", settings.max_crawl_scale)):
        value = document.get(field)
        # Elsewhere a member of that name means nothing, and may be anything.
        if field in section.numbers and value is not None and value > limit:
            return f"{field}: {value} is more than the {limit} that the installation allows"
    return None
