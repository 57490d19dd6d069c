"""The API server refuses what cannot be run, with a message that says what to do, and fills in the defaults."""

from __future__ import annotations

import json
from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from orgport.api.org_export import OrgExportSpec
from orgport.api.org_import import OrgImportSpec
from tests.integration.crd.conftest import Server
from tests.unit.api.specs import ACCEPTED, EXPORT, LOCATION, MINIMAL, REJECTED, Case, examples, name_of, resource

pytestmark = pytest.mark.cluster

MODELS: dict[str, type[OrgExportSpec] | type[OrgImportSpec]] = {"OrgExport": OrgExportSpec, "OrgImport": OrgImportSpec}
SPECS: dict[str, tuple[str, dict[str, Any]]] = {
    **ACCEPTED,
    **{f"{doc['kind']} {name_of(doc)} of the examples": (doc["kind"], doc["spec"]) for doc in examples()},
}


@pytest.fixture(scope="module")
def stored(server: Server) -> Server:
    """The server, with one object of each kind."""
    for kind, spec in MINIMAL.items():
        server.create(resource(kind, {**spec, "attempt": 2}, "stored"), dry_run=False)
    return server


@pytest.mark.parametrize("case", REJECTED.values(), ids=REJECTED)
def test_the_api_server_refuses(server: Server, case: Case) -> None:
    assert case.message in server.refusal(resource(case.kind, case.spec))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x" * 39, "metadata.name: Too long: may not be more than 38"),
        ("acme.2026", "metadata.name must be a DNS label of at most 38 characters"),
    ],
)
@pytest.mark.parametrize("kind", MINIMAL)
def test_the_api_server_refuses_a_name(server: Server, kind: str, name: str, message: str) -> None:
    assert message in server.refusal(resource(kind, MINIMAL[kind], name))


@pytest.mark.parametrize("kind", MINIMAL)
def test_a_name_of_38_characters_is_accepted(server: Server, kind: str) -> None:
    server.create(resource(kind, MINIMAL[kind], "x" * 38))


@pytest.mark.parametrize(("kind", "spec"), SPECS.values(), ids=SPECS)
def test_the_api_server_fills_in_the_models_defaults(server: Server, kind: str, spec: dict[str, Any]) -> None:
    filled = server.create(resource(kind, spec))["spec"]
    parsed = MODELS[kind].model_validate(spec)
    assert MODELS[kind].model_validate(filled) == parsed
    assert _with_quantities_as_texts(filled) == parsed.dump()


def _with_quantities_as_texts(spec: dict[str, Any]) -> dict[str, Any]:
    amounts = spec["worker"]["resources"]
    for part in amounts.values():
        part.update({name: str(value) for name, value in part.items()})
    return spec


def test_null_for_a_field_with_a_default_means_the_default(server: Server) -> None:
    spec = {
        **EXPORT,
        "source": None,
        "files": None,
        "worker": {"labels": None},
        "destination": {**LOCATION, "prefix": None},
    }
    filled = server.create_with_kubectl(resource("OrgExport", spec))["spec"]
    assert filled == OrgExportSpec.model_validate(EXPORT).dump()


def test_null_for_a_field_without_default_means_that_it_is_absent(server: Server) -> None:
    spec = {**EXPORT, "destination": {**LOCATION, "region": None, "caBundle": None}}
    filled = server.create_with_kubectl(resource("OrgExport", spec))["spec"]
    assert filled == OrgExportSpec.model_validate(EXPORT).dump()


@pytest.mark.parametrize("kind", MINIMAL)
def test_a_new_object_says_that_nobody_has_looked_at_it(server: Server, kind: str) -> None:
    given = {**resource(kind, MINIMAL[kind]), "status": {"phase": "Succeeded", "observedGeneration": 1}}
    assert server.create(given)["status"] == {"observedGeneration": -1}


FIXED = {
    "OrgExport": {
        "org": {"slug": "other"},
        "source": {"database": {"name": "other"}},
        "destination": {"bucket": "other"},
        "content": ["Files"],
        "files": {"parallelism": 2},
        "database": {"include": []},
        "onExisting": "Fail",
        "dryRun": True,
        "backoffLimit": 0,
    },
    "OrgImport": {
        "source": {"export": "other"},
        "target": {"storage": "other"},
        "org": {"slug": "other"},
        "storageMapping": [{"from": "a", "to": "b"}],
        "drop": ["Note"],
        "content": ["Files"],
        "files": {"concurrency": 1},
        "users": {"missing": "Skip"},
        "versionPolicy": "Equal",
        "schedules": "Keep",
        "readOnly": True,
        "onFailure": "Keep",
        "dryRun": True,
        "backoffLimit": 0,
    },
}


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, changes in FIXED.items() for field in changes], ids="-".join
)
def test_a_field_keeps_its_first_value(stored: Server, kind: str, field: str) -> None:
    with pytest.raises(ApiException) as caught:
        stored.patch(kind, "stored", {"spec": {field: FIXED[kind][field]}})
    message = json.loads(caught.value.body or "")["message"]
    assert f"spec.{field}: Forbidden: spec.{field} is immutable; create a new {kind} instead" in message


def test_adding_what_was_absent_is_a_change(stored: Server) -> None:
    bundle = {"caBundle": {"configMapRef": {"name": "ca"}}}
    with pytest.raises(ApiException, match=r"spec\.destination is immutable"):
        stored.patch("OrgExport", "stored", {"spec": {"destination": bundle}})


@pytest.mark.parametrize("kind", MINIMAL)
@pytest.mark.parametrize(
    "change",
    [
        {"suspend": True},
        {"attempt": 3},
        {"ttlSecondsAfterSuccess": 1, "ttlSecondsAfterFailure": 1},
        {"activeDeadlineSeconds": 60},
        {"worker": {"resources": {"limits": {"memory": "2Gi"}}}},
        {"content": ["Database", "Files"]},
    ],
    ids=lambda change: "-".join(change),
)
def test_what_steers_a_run_can_be_changed(stored: Server, kind: str, change: dict[str, Any]) -> None:
    stored.patch(kind, "stored", {"spec": change})


@pytest.mark.parametrize("kind", MINIMAL)
def test_an_attempt_only_rises(stored: Server, kind: str) -> None:
    with pytest.raises(ApiException, match=rf"spec\.attempt may only rise; create a new {kind} to start afresh"):
        stored.patch(kind, "stored", {"spec": {"attempt": 1}})


def test_the_named_account_cannot_be_taken_from_a_run_that_needs_it(server: Server) -> None:
    spec = {**EXPORT, "destination": {"bucket": "org-exports"}, "worker": {"serviceAccountName": "exporter"}}
    server.create(resource("OrgExport", spec, "ambient"), dry_run=False)
    with pytest.raises(ApiException, match=r"spec\.destination\.credentials is missing"):
        server.patch("OrgExport", "ambient", {"spec": {"worker": {"serviceAccountName": ""}}})
