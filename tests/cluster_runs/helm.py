"""`python -m tests.cluster_runs.helm install|uninstall ...`: what README shows of Helm's commands, by its library."""

from __future__ import annotations

import argparse
import os
from typing import Any

import yaml
from helm_python import Config


def main() -> None:
    wanted = parser().parse_args()
    with Config(kubeconfig_path=os.environ["KUBECONFIG"], namespace=wanted.namespace) as helm:
        if wanted.verb == "install":
            values = values_of(wanted.set)
            helm.install(wanted.chart, wanted.release, values, create_namespace=wanted.create_namespace)
        else:
            helm.uninstall(wanted.release)


def parser() -> argparse.ArgumentParser:
    words = argparse.ArgumentParser(prog="helm")
    verbs = words.add_subparsers(dest="verb", required=True)
    install = verbs.add_parser("install")
    uninstall = verbs.add_parser("uninstall")
    for verb in (install, uninstall):
        verb.add_argument("release")
        verb.add_argument("--namespace", default="default")
    install.add_argument("chart")
    install.add_argument("--create-namespace", action="store_true")
    install.add_argument("--set", action="append", default=[])
    return words


def values_of(settings: list[str]) -> dict[str, Any]:
    """The values of `--set path=value`; a value in braces is a list."""
    values: dict[str, Any] = {}
    for setting in settings:
        path, _, text = setting.partition("=")
        *parents, last = path.split(".")
        place = values
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = text.strip("{}").split(",") if text.startswith("{") else yaml.safe_load(text)
    return values


if __name__ == "__main__":
    main()
