"""What one Job is told. It holds no secret: Secrets are mounted where `names.SECRETS_FOLDER` says."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from orgport.api.model import Model
from orgport.api.names import Kind
from orgport.api.org_export import OrgExportSpec
from orgport.api.org_import import OrgImportSpec
from orgport.api.status import StepName


class Task(Model):
    """One step of one attempt of one run."""

    kind: Kind
    namespace: str
    name: str
    uid: str
    attempt: int
    step: StepName
    job: str
    spec: OrgExportSpec | OrgImportSpec
    plan_sha256: Annotated[str | None, Field(alias="planSHA256")] = None
    """Of the plan that a later step must find; None for the plan step itself."""

    @model_validator(mode="before")
    @classmethod
    def _spec_of_its_kind(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("spec"), dict):
            model = OrgExportSpec if data.get("kind") == "OrgExport" else OrgImportSpec
            return {**data, "spec": model.model_validate(data["spec"])}
        return data

    @property
    def export_spec(self) -> OrgExportSpec:
        assert isinstance(self.spec, OrgExportSpec)
        return self.spec

    @property
    def import_spec(self) -> OrgImportSpec:
        assert isinstance(self.spec, OrgImportSpec)
        return self.spec
