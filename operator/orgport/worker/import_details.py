"""What the steps of an import hand on: the source that was found, and what the plan says beside the work lists."""

from __future__ import annotations

from orgport.api.model import Model
from orgport.api.plan import Plan
from orgport.worker.context import Context
from orgport.worker.places import Places
from orgport.worker.plans import read_plan

REPORT, FAILURES = "report.json", "failures.ndjson"
LEFT = "objects-left.ndjson"
"""Keys of what a rollback leaves in the target's storage."""


class Source(Model):
    """The parts of an archive, or a bare JSON; keys are full keys of the location's bucket."""

    title: str
    """How messages name it."""
    database: str | None = None
    """The key of the JSON; None: the archive holds objects alone."""
    etag: str = ""
    """The JSON's."""
    size: int = 0
    sha256: str | None = None
    """The JSON's, by the manifest; a bare JSON's is known once it is read."""
    inventory: str | None = None
    """The key of objects.ndjson; None: the objects are listed."""
    inventory_sha256: str | None = None
    export: str | None = None
    """The archive's name."""
    org_id: str | None = None
    """By the manifest."""


class ImportDetails(Model):
    """`Plan.details` of an import."""

    source: Source
    db_version: str
    target_version: str
    sections: dict[str, int]
    """Documents to insert, by section."""
    runs: list[str]
    """Sections as they follow each other in the JSON."""
    storages: dict[str, str]
    """What becomes of each storage's name."""
    target: str
    """The storage that receives files."""
    name: str
    slug: str
    objects: int
    bytes: int
    warnings: list[str]


async def load_plan(context: Context, places: Places) -> tuple[Plan, ImportDetails]:
    """The plan that the plan step made; EXPORT_CORRUPT if what lies there is not it."""
    plan = await read_plan(context, places)
    return plan, ImportDetails.model_validate(plan.details)
