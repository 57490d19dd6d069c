"""From one installation into another: everything arrives, and nothing else is touched."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Installations
from tests.integration.export.running import Exports
from tests.integration.imports.equality import assert_equal
from tests.integration.imports.running import Imports, reason, succeeded
from tests.organizations import Options, Organization, assert_moved, generate

pytestmark = pytest.mark.integration


async def moved(installation: Installations, org: Organization, **spec: object) -> tuple[Imports, Exports]:
    source = installation(replica="replica-0", former="old")
    source.seed(org)
    exports = Exports(source)
    succeeded(await exports.run(org, database={"include": ["SeedFiles", "CrawlLogs"]}))
    return Imports(installation(), source), exports


async def test_every_document_and_object_of_an_organization_arrives(installation: Installations) -> None:
    org = generate(replica="replica-0", former="old", in_flight=True, unpresentable=True)
    imports, exports = await moved(installation, org)
    other = generate(2, name="Other", slug="other")
    imports.target.seed(other)
    before = imports.target.snapshot(other)
    result = succeeded(await imports.run())
    options = Options(crawl_logs=True, accounts_before=frozenset(before.accounts()))
    assert_moved(exports.installation.snapshot(org), imports.target.snapshot(org), options)
    assert imports.target.snapshot(other) == before
    assert result["objects"] == len(imports.target.keys(prefix=f"{org.id}/"))


async def test_a_second_import_of_the_same_archive_writes_nothing(installation: Installations) -> None:
    org = generate(items=4, pages=20, objects=12)
    imports, _ = await moved(installation, org)
    first = succeeded(await imports.run())
    before = imports.target.mongo.counts(), imports.receipt(org.id), imports.target.keys()
    again = await imports.run("again")
    assert reason(again) == "AlreadyImported"
    assert succeeded(again) == first
    assert (imports.target.mongo.counts(), imports.receipt(org.id), imports.target.keys()) == before


async def test_an_export_of_an_import_of_an_export_is_the_first_export(installation: Installations) -> None:
    org = generate(unpresentable=True)
    source, target = installation(), installation()
    source.seed(org)
    # With the same accounts and the same schedules there is nothing that would have to change.
    target.mongo.insert({"users": org.documents["users"]})
    wanted = {"include": ["SeedFiles", "CrawlLogs"]}
    first, second = Exports(source), Exports(target)
    succeeded(await first.run(org, database=wanted))
    succeeded(await Imports(target, source).run(schedules="Keep"))
    succeeded(await second.run(org, "second", database=wanted))
    assert_equal(first.database(), second.database("second"))
    one, other = first.inventory(), second.inventory("second")
    assert [(line["key"], line["size"], line.get("sha256")) for line in one] == [
        (line["key"], line["size"], line.get("sha256")) for line in other
    ]
