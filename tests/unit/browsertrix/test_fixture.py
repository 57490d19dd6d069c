"""Browsertrix's own test export, of database version 0027, taken all the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from orgport.browsertrix.counters import Tally
from orgport.browsertrix.decoding import decode
from orgport.browsertrix.held import presentable, refusal
from orgport.browsertrix.normalise import Options, normalise
from orgport.browsertrix.organization import imported_organization, members
from orgport.browsertrix.paths import Document
from orgport.browsertrix.references import object_key, references
from orgport.browsertrix.sections import ORGANIZATION, UPSTREAM_SECTIONS
from orgport.browsertrix.settings import Settings
from orgport.browsertrix.storage_refs import map_storages, storage_names
from orgport.browsertrix.upgrades import UpgradeContext, needs_survey, survey, upgrade
from orgport.browsertrix.users import map_users, user_ids

FIXTURE = Path(__file__).parents[4] / "shared" / "fixtures" / "browsertrix-org-export-0027.json"
OID = UUID("4c880741-c1b7-47ae-b825-3fb15d52a760")
SUPERUSER = UUID("b2e4bd80-7f30-47bf-bb20-2962c637042f")
SETTINGS = Settings(max_browser_windows=8, num_browsers=2)


@pytest.fixture
def export() -> Document:
    """The fixture's `data`, decoded, surveyed, upgraded and normalised."""
    if not FIXTURE.exists():
        pytest.skip(f"{FIXTURE} is not there: it belongs to Browsertrix, not to this repository")
    data: Document = orjson.loads(FIXTURE.read_bytes())["data"]
    context = UpgradeContext(org_id=OID, source_sha256="0" * 64, num_browsers=SETTINGS.num_browsers)
    assert needs_survey(data["dbVersion"])
    decode(ORGANIZATION, data["org"])
    _each(data, decode)
    _each(data, lambda section, document: survey(section, document, context))
    _each(data, lambda section, document: upgrade(section, document, data["dbVersion"], context))
    upgrade(ORGANIZATION, data["org"], data["dbVersion"], context)
    data["warnings"] = _each(data, lambda section, document: normalise(section, document, SETTINGS, Options()))
    return data | {"logs": context.take_logs()}


def _each(data: Document, do: Callable[..., object]) -> list[object]:
    return [do(section, document) for section in UPSTREAM_SECTIONS for document in data[section.name]]


def test_it_has_what_browsertrix_says_it_has(export: Document) -> None:
    counts = {section.name: len(export[section.name]) for section in UPSTREAM_SECTIONS}
    assert counts == {
        "profiles": 2,
        "workflows": 2,
        "workflowRevisions": 1,
        "items": 4,
        "pages": 67,
        "collections": 2,
    }
    assert [warning for warning in export["warnings"] if warning] == []
    assert export["logs"] == []


def test_it_has_three_members_with_roles_as_numbers(export: Document) -> None:
    found = {member["email"]: member["role"] for member in members(export["org"])}
    assert found == {"orgadmin@example.com": 40, "orgcrawler@example.com": 20, "orgcrawler2@example.com": 20}


def test_every_object_has_a_key_below_the_organization(export: Document) -> None:
    records = [(section, document) for section in UPSTREAM_SECTIONS for document in export[section.name]]
    keys = [object_key(reference, str(OID)) for record in records for reference in references(*record)]
    assert len(keys) == 6
    assert all(key is not None and key.startswith(f"{OID}/") for key in keys)
    assert [profile["resource"]["filename"].split("/")[:2] for profile in export["profiles"]] == [
        [str(OID), "profiles"]
    ] * 2
    assert not any({"presignedUrl", "expireAt", "crc32"} & file.keys() for i in export["items"] for file in i["files"])


def test_its_public_collection_is_unlisted_and_both_have_slugs(export: Document) -> None:
    found = [(collection["access"], collection["slug"]) for collection in export["collections"]]
    assert found == [("unlisted", "public-collection"), ("private", "test-collection")]
    assert not any("isPublic" in collection for collection in export["collections"])


def test_its_workflows_and_crawls_have_two_browser_windows_and_seeds(export: Document) -> None:
    crawls = [item for item in export["items"] if item["type"] == "crawl"]
    for document in (*export["workflows"], *crawls):
        assert (document["browserWindows"], document["seedCount"]) == (2, 1)
        assert document["firstSeed"].startswith("https://")
    assert export["workflowRevisions"][0]["browserWindows"] == 2


def test_its_items_know_their_pages(export: Document) -> None:
    counts = sorted((item["pageCount"], item.get("filePageCount", "upload")) for item in export["items"])
    assert [pages for pages, _ in counts] == [0, 10, 10, 47]
    assert sum(page["isFile"] for page in export["pages"]) == sum(
        item.get("filePageCount", 0) for item in export["items"]
    )
    assert not any("errors" in item for item in export["items"])


def test_its_users_are_all_mapped_but_for_the_superuser(export: Document) -> None:
    mapping = {UUID(member["id"]): UUID(int=number) for number, member in enumerate(members(export["org"]), 1)}
    unmapped = [map_users(section, each, mapping) for section in UPSTREAM_SECTIONS for each in export[section.name]]
    assert set().union(*unmapped) == {SUPERUSER}
    left = [user_ids(section, each) for section in UPSTREAM_SECTIONS for each in export[section.name]]
    assert set().union(*left) <= {SUPERUSER, *mapping.values()}


def test_its_storages_are_mapped(export: Document) -> None:
    _each(export, lambda section, document: map_storages(section, document, lambda _: "eu", frozenset()))
    names = [storage_names(section, each) for section in UPSTREAM_SECTIONS for each in export[section.name]]
    assert set().union(*names) == {("eu", False)}


def test_its_organization_is_made_right(export: Document) -> None:
    tally = Tally()
    _each(export, tally.add)
    made = imported_organization(export["org"], members={str(SUPERUSER): 40}, storage="eu")
    tally.apply(made)
    assert (made["name"], made["slug"], made["default"]) == ("dev", "dev", False)
    assert made["created"] == min(workflow["created"] for workflow in export["workflows"])
    assert made["bytesStoredProfiles"] == 71_093_600
    assert (made["bytesStoredCrawls"], made["bytesStoredUploads"]) == (1_120_216_706, 230_783)
    assert made["bytesStored"] == 71_093_600 + 1_120_216_706 + 230_783
    assert made["lastCrawlFinished"] == max(item["finished"] for item in export["items"] if item["type"] == "crawl")


def test_browsertrix_would_take_it_back(export: Document) -> None:
    for section in UPSTREAM_SECTIONS:
        for document in export[section.name]:
            assert refusal(section, presentable(section, document), SETTINGS) is None
