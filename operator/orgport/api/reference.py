"""Pages of `docs/` that are made from the code: the API reference and the list of reasons."""

from __future__ import annotations

import json
from collections.abc import Iterator

from orgport.api.crd import crd
from orgport.api.names import KINDS, Kind
from orgport.api.reasons import MEANINGS, Reason
from orgport.api.structural import Schema

GENERATED = "<!-- Generated from operator/orgport/api by `make generate`; do not edit. -->\n\n"


def pages() -> dict[str, str]:
    """Every generated file of `docs/`: its name and its text."""
    return {"api.md": GENERATED + api_page(), "reasons.md": GENERATED + reasons_page()}


def reasons_page() -> str:
    """Every reason with meaning, cause and remedy."""
    lines = [
        "# Reasons",
        "",
        "Every condition of an OrgExport or OrgImport has one of these reasons, and so has `status.failure`.",
        "The list is closed: a script may rely on the words, not on the messages beside them.",
    ]
    for title, reasons in _groups().items():
        lines += ["", f"## {title}", "", "| Reason | Meaning | Usual cause | What to do |", "|---|---|---|---|"]
        lines += [_reason_row(reason) for reason in reasons]
    return "\n".join(lines) + "\n"


def api_page() -> str:
    """Every field of both kinds, with type, default and bounds."""
    lines = [
        "# API reference",
        "",
        "`kubectl explain orgexport.spec` and so on say the same.",
    ]
    for kind in KINDS:
        lines += ["", *_kind_lines(kind)]
    return "\n".join(lines) + "\n"


def _groups() -> dict[str, list[Reason]]:
    """In the order of the enumeration, cut where the first of the next group stands."""
    reasons = list(Reason)
    success, failure = reasons.index(Reason.EXPORTED), reasons.index(Reason.INVALID_SPEC)
    return {
        "While a run goes on": reasons[:success],
        "Success": reasons[success:failure],
        "Failure": reasons[failure:],
    }


def _reason_row(reason: Reason) -> str:
    meaning = MEANINGS[reason]
    return f"| `{reason}` | {_cell(meaning.meaning)} | {_cell(meaning.cause)} | {_cell(meaning.remedy)} |"


def _kind_lines(kind: Kind) -> Iterator[str]:
    version = crd(kind)["spec"]["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    yield f"## {kind}"
    yield ""
    yield schema["description"]
    for part in ("spec", "status"):
        yield from _object_lines(f"{kind.lower()}.{part}", schema["properties"][part])


def _object_lines(path: str, schema: Schema) -> Iterator[str]:
    yield from ("", f"### {path}", "", schema.get("description", ""), "")
    yield from _rule_lines(schema)
    yield from ("| Field | Type | Default | Description |", "|---|---|---|---|")
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        default = "required" if name in required else _default(field)
        yield f"| `{name}` | {_cell(_type(field))} | {default} | {_cell(field.get('description', ''))} |"
    for name, field in schema["properties"].items():
        inner, suffix = (field["items"], "[]") if "items" in field else (field, "")
        if "properties" in inner:
            yield from _object_lines(f"{path}.{name}{suffix}", inner)


def _rule_lines(schema: Schema) -> Iterator[str]:
    rules = schema.get("x-kubernetes-validations", [])
    if fixed := [rule["fieldPath"] for rule in rules if "is immutable" in rule["message"]]:
        yield f"* immutable: {', '.join(f'`{path[1:]}`' for path in fixed)}"
    yield from (f"* {rule['message']}" for rule in rules if "is immutable" not in rule["message"])
    if rules:
        yield ""


def _type(schema: Schema) -> str:
    if "enum" in schema:
        return " \\| ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("x-kubernetes-int-or-string"):
        return "quantity"
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    if "additionalProperties" in schema:
        return "map of strings"
    return str(schema.get("format") if schema.get("format") == "date-time" else schema["type"]) + _bounds(schema)


def _bounds(schema: Schema) -> str:
    if "maximum" in schema:
        return f", {schema.get('minimum', '')}..{schema['maximum']}"
    return f", from {schema['minimum']}" if "minimum" in schema else ""


def _default(schema: Schema) -> str:
    if schema.get("default", {}) == {}:
        return ""
    return f"`{json.dumps(schema['default'])}`"


def _cell(text: str) -> str:
    return " ".join(text.split())
