"""`orgport status`, `describe` and `render` against a real API server, by people of different rights."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from tests.cluster.browsertrix import ACCESS_KEY, MONGO_PASSWORD, manifests
from tests.integration.cli.conftest import Object, Place
from tests.unit.api.specs import ROOT
from tests.unit.controller.states import MAKERS, PHASES, state

pytestmark = pytest.mark.cluster

WIDTH = 120
NAMES = {name.replace("_", "-") for name in MAKERS}


def test_status_shows_every_run_of_the_contexts_namespace(every_state: Place) -> None:
    lines = every_state.orgport("status").splitlines()
    assert lines[0].split()[:3] == ["NAME", "ORG", "PHASE"]
    assert {line.split()[0].split("/")[1] for line in lines[1:]} >= NAMES
    assert any(re.match(r"orgexport/failed +acme +Failed +5% .*AccessDenied: PutObject: 403$", line) for line in lines)


def test_status_is_a_plugin_of_kubectl(every_state: Place) -> None:
    found = json.loads(every_state.run("kubectl orgport status --output json"))
    phases = {name.replace("_", "-"): phase for name, phase in PHASES.items()}
    assert phases.items() <= {row["name"]: row["phase"] for row in found}.items()


def test_status_of_all_namespaces_has_this_one(every_state: Place) -> None:
    text = every_state.orgport("status", "-A")
    assert re.search(rf"^{every_state.namespace} +orgexport/copying ", text, re.MULTILINE)


def test_a_watch_ends_with_the_runs_that_are_named_and_tells_a_failure(every_state: Place) -> None:
    assert "Succeeded" in every_state.orgport("status", "--watch", "exported", "orgimport/imported")
    assert "AccessDenied" in every_state.orgport("status", "--watch", "exported", "failed", code=1)


def test_a_name_that_nothing_bears_ends_with_66(every_state: Place) -> None:
    said = every_state.orgport("describe", "nobody", code=66)
    assert said == f"there is no OrgExport or OrgImport 'nobody' in the namespace {every_state.namespace}\n"


def test_an_empty_namespace_is_said_to_be_empty(every_state: Place) -> None:
    assert "no OrgExport and no OrgImport in the namespace kube-public" in every_state.orgport(
        "status", "-n", "kube-public"
    )


def leases_and_job_of(every_state: Place, uid: str, name: str) -> list[Object]:
    """The objects of a state as they would be on this API server; the pods of the Job find no node."""
    world = state("copying")
    items = [*world.leases.values(), world.job("files")]
    for item in items:
        item["metadata"]["labels"]["orgport.dev/name"] = name
        item["metadata"]["ownerReferences"][0] |= {"uid": uid, "name": name}
        item["metadata"] = {
            key: item["metadata"][key] for key in item["metadata"] if key not in ("uid", "creationTimestamp")
        }
        item["metadata"]["namespace"] = every_state.namespace
        if item["kind"] == "Job":
            item.pop("status")
            item["spec"]["template"]["spec"] |= {"nodeSelector": {"orgport.dev/test": "nowhere"}}
            item["spec"]["template"]["spec"].pop("serviceAccountName")
            item["spec"]["template"]["metadata"]["labels"]["orgport.dev/name"] = name
    return items


@pytest.fixture(scope="module")
def alive(every_state: Place) -> Place:
    """The place, with a run that has Job, pod, leases and an event."""
    uid = every_state.put(state("copying"), "alive")
    every_state.cluster.apply(*leases_and_job_of(every_state, uid, "alive"))
    event = {
        "apiVersion": "v1", "kind": "Event", "type": "Normal", "reason": "Started", "message": "attempt 1",
        "metadata": {"name": "alive.1", "namespace": every_state.namespace},
        "involvedObject": {"kind": "OrgExport", "name": "alive", "namespace": every_state.namespace, "uid": uid},
        "lastTimestamp": "2026-11-24T12:00:00Z",
    }  # fmt: skip
    every_state.cluster.apply(event)
    every_state.cluster.kubectl(
        "-n", every_state.namespace, "wait", "pod", "-l", "orgport.dev/name=alive", "--for=create", "--timeout=60s"
    )
    return every_state


def test_describe_shows_what_belongs_to_a_run(alive: Place) -> None:
    text = alive.orgport("describe", "alive")
    assert re.search(r"^  files +Running ", text, re.MULTILINE)
    assert re.search(r"^  exp-acme-1-files-\S+ +(Pending|Unschedulable)", text, re.MULTILINE)
    assert "files-0  Running, CopyingFiles: copying 20241101-0.wacz\n" in text
    assert "2026-11-24T12:00:00Z  Normal Started: attempt 1\n" in text
    (data,) = json.loads(alive.orgport("describe", "orgexport/alive", "-o", "json"))
    assert data["run"]["percent"] == 36
    assert [step["name"] for step in data["steps"]] == ["plan", "files", "database"]


@pytest.fixture(scope="module")
def viewer(alive: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The place as somebody sees it who has the example's role for viewers."""
    roles = yaml.safe_load_all((ROOT / "examples" / "roles.yaml").read_text())
    role = next(found for found in roles if found["metadata"]["name"] == "orgport-viewer")
    metadata: dict[str, Any] = {"name": "viewer", "namespace": alive.namespace}
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata,
        "subjects": [{"kind": "ServiceAccount", **metadata}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "orgport-viewer"},
    }  # fmt: skip
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    role["metadata"]["namespace"] = alive.namespace
    alive.cluster.apply(account, role, binding)
    return alive.as_account("viewer", tmp_path_factory.mktemp("viewer"))


