"""The Job of a step. Nothing here talks to the API server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from orgport.api.names import LABEL_KIND, LABEL_NAME, LABEL_STEP
from orgport.api.options import Resources, Worker
from orgport.api.reasons import Exit
from orgport.api.sequence import pods_of
from orgport.api.status import StepName
from orgport.api.task import Task
from orgport.controller.access import access, lease, leases, metadata, service_account
from orgport.controller.mounts import needs, volumes_and_mounts
from orgport.controller.resource import Run

CONTAINER = "main"
GRACE_SECONDS = 60
ABSENCE_SECONDS = 60
"""How long a pod stays on a node that does not answer."""
ROLLBACK_SECONDS = 3600
USER = 65532

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """The operator's settings as far as Jobs depend on them."""

    image: str
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"


def objects(run: Run, step: StepName, seconds: int, plan_sha256: str | None, settings: Settings) -> list[Manifest]:
    """All that a step needs, in the order of making; the Job comes last. Made twice, they are the same."""
    made = [lease(run.identity, name, step) for name in leases(run, step)]
    return [*access(run), *made, job(run, step, seconds, plan_sha256, settings)]


def seconds_until(deadline: datetime, now: datetime) -> int:
    """Whole seconds, at least one: a Job may not have less."""
    return max(int((deadline - now).total_seconds()), 1)


def job(run: Run, step: StepName, seconds: int, plan_sha256: str | None, settings: Settings) -> Manifest:
    """The Job of a step, which may take so many seconds.

    Failures are not counted per index: the Job controller would then keep a failed pod until it has made another, which
    it cannot in a namespace that is being deleted, and the namespace would stay for ever.
    """
    pods = pods_of(step, run.spec)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(run.identity, run.identity.job(step), step),
        "spec": {
            "completionMode": "Indexed",
            "completions": pods,
            "parallelism": pods,
            "backoffLimit": run.spec.backoff_limit * pods,
            "activeDeadlineSeconds": seconds,
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": {"rules": _failure_rules()},
            "template": _template(run, step, plan_sha256, settings),
        },
    }


def _failure_rules() -> list[Manifest]:
    return [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        _exit_rule("Ignore", Exit.INTERRUPTED),
        _exit_rule("FailJob", *Exit.FINAL),
    ]


def _exit_rule(action: str, *codes: int) -> Manifest:
    return {
        "action": action,
        "onExitCodes": {"containerName": CONTAINER, "operator": "In", "values": sorted(codes)},
    }


def _template(run: Run, step: StepName, plan_sha256: str | None, settings: Settings) -> Manifest:
    identity, worker = run.identity, run.spec.worker
    ours = {LABEL_KIND: identity.kind, LABEL_NAME: identity.name, LABEL_STEP: step}
    volumes, mounts = volumes_and_mounts(needs(step, run.spec))
    return {
        "metadata": {"labels": {**worker.labels, **ours}, "annotations": dict(worker.annotations)},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": GRACE_SECONDS,
            "serviceAccountName": service_account(run),
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": USER,
                "runAsGroup": USER,
                "fsGroup": USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            **_placement(worker),
            "containers": [_container(_task(run, step, plan_sha256), worker, settings, mounts)],
            "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}, _token(), *volumes],
        },
    }


def _task(run: Run, step: StepName, plan_sha256: str | None) -> Task:
    identity = run.identity
    return Task(
        kind=identity.kind,
        namespace=identity.namespace,
        name=identity.name,
        uid=identity.uid,
        attempt=identity.attempt,
        step=step,
        job=identity.job(step),
        spec=run.spec,
        plan_sha256=plan_sha256,
    )


def _container(task: Task, worker: Worker, settings: Settings, mounts: list[Manifest]) -> Manifest:
    account = "/var/run/secrets/kubernetes.io/serviceaccount"
    return {
        "name": CONTAINER,
        "image": settings.image,
        "imagePullPolicy": settings.image_pull_policy,
        "args": ["worker"],
        "terminationMessagePolicy": "File",
        "env": _environment(task, worker),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "resources": _amounts(worker.resources),
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},
            {"name": "kube-token", "mountPath": account, "readOnly": True},
            *mounts,
        ],
    }


def _environment(task: Task, worker: Worker) -> list[Manifest]:
    """No secret comes this way: who may read pods would see it."""
    environment: list[Manifest] = [
        {"name": "ORGPORT_TASK", "value": task.dump_json()},
        {"name": "POD_UID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}},
        {"name": "HOME", "value": "/tmp"},
    ]
    if not worker.service_account_name:
        # The node's own identity is nobody's to use but an administrator's who names an account for it.
        environment.append({"name": "AWS_EC2_METADATA_DISABLED", "value": "true"})
    return environment


def _amounts(resources: Resources) -> Manifest:
    return {"requests": resources.requests.dump(), "limits": resources.limits.dump()}


def _placement(worker: Worker) -> Manifest:
    lost = [
        {
            "key": f"node.kubernetes.io/{taint}",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": ABSENCE_SECONDS,
        }
        for taint in ("not-ready", "unreachable")
    ]
    placement: Manifest = {"tolerations": [*lost, *(toleration.dump() for toleration in worker.tolerations)]}
    if worker.node_selector:
        placement["nodeSelector"] = dict(worker.node_selector)
    if worker.priority_class_name:
        placement["priorityClassName"] = worker.priority_class_name
    if worker.image_pull_secrets:
        placement["imagePullSecrets"] = [secret.dump() for secret in worker.image_pull_secrets]
    return placement


def _token() -> Manifest:
    """A token that is rotated, the cluster's CA and the namespace, where client libraries look for them."""
    root = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    namespace = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources = [
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}},
        {"configMap": root},
        {"downwardAPI": {"items": [namespace]}},
    ]
    return {"name": "kube-token", "projected": {"defaultMode": 0o440, "sources": sources}}
