from __future__ import annotations

import json
from typing import Any, cast

import pytest

from orgport.api.reasons import Exit
from orgport.api.status import StepName
from orgport.api.task import Task
from orgport.controller import access, manifests
from orgport.controller.mounts import needs
from orgport.controller.resource import Identity, Run, identify, read_spec, read_status
from tests.unit.controller.resources import SHA, Object, export_resource, import_resource
from tests.unit.controller.simulation import SETTINGS

LONGEST = "n" * 38


def run_of(resource: Object) -> Run:
    identity = identify(resource, read_status(resource))
    return Run(identity, read_spec(identity.kind, resource))


def pod_of(resource: Object, step: StepName = "plan") -> Object:
    job = manifests.job(run_of(resource), step, 100, SHA, SETTINGS)
    return cast(Object, job["spec"]["template"])


def mounted(resource: Object, step: StepName) -> dict[str, Any]:
    """The keys of each Secret and ConfigMap that a step sees; None: all of them."""
    found: dict[str, Any] = {}
    for volume in pod_of(resource, step)["spec"]["volumes"]:
        source = volume.get("secret") or volume.get("configMap")
        if source is not None:
            assert source["optional"] is True
            name = source.get("secretName") or source["name"]
            found[name] = {item["key"] for item in source["items"]} if "items" in source else None
    return found


MONGO = {"MONGO_DB_URL", "MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD", "MONGO_HOST"}
S3 = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
INSTALLATION = {"ops-configs": {"storages.json"}, "backend-env-config": None}


@pytest.mark.parametrize(
    ("resource", "step", "secrets"),
    [
        (export_resource(), "plan", {"mongo-auth": MONGO, **INSTALLATION, "s3": S3}),
        (export_resource(), "files", {**INSTALLATION, "s3": S3}),
        (export_resource(), "database", {"mongo-auth": MONGO, **INSTALLATION, "s3": S3}),
        (import_resource(), "files", {**INSTALLATION, "s3": S3}),
        (import_resource(), "rollback", {"mongo-auth": MONGO, **INSTALLATION}),
    ],
)
def test_a_step_sees_the_secrets_that_it_needs_and_no_others(resource: Object, step: StepName, secrets: Object) -> None:
    assert mounted(resource, step) == secrets


def test_a_secret_that_is_named_twice_is_mounted_once_with_the_keys_of_both() -> None:
    source = {"database": {"secretRef": {"name": "all"}, "uriKey": "uri"}, "storages": {"secretRef": {"name": "all"}}}
    assert mounted(export_resource(source=source), "plan")["all"] == {"uri", "storages.json"}


def test_a_configmap_that_is_wanted_whole_is_mounted_whole() -> None:
    bundle = {"configMapRef": {"name": "backend-env-config"}}
    assert mounted(export_resource(source={"caBundle": bundle}), "plan")["backend-env-config"] is None


def test_certificates_are_mounted_by_their_key() -> None:
    bundle = {"configMapRef": {"name": "ca"}, "key": "bundle.pem"}
    assert mounted(export_resource(source={"caBundle": bundle}), "files")["ca"] == {"bundle.pem"}


def test_nothing_is_needed_without_a_name() -> None:
    assert all(need.name for need in needs("plan", run_of(export_resource()).spec))


def test_the_task_of_a_job_is_read_back_by_a_worker() -> None:
    environment = pod_of(export_resource(), "files")["spec"]["containers"][0]["env"]
    task = Task.model_validate_json(environment[0]["value"])
    assert (task.step, task.attempt, task.plan_sha256) == ("files", 1, SHA)
    assert task.export_spec.destination.bucket == "exports"


def test_exit_codes_are_judged_as_the_worker_means_them() -> None:
    rules = manifests.job(run_of(export_resource()), "plan", 100, None, SETTINGS)["spec"]["podFailurePolicy"]["rules"]
    assert [rule["action"] for rule in rules] == ["Ignore", "Ignore", "FailJob"]
    assert rules[1]["onExitCodes"]["values"] == [Exit.INTERRUPTED]
    assert rules[2]["onExitCodes"]["values"] == sorted(Exit.FINAL)


def test_the_files_step_has_a_pod_and_a_lease_for_each_work_list() -> None:
    run = run_of(export_resource(files={"parallelism": 3}, backoffLimit=7))
    objects = manifests.objects(run, "files", 100, SHA, SETTINGS)
    job = objects[-1]
    assert (job["kind"], job["spec"]["completions"], job["spec"]["parallelism"]) == ("Job", 3, 3)
    assert job["spec"]["backoffLimit"] == 21
    names = [item["metadata"]["name"] for item in objects if item["kind"] == "Lease"]
    assert names == [f"{job['metadata']['name']}-{index}" for index in range(3)]


