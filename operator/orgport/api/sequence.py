"""Which steps a run has, and when an import is rolled back: the same for the operator and for `orgport run`."""

from __future__ import annotations

from orgport.api.names import Kind
from orgport.api.org_export import OrgExportSpec
from orgport.api.org_import import OrgImportSpec
from orgport.api.status import StepName


def steps_of(kind: Kind, spec: OrgExportSpec | OrgImportSpec) -> tuple[StepName, ...]:
    """The steps in order. An export's last one writes the manifest, with or without a JSON beside it."""
    if spec.dry_run:
        return ("plan",)
    files: tuple[StepName, ...] = ("files",) if "Files" in spec.content else ()
    database: tuple[StepName, ...] = ("database",) if kind == "OrgExport" or "Database" in spec.content else ()
    return ("plan", *files, *database)


def pods_of(step: StepName, spec: OrgExportSpec | OrgImportSpec) -> int:
    """How many pods, and leases, a step has."""
    return spec.files.parallelism if step == "files" else 1


def is_rolled_back(spec: OrgExportSpec | OrgImportSpec, failed: StepName) -> bool:
    """Whether the failure of this step leaves something in the target's database that must go: its receipt at least."""
    return (
        isinstance(spec, OrgImportSpec)
        and spec.on_failure == "Rollback"
        and "Database" in spec.content
        and failed in ("files", "database")
    )
