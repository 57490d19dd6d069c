"""From database to database by way of archives: an export of an import of an export is the first export."""

from __future__ import annotations

import json
import math
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from orgport.browsertrix.sections import CRAWL_LOGS, ITEMS, PAGES, REVISIONS, WORKFLOWS
from tests.integration.conftest import Installations
from tests.integration.export.running import Exports
from tests.integration.imports.equality import assert_equal
from tests.integration.imports.running import Imports, fixture_text, succeeded
from tests.organizations import Installation, Organization
from tests.unit.imports.odd_organizations import odd_organizations
from tests.unit.imports.round_trip import Stored

pytestmark = pytest.mark.integration

REPORT = {"missing": "Report"}
WANTED = {"include": ["SeedFiles", "CrawlLogs"]}
PARENTS = {PAGES: ITEMS, CRAWL_LOGS: ITEMS, REVISIONS: WORKFLOWS}


async def exported(place: Installation, org: Organization, name: str) -> Any:
    exports = Exports(place)
    succeeded(await exports.run(org, name, org={"id": str(org.id)}, files=REPORT, database=WANTED))
    return exports.database(name)


async def imported(target: Installation, source: Installation, name: str) -> None:
    succeeded(await Imports(target, source).run(source={"export": name}, files=REPORT, schedules="Keep"))


@settings(
    max_examples=3,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(odd_organizations(at_rest=True))
async def test_odd_organizations_are_exported_again_as_they_were(installation: Installations, stored: Stored) -> None:
    source, target = installation(replica="replica"), installation(replica="replica")
    org = in_place(stored)
    source.seed(org)
    # With the same accounts there is nobody who would have to change.
    target.mongo.insert({"users": org.documents["users"]})
    first = await exported(source, org, "first")
    await imported(target, source, "first")
    assert_equal(first, await exported(target, org, "second"))


def in_place(stored: Stored) -> Organization:
    """The organization with its documents under what they belong to, and nothing that FerretDB cannot store."""
    for section, parents in PARENTS.items():
        for document in stored.documents.get(section, ()):
            document[section.link] = next((each["_id"] for each in stored.documents.get(parents, ())), "nobody")
    made = {section.collection: storable(list(each)) for section, each in stored.documents.items()}
    # the archive's own check is for what Browsertrix takes, which is particular about names and the numbers of quotas
    organization = {**storable(stored.organization), "name": "Odd", "slug": "odd"}
    if organization.get("quotas"):
        organization["quotas"] = {name: each for name, each in organization["quotas"].items() if each is not None}
    return Organization({**made, "organizations": [organization], "users": [*map(dict, stored.accounts)]}, {})


def storable(value: Any) -> Any:
    if isinstance(value, dict):
        return {name.replace(".", "").replace("$", "") or "_": storable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        # of these two replicas the target has one
        kept = [each for each in value if not (isinstance(each, dict) and each.get("name") == "gone")]
        return [storable({"list": each} if isinstance(each, list) else each) for each in kept]
    return None if isinstance(value, float) and not math.isfinite(value) else value


async def test_an_old_export_that_was_imported_is_exported_and_arrives_unchanged(installation: Installations) -> None:
    first, second = installation(), installation()
    old = Imports(first, prefix="")
    old.put({"old.json": fixture_text()})
    oid = UUID(json.loads(fixture_text())["data"]["org"]["_id"])
    succeeded(await old.run(source={"database": "old.json"}, files=REPORT))
    org = Organization(first.mongo.documents_of(oid), {})
    second.mongo.insert({"users": org.documents["users"]})
    once = await exported(first, org, "first")
    await imported(second, first, "first")
    assert_equal(once, await exported(second, org, "second"))
