"""Counters of an organization."""

from __future__ import annotations

from datetime import timedelta

from orgport.browsertrix.counters import Tally
from orgport.browsertrix.paths import Document
from orgport.browsertrix.sections import COLLECTIONS, ITEMS, PAGES, PROFILES, SECTIONS, SEED_FILES
from tests.organizations import generate
from tests.organizations.counters import bytes_stored
from tests.unit.browsertrix.samples import INSTANT, OID, file


def sized(size: int) -> Document:
    return file("x") | {"size": size}


def counted(tally: Tally) -> Document:
    tally.add(ITEMS, {"_id": "a", "type": "crawl", "files": [sized(1), sized(2)], "finished": INSTANT})
    tally.add(ITEMS, {"_id": "b", "type": "crawl", "qaFinished": {"r": {"files": [sized(4)]}}, "finished": None})
    tally.add(ITEMS, {"_id": "c", "type": "upload", "files": [sized(8)], "finished": INSTANT + timedelta(days=9)})
    tally.add(PROFILES, {"_id": OID, "resource": sized(16)})
    tally.add(SEED_FILES, {"_id": OID, **sized(32)})
    tally.add(COLLECTIONS, {"_id": OID, "thumbnail": sized(64), "indexFile": sized(128)})
    tally.add(COLLECTIONS, {"_id": OID, "indexFile": sized(-1) | {"size": ""}})
    tally.add(PAGES, {"_id": OID, "filename": "x"})
    organization: Document = {"bytesStored": 99, "name": "Acme"}
    tally.apply(organization)
    return organization


def test_bytes_are_counted_by_kind_and_together() -> None:
    assert counted(Tally()) == {
        "name": "Acme",
        "bytesStored": 255,
        "bytesStoredCrawls": 7,
        "bytesStoredUploads": 8,
        "bytesStoredProfiles": 16,
        "bytesStoredSeedFiles": 32,
        "bytesStoredThumbnails": 64,
        "bytesStoredDedupeIndexes": 128,
        "lastCrawlFinished": INSTANT,
    }


def test_what_did_not_arrive_is_not_counted() -> None:
    organization = counted(Tally(arrived=lambda reference: reference.size not in (2, 128)))
    assert organization["bytesStoredCrawls"] == 5
    assert organization["bytesStoredDedupeIndexes"] == 0
    assert organization["bytesStored"] == 125


def test_the_last_crawls_end_is_kept_if_it_is_known() -> None:
    tally = Tally()
    tally.add(ITEMS, {"_id": "a", "type": "crawl", "finished": INSTANT + timedelta(days=1)})
    tally.add(ITEMS, {"_id": "b", "type": "crawl", "finished": INSTANT})
    known, unknown = {"lastCrawlFinished": INSTANT}, {"lastCrawlFinished": None}
    tally.apply(known)
    tally.apply(unknown)
    assert known["lastCrawlFinished"] == INSTANT
    assert unknown["lastCrawlFinished"] == INSTANT + timedelta(days=1)


def test_a_generated_organization_is_counted_as_its_records_say() -> None:
    organization = generate(items=12, pages=5, objects=40)
    tally = Tally()
    for section in SECTIONS:
        for document in organization.documents[section.collection]:
            tally.add(section, document)
    counters: Document = {}
    tally.apply(counters)
    del counters["lastCrawlFinished"]
    assert counters == bytes_stored(organization.documents)
