"""The definitions are in step with the models, structural and bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from docs.generate import generated
from orgport.api.crd import NAME_LENGTH, crd
from orgport.api.model import Model
from orgport.api.names import KINDS, Kind
from orgport.api.structural import schema_of
from tests.unit.api.specs import ROOT

Schema = dict[str, Any]


def schema(kind: Kind) -> Schema:
    (version,) = crd(kind)["spec"]["versions"]
    found: Schema = version["schema"]["openAPIV3Schema"]
    return found


def fields(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema inside, with its path."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from fields(inner, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield from fields(schema[key], f"{path}[{key}]")


FIELDS = [(f"{kind}{path}", field) for kind in KINDS for path, field in fields(schema(kind)) if path]
SPEC_FIELDS = [(path, field) for path, field in FIELDS if ".spec" in path]


@pytest.mark.parametrize(("path", "text"), generated().items(), ids=generated())
def test_the_committed_file_is_what_the_models_make(path: str, text: str) -> None:
    assert (ROOT / path).read_text() == text


@pytest.mark.parametrize("folder", ["crds", "charts/orgport/files/crds"])
def test_no_definition_lies_around_that_no_model_makes(folder: str) -> None:
    assert {f"{folder}/{path.name}" for path in (ROOT / folder).iterdir()} <= generated().keys()


def test_every_text_is_bounded() -> None:
    bounds = ("maxLength", "enum", "format")
    texts = [(path, field) for path, field in FIELDS if field.get("type") == "string"]
    unbounded = [path for path, field in texts if not any(bound in field for bound in bounds)]
    assert unbounded == [f"{kind}.{name}" for kind in KINDS for name in ("apiVersion", "kind")]


def test_every_list_is_bounded_and_says_how_it_merges() -> None:
    lists = [(path, field) for path, field in FIELDS if field.get("type") == "array"]
    assert lists
    assert [path for path, field in lists if "maxItems" not in field or "x-kubernetes-list-type" not in field] == []


def test_every_map_is_bounded() -> None:
    maps = [(path, field) for path, field in FIELDS if "additionalProperties" in field]
    assert maps
    assert [path for path, field in maps if "maxProperties" not in field] == []


def test_every_number_of_a_spec_is_bounded() -> None:
    numbers = [(path, field) for path, field in SPEC_FIELDS if field.get("type") == "integer"]
    assert numbers
    assert [path for path, field in numbers if not {"minimum", "maximum"} <= field.keys()] == []


def test_every_field_is_described() -> None:
    described = [(path, field) for path, field in FIELDS if not path.endswith("]") and ".metadata" not in path]
    assert [path for path, field in described if not field.get("description")] == []


def test_every_field_of_a_spec_is_required_or_has_a_default_or_means_something_by_its_absence() -> None:
    objects = [field for _, field in SPEC_FIELDS if "properties" in field]
    optional = {
        name
        for field in objects
        for name, inner in field["properties"].items()
        if "default" not in inner and name not in field.get("required", [])
    }
    absent = {"slug", "id", "export", "database", "manifestSHA256", "endpoint", "region", "credentials", "caBundle"}
    assert optional == absent | {
        "kmsKeyID",
        "uriKey",
        "cpu",
        "memory",
        "key",
        "operator",
        "value",
        "effect",
        "tolerationSeconds",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_status_has_no_default_but_the_one_that_says_that_nobody_has_looked(kind: Kind) -> None:
    status = schema(kind)["properties"]["status"]
    assert status["default"] == {"observedGeneration": -1}
    assert [path for path, field in fields(status) if path and {"default", "enum"} & field.keys()] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_message_fits_into_a_line_and_says_what_to_do(kind: Kind) -> None:
    rules = [rule for _, field in fields(schema(kind)) for rule in field.get("x-kubernetes-validations", [])]
    messages = [rule["message"] for rule in rules]
    assert all("\n" not in message and 20 < len(message) < 200 for message in messages)


MUTABLE = {"suspend", "attempt", "ttlSecondsAfterSuccess", "ttlSecondsAfterFailure", "activeDeadlineSeconds", "worker"}


@pytest.mark.parametrize("kind", KINDS)
def test_all_of_a_spec_is_immutable_but_what_steers_a_run(kind: Kind) -> None:
    spec = schema(kind)["properties"]["spec"]
    fixed = {rule["fieldPath"][1:] for rule in spec["x-kubernetes-validations"] if "is immutable" in rule["message"]}
    assert spec["properties"].keys() - fixed == MUTABLE


def test_a_name_leaves_room_for_the_names_that_are_made_from_it() -> None:
    assert schema("OrgExport")["properties"]["metadata"]["properties"]["name"]["maxLength"] == NAME_LENGTH == 38


class _Either(Model):
    field: int | bytes
    """Two types at once."""


def test_what_is_not_structural_is_found_when_it_is_generated() -> None:
    with pytest.raises(ValueError, match=r"_Either\.field: anyOf"):
        schema_of(_Either)