def test_no_pod_is_kept_for_a_count_per_index() -> None:
    job = manifests.job(run_of(export_resource()), "files", 100, SHA, SETTINGS)
    assert "backoffLimitPerIndex" not in job["spec"]


def test_the_role_names_the_leases_of_every_step_from_the_start() -> None:
    run = run_of(import_resource(files={"parallelism": 2}))
    role = next(item for item in access.access(run) if item["kind"] == "Role")
    steps: tuple[StepName, ...] = ("plan", "files", "database", "rollback")
    assert role["rules"][0]["resourceNames"] == [name for step in steps for name in access.leases(run, step)]
    assert role["rules"][0]["verbs"] == ["get", "patch"]


def test_an_account_of_the_users_is_bound_and_not_made() -> None:
    run = run_of(export_resource(worker={"serviceAccountName": "irsa"}))
    objects = access.access(run)
    assert [item["kind"] for item in objects] == ["Role", "RoleBinding"]
    assert objects[1]["subjects"][0]["name"] == "irsa"
    assert objects[1]["metadata"]["name"] != objects[0]["metadata"]["name"]


@pytest.mark.parametrize(("account", "is_disabled"), [("", True), ("irsa", False)])
def test_the_nodes_own_identity_is_not_used_unless_an_account_is_named(account: str, is_disabled: bool) -> None:
    pod = pod_of(export_resource(worker={"serviceAccountName": account}))
    names = [variable["name"] for variable in pod["spec"]["containers"][0]["env"]]
    assert ("AWS_EC2_METADATA_DISABLED" in names) == is_disabled


def test_worker_settings_reach_the_pod() -> None:
    worker = {
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "spot", "operator": "Exists"}],
        "priorityClassName": "low",
        "imagePullSecrets": [{"name": "pull"}],
        "labels": {"team": "archive"},
        "annotations": {"sidecar.istio.io/inject": "false"},
        "resources": {"limits": {"memory": "1Gi"}},
    }
    pod = pod_of(export_resource(worker=worker))
    spec = pod["spec"]
    assert spec["nodeSelector"] == {"disk": "ssd"}
    assert [toleration["key"].rpartition("/")[2] for toleration in spec["tolerations"]] == [
        "not-ready",
        "unreachable",
        "spot",
    ]
    assert (spec["priorityClassName"], spec["imagePullSecrets"]) == ("low", [{"name": "pull"}])
    assert pod["metadata"]["labels"]["team"] == "archive"
    assert pod["metadata"]["annotations"] == worker["annotations"]
    assert spec["containers"][0]["resources"]["limits"] == {"memory": "1Gi"}


def test_our_labels_cannot_be_overwritten_nor_the_owners_be_inherited() -> None:
    resource = export_resource(worker={"labels": {"a": "b"}})
    resource["metadata"]["labels"] = {"role": "background-job"}
    labels = pod_of(resource)["metadata"]["labels"]
    assert labels == {
        "a": "b",
        "orgport.dev/kind": "OrgExport",
        "orgport.dev/name": "acme-1",
        "orgport.dev/step": "plan",
    }


def test_every_object_is_controlled_by_the_resource() -> None:
    run = run_of(export_resource())
    for item in manifests.objects(run, "plan", 100, None, SETTINGS):
        owner = item["metadata"]["ownerReferences"][0]
        assert (owner["uid"], owner["controller"], owner["blockOwnerDeletion"]) == ("uid-OrgExport", True, True)
        assert item["metadata"]["namespace"] == "btrix"


@pytest.mark.parametrize("step", ["plan", "files", "database", "rollback"])
def test_the_longest_names_fit_into_a_label(step: StepName) -> None:
    identity = Identity("OrgImport", "ns", LONGEST, "uid", 1, 1000)
    assert len(f"{identity.job(step)}-63") <= 63


def test_pods_meet_the_restricted_standard() -> None:
    spec = pod_of(export_resource())["spec"]
    container = spec["containers"][0]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert spec["automountServiceAccountToken"] is False


def test_made_twice_the_objects_are_the_same() -> None:
    run = run_of(export_resource())
    first, second = (manifests.objects(run, "plan", 100, None, SETTINGS) for _ in range(2))
    assert json.dumps(first) == json.dumps(second)
