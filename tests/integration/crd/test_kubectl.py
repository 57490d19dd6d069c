"""What a person sees of the two kinds through kubectl."""

from __future__ import annotations

from typing import Any

import pytest

from orgport.api.status import OrgExportStatus, OrgImportStatus
from tests.cluster.access import Cluster
from tests.integration.crd.conftest import Server
from tests.unit.api.specs import MINIMAL, resource

pytestmark = pytest.mark.cluster

TIME = "2026-11-24T10:00:00Z"
CONDITION = {"type": "Succeeded", "observedGeneration": 1, "lastTransitionTime": TIME, "message": "All of it."}
RESULT = {"location": "s3://org-exports/acme/", "objects": 42107, "bytes": 3141592653589}
ORG = {"id": "4c880741-c1b7-47ae-b825-3fb15d52a760", "slug": "acme", "name": "Acme", "dbVersion": "0058"}
STATUS: dict[str, Any] = {
    "observedGeneration": 1,
    "phase": "Succeeded",
    "attempt": 1,
    "step": "database",
    "conditions": [{**CONDITION, "status": "True", "reason": "Exported"}],
    "startTime": TIME,
    "completionTime": TIME,
    "progress": {"percent": 100, "summary": "42107 objects, 2.9 TiB", "updateTime": TIME},
    "steps": [{"name": "plan", "state": "Succeeded", "startTime": TIME}],
    "org": ORG,
    "result": {**RESULT, "documents": 913004},
}


@pytest.fixture(scope="module")
def finished(server: Server) -> Server:
    """The server, with a finished export and an import that nobody has looked at."""
    server.create(resource("OrgExport", MINIMAL["OrgExport"], "finished"), dry_run=False)
    server.create(resource("OrgImport", MINIMAL["OrgImport"], "waiting"), dry_run=False)
    server.patch_status("OrgExport", "finished", STATUS)
    return server


def columns(text: str) -> list[str]:
    return text.splitlines()[0].split()


def test_a_list_shows_how_far_a_run_is(definitions: Cluster, finished: Server) -> None:
    text = definitions.kubectl("-n", finished.namespace, "get", "orgexp", "finished")
    assert columns(text) == ["NAME", "ORG", "PHASE", "PROGRESS", "AGE"]
    assert "acme   Succeeded   42107 objects, 2.9 TiB" in text


def test_a_wide_list_shows_result_and_reason(definitions: Cluster, finished: Server) -> None:
    text = definitions.kubectl("-n", finished.namespace, "get", "orgexports", "finished", "-o", "wide")
    wide = ["STEP", "OBJECTS", "SIZE", "STARTED", "FINISHED", "RESULT", "REASON", "MESSAGE"]
    assert columns(text) == ["NAME", "ORG", "PHASE", "PROGRESS", *wide, "AGE"]
    for shown in ("database", "42107", "3141592653589", "s3://org-exports/acme/", "Exported", "All of it."):
        assert shown in text


def test_both_kinds_are_listed_by_their_category(definitions: Cluster, finished: Server) -> None:
    text = definitions.kubectl("-n", finished.namespace, "get", "orgport", "-o", "name")
    assert {"orgexport.orgport.dev/finished", "orgimport.orgport.dev/waiting"} <= set(text.split())


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("status.phase=Succeeded", True),
        ("status.phase=Running", False),
        ("spec.org.slug=acme,status.phase=Succeeded", True),
    ],
)
def test_exports_are_selected_by_field(definitions: Cluster, finished: Server, selector: str, found: bool) -> None:
    text = definitions.kubectl("-n", finished.namespace, "get", "orgexp", "--field-selector", selector, "-o", "name")
    assert ("finished" in text) is found


def test_imports_are_selected_by_phase(definitions: Cluster, finished: Server) -> None:
    text = definitions.kubectl(
        "-n", finished.namespace, "get", "orgimp", "--field-selector=status.phase=Failed", "-o", "name"
    )
    assert "waiting" not in text


def test_kubectl_wait_sees_the_end(definitions: Cluster, finished: Server) -> None:
    definitions.kubectl(
        "-n", finished.namespace, "wait", "--for=condition=Succeeded", "orgexport/finished", "--timeout=5s"
    )


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("orgexport.spec.destination.prefix", "empty, or a path that ends in"),
        ("orgimport.spec.source.waitSeconds", "How long to wait for the manifest to appear"),
        ("orgimport.status.conditions.reason", "One of the closed list"),
    ],
)
def test_kubectl_explains(definitions: Cluster, path: str, words: str) -> None:
    assert words in definitions.kubectl("explain", path)


@pytest.mark.parametrize(("kind", "model"), [("OrgExport", OrgExportStatus), ("OrgImport", OrgImportStatus)])
def test_a_status_is_stored_as_the_model_writes_it(
    finished: Server, kind: str, model: type[OrgExportStatus] | type[OrgImportStatus]
) -> None:
    name = f"status-{kind.lower()}"
    finished.create(resource(kind, MINIMAL[kind], name), dry_run=False)
    result = {**STATUS["result"]} if kind == "OrgExport" else {**RESULT, "organizationID": ORG["id"], "usersCreated": 3}
    written = model.model_validate({**STATUS, "result": result}).dump()
    assert finished.patch_status(kind, name, written)["status"] == written


def test_an_older_definition_takes_the_words_of_a_newer_operator(finished: Server) -> None:
    finished.create(resource("OrgExport", MINIMAL["OrgExport"], "newer"), dry_run=False)
    status = {"phase": "Resting", "steps": [{"name": "verify", "state": "Resting"}]}
    assert finished.patch_status("OrgExport", "newer", status)["status"]["phase"] == "Resting"
