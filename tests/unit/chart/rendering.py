"""What Helm renders of the chart, as objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml
from helm_python import Chart

from tests.unit.api.specs import ROOT

CHART = ROOT / "charts" / "orgport"
NAMESPACE = "operators"
Values = dict[str, Any]

EVERYTHING: Values = {
    "image": {"repository": "registry.example.org/orgport", "tag": "1", "pullPolicy": "Always"},
    "imagePullSecrets": [{"name": "registry"}],
    "watchNamespaces": ["one", "two"],
    "admissionPolicy": {"create": "Always"},
    "crds": {"annotations": {"a": "b"}},
    "serviceAccount": {"annotations": {"a": "b"}},
    "worker": {"serviceAccount": {"create": True, "annotations": {"role-arn": "arn"}, "labels": {"use": "true"}}},
    "nodeSelector": {"a": "b"},
    "tolerations": [{"operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "priorityClassName": "high",
    "podLabels": {"a": "b"},
    "podAnnotations": {"a": "b"},
    "metrics": {
        "podMonitor": {"enabled": True, "labels": {"a": "b"}, "interval": "1m30s", "endpoint": {"scrapeTimeout": "9s"}},
        "prometheusRule": {"enabled": True, "labels": {"a": "b"}, "alertLabels": {"team": "archive"}},
        "dashboard": {"enabled": True, "annotations": {"grafana_folder": "Browsertrix"}},
    },
    "networkPolicy": {
        "enabled": True,
        "apiServerCIDRs": ["10.0.0.1/32"],
        "metricsFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
        "worker": {"egress": [{"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}], "ports": [{"port": 443}]}]},
    },
    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
    "extraVolumes": [{"name": "ca", "configMap": {"name": "ca"}}],
    "extraVolumeMounts": [{"name": "ca", "mountPath": "/etc/ca"}],
    "extraObjects": [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "plain"}},
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ include "orgport.fullname" . }}-tpl}',
    ],
    "commonLabels": {"team": "archive"},
    "commonAnnotations": {"owner": "archive@example.org"},
}
WIDE: Values = {"clusterWide": True}


def rendered(values: Values | None = None, name: str = "orgport") -> dict[str, list[Any]]:
    """The documents of every template."""
    return _rendered(json.dumps(values or {}), name)


@cache
def _rendered(values: str, name: str) -> dict[str, list[Any]]:
    texts = _texts(values, name)
    templates = {path.rsplit("/", 1)[-1]: text for path, text in texts.items() if path.endswith(".yaml")}
    return {path: [document for document in yaml.safe_load_all(text) if document] for path, text in templates.items()}


def notes(values: Values | None = None) -> str:
    """What Helm prints at the end of an installation."""
    return _texts(json.dumps(values or {}), "orgport")["orgport/templates/NOTES.txt"]


def _texts(values: str, name: str) -> dict[str, str]:
    with Chart.load(str(CHART)) as chart:
        texts: dict[str, str] = chart.render(values=json.loads(values), name=name, namespace=NAMESPACE)
    return texts


def objects(values: Values | None = None) -> list[Any]:
    """Every object, in no order."""
    return [document for documents in rendered(values).values() for document in documents]


def deployment(values: Values | None = None) -> Any:
    (document,) = rendered(values)["deployment.yaml"]
    return document


def pod(values: Values | None = None) -> Any:
    return deployment(values)["spec"]["template"]["spec"]


def container(values: Values | None = None) -> Any:
    (found,) = pod(values)["containers"]
    return found


def environment(values: Values | None = None) -> dict[str, str]:
    return {variable["name"]: variable.get("value") for variable in container(values)["env"]}


def granted(role: Any) -> Iterator[tuple[str, str]]:
    """Every (resource, verb) of a role."""
    for rule in role["rules"]:
        yield from ((resource, verb) for resource in rule["resources"] for verb in rule["verbs"])
