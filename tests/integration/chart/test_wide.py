"""An operator of the whole cluster, under the account, role and policy that the chart gives it."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from orgport.controller import manifests
from orgport.controller.kube import Kube
from tests.cluster.access import Cluster
from tests.cluster.shell import ClusterError
from tests.integration.chart.control_plane import as_account
from tests.integration.chart.releases import released
from tests.integration.controller.conftest import IMAGE, OperatorProcess
from tests.integration.controller.puppets import Object, Run, export_manifest, import_manifest
from tests.unit.controller.resources import SHA
from tests.unit.controller.test_manifests import run_of

pytestmark = pytest.mark.cluster

NAMESPACE, ELSEWHERE, NEW = "chart-wide", "chart-elsewhere", "chart-new"
ROLE = f"orgport-{NAMESPACE}"
Change = Callable[[Object], Any]


@pytest.fixture(scope="module")
def wide(apart: Cluster) -> Iterator[Cluster]:
    """The cluster, with a release for all of its namespaces."""
    with released(apart, NAMESPACE, {"clusterWide": True}):
        apart.kubectl("wait", "crd", "--all", "--for=condition=Established", "--timeout=30s")
        apart.create_namespace(ELSEWHERE)
        yield apart
        apart.kubectl("delete", "namespace", ELSEWHERE, "--wait=false")


@pytest.fixture(scope="module")
def operator(wide: Cluster) -> Cluster:
    """The cluster as the operator's account sees it, once the policy holds."""
    operator = as_account(wide, NAMESPACE, "orgport")
    limit = time.monotonic() + 30
    while not is_refused(operator, changed(job(), other_image)):
        assert time.monotonic() < limit, "the policy does not hold"
    return operator


def is_refused(operator: Cluster, document: Object) -> bool:
    try:
        operator.kubectl(*CREATE, stdin=text(document))
    except ClusterError:
        return True
    return False


CREATE = ("create", "--dry-run=server", "-f", "-")


def text(*documents: Object) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": documents})


def made() -> list[Object]:
    """All that the operator makes for the first step of a run."""
    resource = export_manifest(ELSEWHERE)
    resource["metadata"] |= {"uid": "0b0b0b0b-0000-4000-8000-000000000000", "generation": 1}
    resource["status"] = {"observedGeneration": -1}
    return manifests.objects(run_of(resource), "plan", 3600, SHA, manifests.Settings(IMAGE))


def of_kind(kind: str) -> Object:
    return next(each for each in made() if each["kind"] == kind)


def job() -> Object:
    return of_kind("Job")


def changed(document: Object, change: Change) -> Object:
    copy = deepcopy(document)
    change(copy)
    return copy


def pod(document: Object) -> Any:
    return document["spec"]["template"]["spec"]


def main(document: Object) -> Any:
    return pod(document)["containers"][0]


def other_image(document: Object) -> None:
    main(document)["image"] = "docker.io/library/busybox:1"


def test_the_api_server_finds_no_fault_in_the_policy(wide: Cluster) -> None:
    """It checks the types of every expression against every kind that the policy is about."""
    policy = json.loads(wide.kubectl("get", "validatingadmissionpolicy", ROLE, "-o", "json"))
    assert policy["status"].get("typeChecking", {}).get("expressionWarnings", []) == []


async def test_runs_of_every_namespace_come_to_their_ends(wide: Cluster, operator: Cluster, kube: Kube) -> None:
    """Those of a namespace too that is made while the operator runs."""
    process = OperatorProcess(operator, "")
    try:
        wide.create_namespace(NEW)
        runs = [await begin(kube, manifest) for manifest in (export_manifest(ELSEWHERE), import_manifest(NEW))]
        ended = await asyncio.gather(*(run.finish() for run in runs))
        assert all(status["result"] for status in ended)
    finally:
        logged = process.stop(signal.SIGTERM)
    assert "forbidden" not in logged.lower()
    wide.kubectl("delete", "namespace", NEW, "--wait=false")


