"""What accounts ask of the API server, by its audit log, and what they may ask by RBAC."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any

from tests.cluster.settings import AUDIT_LOG

Right = tuple[str, str]
"""A verb, and a resource as "plural.group/subresource"."""


def asked(is_account: Callable[[str], bool]) -> tuple[set[Right], set[Right]]:
    """What was asked for by the accounts of these user names: all of it, and what RBAC forbade.

    Admission refuses too, though RBAC allows it: a quota, and owners of kinds that were defined a moment ago.
    """
    entries = [entry for entry in logged() if is_account(entry["user"]["username"])]
    forbidden = [entry for entry in entries if entry["annotations"]["authorization.k8s.io/decision"] == "forbid"]
    return {right_of(entry) for entry in entries}, {right_of(entry) for entry in forbidden}


def logged() -> Iterator[dict[str, Any]]:
    """Requests for resources; what asks for the API's own description is everybody's right."""
    with AUDIT_LOG.open() as lines:
        for line in lines:
            entry = json.loads(line)
            if "resource" in entry.get("objectRef", {}) and "code" in entry.get("responseStatus", {}):
                yield entry


def right_of(entry: dict[str, Any]) -> Right:
    reference = entry["objectRef"]
    return entry["verb"], named(reference.get("apiGroup", ""), reference["resource"], reference.get("subresource", ""))


def granted(roles: Iterable[dict[str, Any]]) -> set[Right]:
    """What the rules of Roles allow."""
    rules = [rule for role in roles for rule in role["rules"]]
    return {
        (verb, named(group, *resource.partition("/")[::2]))
        for rule in rules
        for group, resource, verb in product(rule["apiGroups"], rule["resources"], rule["verbs"])
    }


def named(group: str, resource: str, subresource: str) -> str:
    return f"{resource}{f'.{group}' if group else ''}{f'/{subresource}' if subresource else ''}"
