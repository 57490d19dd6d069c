"""The chart's NetworkPolicies. Whether they are enforced is up to the cluster's network."""

from __future__ import annotations

from typing import Any

from orgport.controller.manifests import objects
from tests.unit.chart.rendering import EVERYTHING, NAMESPACE, WIDE, Values, deployment, rendered
from tests.unit.controller.resources import export_resource
from tests.unit.controller.simulation import SETTINGS
from tests.unit.controller.test_manifests import run_of

ON: Values = {"networkPolicy": {"enabled": True}}
DNS = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}
API_SERVER = {"ports": [{"port": 443, "protocol": "TCP"}, {"port": 6443, "protocol": "TCP"}]}


def policies(values: Values) -> list[Any]:
    """The operator's policy, then the workers' of each namespace."""
    return rendered(values)["networkpolicy.yaml"]


def test_there_are_none_unless_asked() -> None:
    assert policies({}) == []


def test_the_operator_speaks_to_the_api_server_and_to_nothing_else() -> None:
    operator = policies(ON)[0]["spec"]
    assert operator["policyTypes"] == ["Ingress", "Egress"]
    assert operator["egress"] == [DNS, API_SERVER]
    labels = deployment()["spec"]["template"]["metadata"]["labels"]
    assert operator["podSelector"]["matchLabels"].items() <= labels.items()


def test_the_operator_is_asked_for_health_and_metrics_and_nothing_else() -> None:
    assert policies(ON)[0]["spec"]["ingress"] == [
        {"ports": [{"port": 8080, "protocol": "TCP"}]},
        {"ports": [{"port": 8081, "protocol": "TCP"}]},
    ]
    (health,) = policies({**ON, "metrics": {"enabled": False}})[0]["spec"]["ingress"]
    assert health["ports"] == [{"port": 8080, "protocol": "TCP"}]


def test_metrics_can_be_kept_for_prometheus() -> None:
    (_, metrics) = policies(EVERYTHING)[0]["spec"]["ingress"]
    assert metrics["from"] == EVERYTHING["networkPolicy"]["metricsFrom"]


def test_nobody_speaks_to_workers_and_they_may_go_everywhere_unless_told() -> None:
    for policy in policies({**ON, "watchNamespaces": ["one"]})[1:]:
        assert policy["spec"]["ingress"] == []
        assert policy["spec"]["egress"] == [{}]


def test_workers_can_be_held_to_stores_and_database() -> None:
    policy = policies(EVERYTHING)[1]["spec"]
    to_api_server = {**API_SERVER, "to": [{"ipBlock": {"cidr": "10.0.0.1/32"}}]}
    assert policy["egress"] == [DNS, to_api_server, *EVERYTHING["networkPolicy"]["worker"]["egress"]]


def test_the_workers_policy_chooses_the_pods_of_every_step_and_no_others() -> None:
    job = objects(run_of(export_resource()), "plan", 60, None, SETTINGS)[-1]
    (expression,) = policies(ON)[1]["spec"]["podSelector"]["matchExpressions"]
    assert expression["operator"] == "Exists"
    assert expression["key"] in job["spec"]["template"]["metadata"]["labels"]
    assert expression["key"] not in deployment()["spec"]["template"]["metadata"]["labels"]


def test_workers_have_a_policy_where_runs_are() -> None:
    def where(values: Values) -> list[str]:
        return [policy["metadata"]["namespace"] for policy in policies(values)[1:]]

    assert where({**ON, "watchNamespaces": ["one"]}) == [NAMESPACE, "one"]
    assert where({**ON, **WIDE, "worker": {"namespaces": ["one", "two"]}}) == ["one", "two"]