def test_a_viewer_sees_runs_and_is_told_what_is_left_out(viewer: Place) -> None:
    assert "orgexport/alive" in viewer.orgport("status")
    text = viewer.orgport("describe", "alive")
    assert text.endswith("You may not list jobs, leases, pods here: what they say is left out.\n")
    assert "attempt 1" in text


def test_who_may_not_look_is_told_so(viewer: Place) -> None:
    said = viewer.orgport("status", "--all-namespaces", code=77)
    assert "cannot list resource" in said
    assert "examples/roles.yaml" in said
    said = viewer.orgport("render", "export", code=77)
    assert "cannot get resource" in said


@pytest.fixture(scope="module")
def installation(place: Place) -> Place:
    """The place, with the objects of Browsertrix's chart that say what it has."""
    wanted = {"mongo-auth", "ops-configs", "backend-env-config"}
    found = [item for item in manifests(place.namespace, "", "") if item["metadata"]["name"] in wanted]
    place.cluster.apply(*found)
    return place


@pytest.mark.parametrize("what", ["export", "import"])
def test_a_rendered_manifest_is_taken_by_the_api_server(installation: Place, what: str) -> None:
    manifest = installation.orgport("render", what)
    said = installation.cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=manifest)
    assert said == f"org{what}.orgport.dev/acme created (server dry run)\n"


def test_render_tells_what_it_found_and_no_secret(installation: Place) -> None:
    text = installation.orgport("render", "export", "--slug", "acme")
    assert "#   storage    default: btrix-data at http://local-minio:9000, region us-east-1  (primary)" in text
    assert "#   database   local-mongo:27017  (Secret mongo-auth)" in text
    assert ACCESS_KEY not in text
    assert MONGO_PASSWORD not in text


def test_render_says_where_it_looked_in_vain(installation: Place) -> None:
    said = installation.orgport("render", "export", "--database-secret", "elsewhere", code=66)
    assert f"there is no Secret elsewhere in the namespace {installation.namespace}" in said


def test_status_in_a_pod_uses_the_pods_account(viewer: Place, operator_image: str) -> None:
    """As a CronJob would that looks at runs."""
    security = {
        "allowPrivilegeEscalation": False, "runAsNonRoot": True, "runAsUser": 65532,
        "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip
    container = {
        "name": "main", "image": operator_image, "imagePullPolicy": "IfNotPresent", "args": ["status"],
        "securityContext": security,
    }  # fmt: skip
    pod = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "looking", "namespace": viewer.namespace},
        "spec": {"serviceAccountName": "viewer", "restartPolicy": "Never", "containers": [container]},
    }  # fmt: skip
    cluster, pods = viewer.cluster, ("-n", viewer.namespace)
    cluster.apply(pod)
    cluster.kubectl(*pods, "wait", "pod/looking", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=90s")
    assert re.search(r"^orgexport/alive +acme +Running", cluster.kubectl(*pods, "logs", "looking"), re.MULTILINE)


def test_kubectl_get_fits_into_a_terminal(every_state: Place) -> None:
    text = every_state.run("kubectl get orgexports && kubectl get orgimports")
    assert {line.split()[0] for line in text.splitlines()} >= NAMES
    assert max(map(len, text.splitlines())) <= WIDTH, text


@pytest.mark.parametrize("name", ["copying", "failed", "exported", "waiting-for-a-secret"])
def test_kubectl_describe_fits_into_a_terminal(every_state: Place, name: str) -> None:
    text = every_state.run(f"kubectl describe orgexport {name}")
    assert "Phase:" in text
    # A message is as long as it must be; nothing else is.
    assert max(len(line) for line in text.splitlines() if not re.match(r" *(Message|Suggestion): ", line)) <= WIDTH, (
        text
    )
