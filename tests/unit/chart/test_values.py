"""Which values the chart takes, and that each is explained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.unit.chart.rendering import CHART, EVERYTHING, WIDE, Values, rendered

TEXT = (CHART / "values.yaml").read_text()
SCHEMA = yaml.safe_load((CHART / "values.schema.json").read_text())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"watchNamspaces": ["one"]}, "watchNamspaces"),
        ({"image": {"name": "x"}}, "name"),
        ({"image": {"pullPolicy": "Sometimes"}}, "pullPolicy"),
        ({"image": {"digest": "0" * 64}}, "digest"),
        ({"image": {"tag": "a tag"}}, "tag"),
        ({"watchNamespaces": "one"}, "watchNamespaces"),
        ({"watchNamespaces": ["One"]}, "watchNamespaces"),
        ({"watchNamespaces": ["one", "one"]}, "watchNamespaces"),
        ({"clusterWide": "yes"}, "clusterWide"),
        ({"livenessPort": 80}, "livenessPort"),
        ({"admissionPolicy": {"create": True}}, "admissionPolicy"),
        ({"rbac": {"userRoles": {"agregate": True}}}, "agregate"),
        ({"metrics": {"port": 0}}, "metrics"),
        ({"metrics": {"podMonitor": {"interval": "often"}}}, "interval"),
        ({"metrics": {"prometheusRule": {"additionalGroups": [{"rules": []}]}}}, "additionalGroups"),
        ({"networkPolicy": {"apiServerCIDRs": ["10.0.0.1"]}}, "apiServerCIDRs"),
        ({"networkPolicy": {"apiServerPorts": []}}, "apiServerPorts"),
        ({"worker": {"serviceAccount": {"annotations": {"a": 1}}}}, "annotations"),
        ({"extraEnv": [{"value": "x"}]}, "extraEnv"),
        ({"extraObjects": [1]}, "extraObjects"),
    ],
)
def test_a_value_that_is_none_is_refused_by_its_name(values: Values, message: str) -> None:
    with pytest.raises(Exception, match=message):
        rendered(values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({**WIDE, "watchNamespaces": ["one"]}, "leave watchNamespaces empty"),
        ({"serviceAccount": {"create": False}}, r"serviceAccount\.name is needed"),
        ({**WIDE, "worker": {"serviceAccount": {"create": True}}}, r"worker\.namespaces must say where"),
        ({**WIDE, "networkPolicy": {"enabled": True}}, r"worker\.namespaces must say where"),
        (
            {"metrics": {"podMonitor": {"enabled": True}, "serviceMonitor": {"enabled": True}}},
            "enable one of them",
        ),
        ({"metrics": {"enabled": False, "podMonitor": {"enabled": True}}}, r"it needs metrics\.enabled"),
    ],
)
def test_values_that_do_not_go_together_are_refused_with_what_to_do(values: Values, message: str) -> None:
    with pytest.raises(Exception, match=message):
        rendered(values)


def test_values_of_a_parent_chart_are_ignored() -> None:
    assert rendered({"global": {"imageRegistry": "x"}}) == rendered()


def test_the_schema_knows_every_value_and_no_other() -> None:
    values = yaml.safe_load(TEXT)
    assert set(_paths(values, SCHEMA)) | {"global"} == set(_known(SCHEMA))


def test_a_test_renders_every_value() -> None:
    """Beside those that contradict others, and those of names, which have tests of their own."""
    apart = {"clusterWide", "nameOverride", "fullnameOverride", "livenessPort", "logFormat", "resources"}
    apart |= {"podSecurityContext", "securityContext", "rbac"}
    assert set(yaml.safe_load(TEXT)) - set(EVERYTHING) == apart


def _paths(values: Any, schema: Any, prefix: str = "") -> Iterator[str]:
    """The dotted path of every value, as deep as the schema tells apart."""
    for name, value in values.items():
        yield f"{prefix}{name}"
        inner = _resolved(schema).get("properties", {}).get(name, {})
        if "properties" in _resolved(inner):
            yield from _paths(value, inner, f"{prefix}{name}.")


def _known(schema: Any, prefix: str = "") -> Iterator[str]:
    for name, inner in _resolved(schema).get("properties", {}).items():
        yield f"{prefix}{name}"
        yield from _known(inner, f"{prefix}{name}.")


def _resolved(schema: Any) -> Any:
    reference = schema.get("$ref", "").removeprefix("#/definitions/")
    return SCHEMA["definitions"][reference] if reference else schema


def test_the_schema_is_closed_wherever_it_names_values() -> None:
    closed = [_resolved(schema) for schema in _objects(SCHEMA)]
    assert closed
    assert all(schema.get("additionalProperties") is False for schema in closed)


def _objects(schema: Any) -> Iterator[Any]:
    """Every schema of an object of the chart's own, with its own properties."""
    if "properties" in _resolved(schema):
        yield schema
        for inner in _resolved(schema)["properties"].values():
            yield from _objects(inner)


@pytest.mark.parametrize("path", list(_paths(yaml.safe_load(TEXT), SCHEMA)))
def test_every_value_is_explained(path: str) -> None:
    """By a comment above it, or, where it is obvious, above the first of its section."""
    assert path in OBVIOUS or _comment_above(path), path


OBVIOUS = {"image.repository"}


def _comment_above(path: str) -> bool:
    lines = TEXT.splitlines()
    return lines[_line_of(path) - 1].lstrip().startswith("#")


def _line_of(path: str) -> int:
    """The line on which the value begins."""
    node: Any = yaml.compose(TEXT)
    line = 0
    for name in path.split("."):
        key, node = next((key, value) for key, value in node.value if key.value == name)
        line = key.start_mark.line
    return line
