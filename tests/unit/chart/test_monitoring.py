"""How the chart has Prometheus and Grafana find the metrics."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from tests.unit.chart.rendering import (
    CHART,
    EVERYTHING,
    NAMESPACE,
    Values,
    container,
    deployment,
    environment,
    rendered,
)


def metrics(**values: Any) -> Values:
    return {"metrics": values}


def rule(**values: Any) -> Any:
    (found,) = rendered(metrics(prometheusRule={"enabled": True, **values}))["prometheusrule.yaml"]
    return found


def test_the_metrics_have_a_port_unless_they_are_off() -> None:
    assert {"name": "metrics", "containerPort": 8081} in container()["ports"]
    assert environment()["ORGPORT_METRICS_PORT"] == "8081"
    off = metrics(enabled=False)
    assert [port["name"] for port in container(off)["ports"]] == ["liveness"]
    assert environment(off)["ORGPORT_METRICS_PORT"] == "0"


def test_nothing_of_the_prometheus_operator_is_made_unless_asked() -> None:
    assert [rendered()[f"{name}.yaml"] for name in ("monitors", "prometheusrule", "dashboard")] == [[], [], []]


def test_a_pod_monitor_scrapes_the_operators_pod() -> None:
    (monitor,) = rendered(EVERYTHING)["monitors.yaml"]
    assert monitor["kind"] == "PodMonitor"
    assert monitor["metadata"]["labels"]["a"] == "b"
    labels = deployment(EVERYTHING)["spec"]["template"]["metadata"]["labels"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint == {
        "port": "metrics", "path": "/metrics", "honorLabels": True, "interval": "1m30s", "scrapeTimeout": "9s",
    }  # fmt: skip


def test_a_service_monitor_scrapes_a_service_that_leads_to_the_operators_pod() -> None:
    service, monitor = rendered(metrics(serviceMonitor={"enabled": True}))["monitors.yaml"]
    assert (service["kind"], monitor["kind"]) == ("Service", "ServiceMonitor")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert service["spec"]["selector"].items() <= deployment()["spec"]["template"]["metadata"]["labels"].items()
    assert [port["name"] for port in service["spec"]["ports"]] == [monitor["spec"]["endpoints"][0]["port"]]


@pytest.mark.parametrize("kind", ["podMonitor", "serviceMonitor"])
def test_the_namespace_of_a_run_is_not_taken_for_the_operators(kind: str) -> None:
    monitor = rendered(metrics(**{kind: {"enabled": True}}))["monitors.yaml"][-1]
    (endpoint,) = monitor["spec"].get("podMetricsEndpoints") or monitor["spec"]["endpoints"]
    assert endpoint["honorLabels"] is True


def test_the_alerts_are_those_of_the_chart_with_labels_of_yours() -> None:
    source = yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())["groups"]
    groups = rule(alertLabels={"team": "archive"})["spec"]["groups"]
    assert [group["name"] for group in groups] == [group["name"] for group in source]
    for group, original in zip(groups, source, strict=True):
        for made, written in zip(group["rules"], original["rules"], strict=True):
            assert made["expr"] == written["expr"]
            assert "alert" not in written or made["labels"] == {**written.get("labels", {}), "team": "archive"}


def test_an_alert_can_be_left_out_and_groups_be_added() -> None:
    names = alerts(rule())
    assert len(names) == len(set(names)) > 0
    assert alerts(rule(disabled=[names[0]])) == names[1:]
    mine = {"name": "mine", "rules": [{"alert": "Mine", "expr": "vector(1)"}]}
    assert rule(additionalGroups=[mine])["spec"]["groups"][-1] == mine


def alerts(found: Any) -> list[str]:
    return [each["alert"] for group in found["spec"]["groups"] for each in group["rules"] if "alert" in each]


def test_the_dashboard_is_where_grafana_looks_for_it() -> None:
    (found,) = rendered(metrics(dashboard={"enabled": True, "namespace": "monitoring"}))["dashboard.yaml"]
    assert found["metadata"]["namespace"] == "monitoring"
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    text = (CHART / "files" / "dashboard.json").read_text()
    assert json.loads(found["data"]["orgport.json"]) == json.loads(text)
    (here,) = rendered(EVERYTHING)["dashboard.yaml"]
    assert here["metadata"]["namespace"] == NAMESPACE
    assert here["metadata"]["annotations"]["grafana_folder"] == "Browsertrix"
