"""Pydantic's JSON schema made structural, as a CustomResourceDefinition needs it."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from orgport.api.model import Model, Rule

Schema = dict[str, Any]

NOISE = {"title", "$defs", "examples", "propertyNames"}
NOT_STRUCTURAL = {
    *("$ref", "$schema", "allOf", "anyOf", "oneOf", "not", "const", "prefixItems", "uniqueItems", "patternProperties"),
    *("exclusiveMinimum", "exclusiveMaximum", "if", "then", "else", "contains", "discriminator"),
}


class _Generator(GenerateJsonSchema):
    """What is optional may be absent, never null; defaults are what differs from a nested model's own defaults."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        inner, default = self.generate_inner(schema["schema"]), schema.get("default")
        return inner if default is None else {**inner, "default": _plain(default)}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        generated, rules = super().model_schema(schema), schema["cls"].rules
        return {**generated, "x-kubernetes-validations": [_validation(rule) for rule in rules]} if rules else generated

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def schema_of(model: type[Model]) -> Schema:
    """The model's structural schema, with its defaults, rules and descriptions."""
    generated = model.model_json_schema(by_alias=True, schema_generator=_Generator, mode="validation")
    return _structural(generated, generated.get("$defs", {}), model.__name__)


def without_defaults_and_enums(schema: Schema) -> Schema:
    """For a status: what is absent stays so, and a newer operator may say more than an older CRD lists."""
    changed = {key: value for key, value in schema.items() if key not in ("default", "enum")}
    if "enum" in schema:
        changed["maxLength"] = 64
    if "properties" in schema:
        properties = schema["properties"].items()
        changed["properties"] = {name: without_defaults_and_enums(inner) for name, inner in properties}
    if "items" in schema:
        changed["items"] = without_defaults_and_enums(schema["items"])
    return changed


def _plain(default: Any) -> Any:
    if isinstance(default, Model):
        return default.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    return default


def _validation(rule: Rule) -> Schema:
    validation = {"rule": rule.cel, "message": rule.message}
    if rule.path:
        validation["fieldPath"] = rule.path
    if rule.forbids:
        validation["reason"] = "FieldValueForbidden"
    return validation


def _structural(schema: Schema, definitions: dict[str, Schema], path: str) -> Schema:
    schema = _resolved(schema, definitions)
    schema = {key: value for key, value in schema.items() if key not in NOISE}
    if schema.get("x-kubernetes-int-or-string"):
        return _int_or_string(schema)
    if schema.get("type") == "integer":
        schema["format"] = "int64"
    if unfit := NOT_STRUCTURAL & schema.keys():
        raise ValueError(f"{path}: {', '.join(sorted(unfit))} cannot stand in a structural schema")
    if "properties" in schema:
        schema.pop("additionalProperties", None)
        properties = schema["properties"].items()
        schema["properties"] = {name: _structural(inner, definitions, f"{path}.{name}") for name, inner in properties}
    for inner in ("items", "additionalProperties"):
        if inner in schema:
            schema[inner] = _structural(schema[inner], definitions, f"{path}.{inner}")
    return schema


def _resolved(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """What stands beside the reference, such as a field's description, wins over what it refers to."""
    if "$ref" not in schema:
        return schema
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**definitions[schema["$ref"].rsplit("/", 1)[-1]], **beside}


def _int_or_string(schema: Schema) -> Schema:
    either = {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    return {**either, **{key: value for key, value in schema.items() if key != "type"}}
