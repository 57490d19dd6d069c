"""Which objects an archive has, and which of their references: no more than the organization's own."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from typing import Any

import pytest

from tests.integration.conftest import Installations
from tests.integration.export.running import Exports, succeeded
from tests.integration.imports.running import Imports
from tests.organizations import Organization, generate
from tests.organizations.move import FILE_PATHS, files_of

pytestmark = pytest.mark.integration


def files(org: Organization) -> list[dict[str, Any]]:
    """All file objects of all records."""
    return [
        file
        for collection in FILE_PATHS
        for document in org.documents[collection]
        for file in files_of(collection, document)
    ]


async def test_the_inventory_counts_how_often_records_name_each_object(installation: Installations) -> None:
    org, exports = generate(seed=81, items=8, pages=5, objects=30, neighbour=False), Exports(installation())
    twice = next(item for item in org.documents["crawls"] if item["files"])
    org.documents["crawls"].append({**deepcopy(twice), "_id": "manual-of-the-same-files"})
    exports.installation.seed(org)
    succeeded(await exports.run(org))
    named = Counter(file["filename"] for file in files(org))
    assert {line["key"]: line["referrers"] for line in exports.inventory()} == {key: named[key] for key in org.objects}
    nobodys = [each for key, each in org.objects.items() if key not in named]
    unreferenced = exports.read_json("manifest.json")["unreferenced"]
    assert unreferenced == {"count": len(nobodys), "size": sum(each.size for each in nobodys)}


async def test_references_to_what_is_not_the_organizations_are_left_out_wherever_they_are(
    installation: Installations,
) -> None:
    org, exports = generate(seed=82, items=8, pages=5, objects=30, neighbour=False), Exports(installation())
    # one of each kind: profile, item, QA run, thumbnail, dedupe index, seed file
    kinds = [
        *(org.documents["profiles"][0]["resource"], org.documents["file_uploads"][0]),
        *(org.documents["collections"][0]["thumbnail"], org.documents["collections"][0]["indexFile"]),
        next(item for item in org.documents["crawls"] if item["files"])["files"][0],
        next(run for item in org.documents["crawls"] for run in (item.get("qaFinished") or {}).values())["files"][0],
    ]
    for number, file in enumerate(kinds):
        file["filename"] = f"99999999-9999-4999-8999-999999999999/{number}.wacz"
    exports.installation.seed(org)
    succeeded(await exports.run(org))
    assert exports.read_json("manifest.json")["foreign"] == len(kinds)
    assert len(exports.read_json("report.json")["foreign"]) == len(kinds)
    assert b"99999999-9999" not in exports.read("org-export.json")
    assert len(exports.database()["data"]["fileUploads"]) == len(org.documents["file_uploads"]) - 1
    # such an archive arrives; one with the references in it would be refused
    target = installation()
    result = succeeded(await Imports(target, exports.installation).run())
    assert result["organizationID"] == str(org.id)
    assert not target.mentions("99999999-9999")


async def test_sections_that_are_not_asked_for_are_not_there(installation: Installations) -> None:
    org, exports = generate(seed=83, items=4, pages=5, objects=12, neighbour=False), Exports(installation())
    exports.installation.seed(org)
    succeeded(await exports.run(org, database={"include": []}))
    assert not {"fileUploads", "crawlLogs"} & exports.database()["data"].keys()
    assert not {"fileUploads", "crawlLogs"} & exports.database()["orgport"]["counts"].keys()
    assert {line["key"] for line in exports.inventory()} == set(org.objects)


async def test_what_no_record_has_a_size_or_type_for_is_held_and_arrives(installation: Installations) -> None:
    """Of the sections that Browsertrix does not read, too."""
    org, exports = generate(seed=84, items=4, pages=5, objects=12, neighbour=False), Exports(installation())
    org.documents["crawl_logs"][0] |= {"timestamp": "whenever"}
    org.documents["file_uploads"][0] |= {"created": "once"}
    org.documents["crawls"][0] |= {"finished": "never", "browserWindows": "many"}
    exports.installation.seed(org)
    succeeded(await exports.run(org))
    held = {"crawlLogs": 1, "fileUploads": 1, "items": 1}
    assert exports.read_json("manifest.json")["held"] == held
    target = installation()
    succeeded(await Imports(target, exports.installation).run())
    found = target.snapshot(org)
    assert found.by_id("crawl_logs")[org.documents["crawl_logs"][0]["_id"]]["timestamp"] == "whenever"
    assert found.by_id("file_uploads")[org.documents["file_uploads"][0]["_id"]]["created"] == "once"
    assert found.by_id("crawls")[org.documents["crawls"][0]["_id"]]["finished"] == "never"