async def begin(kube: Kube, manifest: Object) -> Run:
    await kube.create(manifest)
    metadata = manifest["metadata"]
    return Run(kube, manifest["kind"], metadata["namespace"], metadata["name"])


def test_the_operator_may_make_what_it_makes(operator: Cluster) -> None:
    for document in made():
        if document["kind"] != "RoleBinding":  # its role is not there in a dry run
            operator.kubectl(*CREATE, stdin=text(document))


def set_on(path: str, value: Any) -> Change:
    """A change that sets a member, such as spec.template.spec.hostNetwork."""

    def change(document: Object) -> None:
        *way, last = path.split(".")
        for name in way:
            document = document[name]
        document[last] = value

    return change


def label(name: str, value: str) -> Change:
    return lambda document: document["metadata"]["labels"].update({f"orgport.dev/{name}": value})


OWNER = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "acme", "uid": "1", "controller": True}
HOST = {"name": "host", "hostPath": {"path": "/"}}
SIDECAR = {"name": "more", "image": IMAGE, "args": ["worker"]}
PODS = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
ANY_LEASE = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get"]}
BELONGS = "must be owned by the run that its labels name"
BEARS = "may touch only what bears the labels"
RUNS = "must run the worker of localhost/none:1 and nothing else"
HAS = "must have nothing of the node"
REFUSED: dict[str, tuple[str, Change, str]] = {
    "another image": ("Job", other_image, RUNS),
    "another command": ("Job", lambda job: main(job).update(command=["sh"]), RUNS),
    "other arguments": ("Job", lambda job: main(job).update(args=["controller"]), RUNS),
    "a second container": ("Job", lambda job: pod(job)["containers"].append(SIDECAR), RUNS),
    "a container before": ("Job", lambda job: pod(job).update(initContainers=[SIDECAR]), RUNS),
    "a Secret in the environment": ("Job", lambda job: main(job).update(envFrom=[{"secretRef": {"name": "s"}}]), RUNS),
    "a hook": ("Job", lambda job: main(job).update(lifecycle={"postStart": {"exec": {"command": ["sh"]}}}), RUNS),
    "the node's network": ("Job", lambda job: pod(job).update(hostNetwork=True), HAS),
    "the node's files": ("Job", lambda job: pod(job)["volumes"].append(HOST), HAS),
    "root": ("Job", lambda job: pod(job).update(securityContext={}), HAS),
    "privileges": ("Job", lambda job: main(job).update(securityContext={"privileged": True}), HAS),
    "no label of a Job": ("Job", set_on("metadata.labels", {"of": "others"}), BEARS),
    "no label of a lease": ("Lease", set_on("metadata.labels", {}), BEARS),
    "a label of no kind of ours": ("Job", label("kind", "Browser"), BEARS),
    "no owner": ("Job", lambda job: job["metadata"].pop("ownerReferences"), BELONGS),
    "another owner": ("Lease", set_on("metadata.ownerReferences", [OWNER]), BELONGS),
    "another run's label": ("Job", label("name", "other"), BELONGS),
    "a role for pods": ("Role", set_on("rules", [PODS]), "must be for leases by name"),
    "a role for all leases": ("Role", set_on("rules", [ANY_LEASE]), "must be for leases by name"),
    "its own role for others": (
        "RoleBinding",
        set_on("roleRef", {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ROLE}),
        "must bind a run's role",
    ),
    "an account of another namespace": (
        "RoleBinding",
        set_on("subjects", [{"kind": "ServiceAccount", "name": "x", "namespace": "default"}]),
        "must bind a run's role",
    ),
    "a person": (
        "RoleBinding",
        set_on("subjects", [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "x"}]),
        "must bind a run's role",
    ),
    "an account with a cloud identity": (
        "ServiceAccount",
        set_on("metadata.annotations", {"eks.amazonaws.com/role-arn": "arn"}),
        "must have neither",
    ),
    "an account with a token": ("ServiceAccount", set_on("automountServiceAccountToken", True), "must have neither"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "change", "message"), REFUSED.values(), ids=REFUSED)
