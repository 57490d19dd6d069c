"""Who may do what, as the chart grants it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.chart.rendering import NAMESPACE, WIDE, Values, granted, pod, rendered

KINDS = ("orgexports", "orgimports")
AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
ROLE_ARN = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/orgport"}


def test_every_watched_namespace_gets_a_role_and_no_other_one() -> None:
    documents = rendered({"watchNamespaces": ["one", "two"]})["rbac.yaml"]
    bound = [(document["kind"], document["metadata"]["namespace"]) for document in documents]
    assert bound == [(kind, name) for name in (NAMESPACE, "one", "two") for kind in ("Role", "RoleBinding")]
    subjects = [document["subjects"][0] for document in documents if "subjects" in document]
    assert all(subject["namespace"] == NAMESPACE for subject in subjects)


def test_cluster_wide_is_a_role_of_its_own() -> None:
    documents = rendered(WIDE)["rbac.yaml"]
    assert [document["kind"] for document in documents] == ["ClusterRole", "ClusterRoleBinding"]
    assert documents[0]["rules"] == rendered()["rbac.yaml"][0]["rules"]
    assert documents[1]["roleRef"]["name"] == documents[0]["metadata"]["name"]


def test_what_belongs_to_no_namespace_is_named_after_the_releases_own() -> None:
    templates = rendered({**WIDE})
    names = {document["metadata"]["name"] for name in ("rbac", "userroles", "admissionpolicy")
             for document in templates[f"{name}.yaml"]}  # fmt: skip
    assert names == {f"orgport-{NAMESPACE}", f"orgport-{NAMESPACE}-view", f"orgport-{NAMESPACE}-edit"}


def test_the_operator_may_do_this_and_no_more() -> None:
    role = rendered()["rbac.yaml"][0]
    expected = {(kind, verb) for kind in KINDS for verb in ("get", "list", "watch", "patch")}
    expected |= {(f"{kind}/status", "patch") for kind in KINDS} | {(f"{kind}/finalizers", "update") for kind in KINDS}
    expected |= {("jobs", verb) for verb in ("get", "list", "watch", "create", "patch", "delete")}
    expected |= {("pods", verb) for verb in ("list", "watch", "delete")}
    expected |= {("events", verb) for verb in ("create", "list")}
    expected |= {(name, verb) for name in ("serviceaccounts", "roles", "rolebindings") for verb in ("get", "create")}
    expected |= {("leases", verb) for verb in ("get", "list", "watch", "create", "patch")}
    assert set(granted(role)) == expected


def test_roles_can_be_left_to_the_administrator() -> None:
    assert rendered({"rbac": {"create": False}})["rbac.yaml"] == []


def test_an_account_of_the_users_own_is_used() -> None:
    values = {"serviceAccount": {"create": False, "name": "mine"}}
    assert rendered(values)["serviceaccount.yaml"] == []
    assert pod(values)["serviceAccountName"] == "mine"
    assert rendered(values)["rbac.yaml"][1]["subjects"][0]["name"] == "mine"


def test_people_get_roles_to_look_at_runs_and_to_create_them() -> None:
    edit, view = rendered()["userroles.yaml"]
    assert set(granted(view)) == {(kind, verb) for kind in KINDS for verb in ("get", "list", "watch")}
    assert set(granted(edit)) - set(granted(view)) == {
        (kind, verb) for kind in KINDS for verb in ("create", "update", "patch", "delete", "deletecollection")
    }


def test_kubernetes_own_roles_may_do_with_runs_what_they_may_do_with_all_else() -> None:
    edit, view = rendered()["userroles.yaml"]
    assert aggregated(view) == {"view", "edit", "admin"}
    assert aggregated(edit) == {"edit", "admin"}


def test_kubernetes_own_roles_can_be_left_alone() -> None:
    assert all(
        aggregated(role) == set() for role in rendered({"rbac": {"userRoles": {"aggregate": False}}})["userroles.yaml"]
    )
    assert rendered({"rbac": {"userRoles": {"create": False}}})["userroles.yaml"] == []


def aggregated(role: Any) -> set[str]:
    return {label.removeprefix(AGGREGATE) for label in role["metadata"]["labels"] if label.startswith(AGGREGATE)}


@pytest.mark.parametrize(
    ("values", "namespaces"),
    [
        ({}, [NAMESPACE]),
        ({"watchNamespaces": ["one"]}, [NAMESPACE, "one"]),
        ({"watchNamespaces": ["one"], "worker": {"namespaces": ["one"]}}, ["one"]),
        ({**WIDE, "worker": {"namespaces": ["one", "two"]}}, ["one", "two"]),
    ],
)
def test_workers_get_an_account_with_a_cloud_identity_where_runs_are(values: Values, namespaces: list[str]) -> None:
    account = {"create": True, "annotations": ROLE_ARN, "labels": {"azure.workload.identity/use": "true"}}
    worker = {**values.get("worker", {}), "serviceAccount": account}
    documents = rendered({**values, "worker": worker})["worker.yaml"]
    assert [document["metadata"]["namespace"] for document in documents] == namespaces
    for document in documents:
        assert document["metadata"]["name"] == "orgport-worker"
        assert document["metadata"]["annotations"] == ROLE_ARN
        assert document["metadata"]["labels"]["azure.workload.identity/use"] == "true"
        assert document["automountServiceAccountToken"] is False


def test_the_operators_account_has_no_cloud_identity_of_the_workers() -> None:
    values = {"worker": {"serviceAccount": {"create": True, "annotations": ROLE_ARN}}}
    (account,) = rendered(values)["serviceaccount.yaml"]
    assert "annotations" not in account["metadata"]


@pytest.mark.parametrize(
    ("values", "is_made"),
    [
        ({}, False),
        (WIDE, True),
        ({"admissionPolicy": {"create": "Always"}}, True),
        ({**WIDE, "admissionPolicy": {"create": "Never"}}, False),
    ],
)
def test_an_operator_of_the_whole_cluster_is_held_to_its_work(values: Values, is_made: bool) -> None:
    kinds = [document["kind"] for document in rendered(values)["admissionpolicy.yaml"]]
    assert kinds == (["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"] if is_made else [])


def test_the_policy_is_about_the_operator_and_the_image_that_it_is_told() -> None:
    values = {**WIDE, "serviceAccount": {"name": "mine"}, "image": {"tag": "edge"}}
    policy, binding = rendered(values)["admissionpolicy.yaml"]
    (condition,) = policy["spec"]["matchConditions"]
    assert condition["expression"] == f"request.userInfo.username == 'system:serviceaccount:{NAMESPACE}:mine'"
    assert any("'ghcr.io/orgport/orgport:edge'" in rule["expression"] for rule in policy["spec"]["validations"])
    assert binding["spec"] == {"policyName": policy["metadata"]["name"], "validationActions": ["Deny", "Audit"]}


def test_what_the_policy_refuses_may_be_tried_again() -> None:
    """Any other reason is final for a run, and an upgrade changes policy and operator one after the other."""
    policy, _ = rendered(WIDE)["admissionpolicy.yaml"]
    assert {rule["reason"] for rule in policy["spec"]["validations"]} == {"Forbidden"}
