from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from orgport.browsertrix.sections import CRAWL_LOGS, ITEMS, PAGES, REVISIONS, WORKFLOWS, Section
from orgport.worker.import_membership import Membership

WORKFLOW = UUID(int=1)


def read(*documents: tuple[Section, dict[str, Any]]) -> Membership:
    membership = Membership()
    for section, document in documents:
        membership.add(section, document)
    return membership


def page(number: int, item: str = "a") -> tuple[Section, dict[str, Any]]:
    return PAGES, {"_id": UUID(int=number), "crawl_id": item}


def test_documents_are_counted_once_whatever_comes_first() -> None:
    found = read(page(1), page(2), page(1), (ITEMS, {"_id": "a"}), (ITEMS, {"_id": "a"}))
    assert found.counts() == {"pages": 2, "items": 1}
    assert found.warnings() == [
        "1 documents of pages are in the export twice; one of each goes in",
        "1 documents of items are in the export twice; one of each goes in",
    ]


def test_an_item_that_was_being_deleted_is_left_out_with_what_is_its_own() -> None:
    log = {"_id": UUID(int=9), "crawlId": "a"}
    found = read(
        (ITEMS, {"_id": "a", "deleted": True}), (ITEMS, {"_id": "b"}), page(1), page(2, "b"), (CRAWL_LOGS, log)
    )
    assert found.counts() == {"items": 1, "pages": 1, "crawlLogs": 0}
    assert found.warnings() == [
        "1 items that were being deleted are left out",
        "1 documents of pages are left out: what they belong to is not in the export",
        "1 documents of crawlLogs are left out: what they belong to is not in the export",
    ]


@pytest.mark.parametrize(
    ("section", "document", "belongs"),
    [
        (PAGES, {"crawl_id": "a"}, True),
        (PAGES, {"crawl_id": "z"}, False),
        (PAGES, {}, False),
        (CRAWL_LOGS, {"crawlId": "a"}, True),
        (REVISIONS, {"cid": WORKFLOW}, True),
        (REVISIONS, {"cid": UUID(int=2)}, False),
        (ITEMS, {}, True),
    ],
)
def test_what_belongs_to_nothing_does_not_go_in(section: Section, document: dict[str, Any], belongs: bool) -> None:
    found = read((ITEMS, {"_id": "a"}), (WORKFLOWS, {"_id": WORKFLOW}))
    assert found.belongs(section, document) is belongs
