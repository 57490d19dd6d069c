"""What a run's pods need to report: their leases, and the right to write just these."""

from __future__ import annotations

import hashlib
from typing import Any

from orgport.api.names import API_VERSION, LABEL_KIND, LABEL_NAME, LABEL_STEP, account_name, lease_name
from orgport.api.sequence import pods_of
from orgport.api.status import StepName
from orgport.controller.resource import Identity, Run, Spec

LEASE_SECONDS = 60
STEPS: tuple[StepName, ...] = ("plan", "files", "database", "rollback")

Manifest = dict[str, Any]


def metadata(identity: Identity, name: str, step: StepName | None = None) -> Manifest:
    """The metadata of an object of the run: our labels, never the owner's, and the owner as controller."""
    labels = {LABEL_KIND: identity.kind, LABEL_NAME: identity.name}
    if step is not None:
        labels[LABEL_STEP] = step
    owner = {
        "apiVersion": API_VERSION,
        "kind": identity.kind,
        "name": identity.name,
        "uid": identity.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
    return {"name": name, "namespace": identity.namespace, "labels": labels, "ownerReferences": [owner]}


def own_account(identity: Identity) -> str:
    """The account, and the role, that are made for an attempt."""
    return account_name(identity.kind, identity.name, identity.uid, identity.attempt)


def service_account(run: Run) -> str:
    """The account of the run's pods: the user's, or the one that is made for the attempt."""
    return run.spec.worker.service_account_name or own_account(run.identity)


def leases(run: Run, step: StepName) -> list[str]:
    """The names of a step's leases, one a pod."""
    return [lease_name(run.identity.job(step), index) for index in range(pods_of(step, run.spec))]


def lease(identity: Identity, name: str, step: StepName) -> Manifest:
    """A lease that nobody holds yet."""
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata(identity, name, step),
        "spec": {"leaseDurationSeconds": LEASE_SECONDS},
    }


def access(run: Run) -> list[Manifest]:
    """ServiceAccount, Role and RoleBinding, in the order in which the API server takes them."""
    account = [] if run.spec.worker.service_account_name else [_account(run.identity)]
    return [*account, _role(run), _binding(run)]


def _account(identity: Identity) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(identity, own_account(identity)),
        "automountServiceAccountToken": False,
    }


def _role(run: Run) -> Manifest:
    names = [name for step in STEPS if _has(run.spec, step) for name in leases(run, step)]
    rule = {
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "verbs": ["get", "patch"],
        "resourceNames": names,
    }
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": metadata(run.identity, own_account(run.identity)),
        "rules": [rule],
    }


def _has(spec: Spec, step: StepName) -> bool:
    return step != "rollback" or hasattr(spec, "on_failure")


def _binding(run: Run) -> Manifest:
    account, own = service_account(run), own_account(run.identity)
    # An account that is named in the middle of a run gets a binding of its own: a binding cannot be changed by us.
    name = own if account == own else f"{own}-{hashlib.sha256(account.encode()).hexdigest()[:8]}"
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": metadata(run.identity, name),
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": run.identity.namespace}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": own},
    }