def test_the_operator_may_not_make(operator: Cluster, wide: Cluster, kind: str, change: Change, message: str) -> None:
    document = changed(of_kind(kind), change)
    if kind == "RoleBinding":  # the API server looks for its role first
        wide.apply(of_kind("Role") | {"metadata": {**of_kind("Role")["metadata"], "ownerReferences": []}})
    with pytest.raises(ClusterError) as caught:
        operator.kubectl(*CREATE, stdin=text(document))
    assert message in str(caught.value)
    assert f"ValidatingAdmissionPolicy '{ROLE}'" in str(caught.value)


def test_others_may_make_what_they_like(wide: Cluster) -> None:
    wide.kubectl(*CREATE, stdin=text(changed(job(), other_image)))


FOREIGN: dict[str, Object] = {
    "job": {**job(), "metadata": {"name": "foreign", "namespace": ELSEWHERE}},
    "lease": {**of_kind("Lease"), "metadata": {"name": "foreign", "namespace": ELSEWHERE}},
}


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("job", ("patch", "job", "foreign", "--type=merge", "-p", '{"spec":{"suspend":true}}')),
        ("job", ("patch", "job", "foreign", "--type=merge", "-p",
                 '{"metadata":{"labels":{"orgport.dev/kind":"OrgExport","orgport.dev/name":"acme"}}}')),
        ("job", ("delete", "job", "foreign", "--wait=false")),
        ("job", ("delete", "pods", "-l", "of=foreign", "--wait=false")),
        ("lease", ("patch", "lease", "foreign", "--type=merge", "-p", '{"spec":{"holderIdentity":"x"}}')),
    ],
    ids=["a Job's suspension", "a Job's labels", "a Job's end", "a pod's end", "a lease"],
)  # fmt: skip
def test_the_operator_may_not_touch_what_is_not_its_own(
    operator: Cluster, wide: Cluster, kind: str, command: tuple[str, ...]
) -> None:
    foreign = deepcopy(FOREIGN[kind])
    if kind == "job":
        foreign["spec"]["template"]["metadata"]["labels"] = {"of": "foreign"}
        pod(foreign)["serviceAccountName"] = "default"
    wide.kubectl("create", "-f", "-", stdin=text(foreign))
    try:
        if "pods" in command:
            wide.kubectl("-n", ELSEWHERE, "wait", "pods", "-l", "of=foreign", "--for=create", "--timeout=20s")
        with pytest.raises(ClusterError, match=BEARS):
            operator.kubectl("-n", ELSEWHERE, *command)
    finally:
        wide.kubectl("-n", ELSEWHERE, "delete", kind, "foreign")


def test_the_operator_may_not_change_what_a_run_is_asked_to_do(operator: Cluster, wide: Cluster) -> None:
    wide.kubectl("create", "-f", "-", stdin=text(import_manifest(ELSEWHERE)))
    change = ("-n", ELSEWHERE, "patch", "orgimport", "acme", "--type=merge", "-p")
    try:
        with pytest.raises(ClusterError, match="may not change what a run is asked to do"):
            operator.kubectl(*change, '{"spec":{"attempt":2}}')
        operator.kubectl(*change, '{"metadata":{"annotations":{"orgport.dev/seen":"yes"}}}')
        wide.kubectl(*change, '{"spec":{"attempt":2}}')
    finally:
        wide.kubectl("-n", ELSEWHERE, "delete", "orgimport", "acme")


def test_an_operator_without_the_policy_may_start_anything(wide: Cluster) -> None:
    """What the policy is for, and why the other tests mean something."""
    values = {"clusterWide": True, "admissionPolicy": {"create": "Never"}, "crds": {"install": False}}
    with released(wide, "chart-free", values):
        free = as_account(wide, "chart-free", "orgport")
        mine = changed(job(), other_image)
        mine["metadata"]["namespace"] = "chart-free"
        free.kubectl(*CREATE, stdin=text(mine))
