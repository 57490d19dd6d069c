"""The models take what the API server takes, and refuse what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from orgport.api.model import Model
from orgport.api.org_export import OrgExportSpec
from orgport.api.org_import import OrgImportSpec
from orgport.api.status import OrgExportStatus
from tests.unit.api.specs import ACCEPTED, EXPORT, REJECTED, Case, examples, name_of

MODELS: dict[str, type[Model]] = {"OrgExport": OrgExportSpec, "OrgImport": OrgImportSpec}


@pytest.mark.parametrize(("kind", "spec"), ACCEPTED.values(), ids=ACCEPTED)
def test_a_spec_survives_the_model(kind: str, spec: dict[str, Any]) -> None:
    parsed = MODELS[kind].model_validate(spec)
    assert MODELS[kind].model_validate(parsed.dump()) == parsed


@pytest.mark.parametrize(
    "case", [case for case in REJECTED.values() if case.model_refuses], ids=lambda case: case.message
)
def test_the_model_refuses_what_the_api_server_refuses(case: Case) -> None:
    with pytest.raises(ValidationError):
        MODELS[case.kind].model_validate(case.spec)


@pytest.mark.parametrize("case", [case for case in REJECTED.values() if not case.model_refuses])
def test_the_model_leaves_some_questions_to_the_api_server(case: Case) -> None:
    MODELS[case.kind].model_validate(case.spec)


def test_the_model_gives_the_same_reason_as_the_api_server() -> None:
    with pytest.raises(ValidationError, match=r"give exactly one of spec\.org\.slug and spec\.org\.id"):
        OrgExportSpec.model_validate({**EXPORT, "org": {}})


@pytest.mark.parametrize("document", examples(), ids=name_of)
def test_every_example_is_valid(document: dict[str, Any]) -> None:
    MODELS[document["kind"]].model_validate(document["spec"])


@pytest.mark.parametrize("kind", MODELS)
def test_the_full_example_sets_every_field_of_the_spec(kind: str) -> None:
    (full,) = [doc for doc in examples() if doc["kind"] == kind and name_of(doc).endswith("-full")]
    aliases = {field.alias for field in MODELS[kind].model_fields.values()}
    assert aliases == full["spec"].keys()


def test_numbers_become_quantities() -> None:
    spec = OrgExportSpec.model_validate({**EXPORT, "worker": {"resources": {"requests": {"cpu": 2}}}})
    assert spec.worker.resources.requests.cpu == "2"


def test_limits_that_are_given_replace_the_default_ones() -> None:
    spec = OrgExportSpec.model_validate({**EXPORT, "worker": {"resources": {"limits": {}}}})
    assert spec.worker.resources.limits.memory is None


def test_the_status_that_the_schema_fills_in_says_that_nobody_has_looked() -> None:
    status = OrgExportStatus.model_validate({"observedGeneration": -1})
    assert (status.observed_generation, status.phase, status.conditions) == (-1, None, [])
