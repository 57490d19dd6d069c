"""Alerts and dashboard ask for what the operator exports, and for nothing else."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.process_collector import ProcessCollector

from tests.unit.api.specs import ROOT
from tests.unit.controller.test_metrics import exposition

FILES = ROOT / "charts" / "orgport" / "files"
DASHBOARD = json.loads((FILES / "dashboard.json").read_text())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
RULES = [rule for group in yaml.safe_load((FILES / "alerts.yaml").read_text())["groups"] for rule in group["rules"]]
TARGET_LABELS = {"job", "instance"}
"""What Prometheus adds."""


def targets(panel: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = panel.get("targets", [])
    return found


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in RULES)
    yield from (target["expr"] for panel in PANELS for target in targets(panel))
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield from re.findall(r"label_values\((\w+),", variable["query"]["query"])


def exported() -> dict[str, set[str]]:
    """The labels of every series by its name."""
    found = {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(exposition())
        for sample in family.samples
    }
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return found | {sample.name: set() for family in registry.collect() for sample in family.samples}


def names(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:orgport|process)_\w+", expression))


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_an_expression_asks_for_series_that_there_are(expression: str) -> None:
    there = exported()
    assert names(expression)
    assert names(expression) <= there.keys()
    for name, matchers in re.findall(r"\b((?:orgport|process)_\w+)\{([^}]*)\}", expression):
        assert set(re.findall(r"(\w+)\s*(?:=|!)", matchers)) <= there[name]
    labels = set().union(*(there[name] for name in names(expression))) | TARGET_LABELS
    for listed in re.findall(r"\b(?:on|by) \(([^)]*)\)", expression):
        assert set(re.findall(r"\w+", listed)) <= labels


@pytest.mark.parametrize("panel", [panel for panel in PANELS if targets(panel)], ids=lambda panel: panel["title"])
def test_a_legend_names_labels_of_its_series(panel: dict[str, Any]) -> None:
    there = exported()
    for target in targets(panel):
        labels = set().union(*(there[name] for name in names(target["expr"]))) | TARGET_LABELS
        assert set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", ""))) <= labels


def test_every_metric_of_runs_is_in_the_dashboard_or_an_alert() -> None:
    asked = set().union(*map(names, expressions()))
    runs = {name for name in exported() if name.startswith("orgport_run_")}
    assert runs - asked == {"orgport_run_total_documents"}


def test_panels_have_room_of_their_own() -> None:
    cells = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in PANELS
        for x, y in itertools.product(range(panel["gridPos"]["w"]), range(panel["gridPos"]["h"]))
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_every_panel_says_what_it_shows_and_asks_the_chosen_source() -> None:
    for panel in PANELS:
        if panel["type"] != "row":
            assert panel["description"]
            assert {target["datasource"]["uid"] for target in targets(panel)} == {"${datasource}"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_has_a_runbook_that_is_there(rule: dict[str, Any]) -> None:
    page, anchor = rule["annotations"]["runbook_url"].rsplit("/", 1)[1].split("#")
    headings = re.findall(r"^#+ (.*)$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
    assert anchor == rule["alert"].lower()
    assert rule["alert"] in headings
    assert {"summary", "description"} <= rule["annotations"].keys()
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
