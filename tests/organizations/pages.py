"""Pages of items, with QA results and notes."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from tests.organizations.model import Document
from tests.organizations.world import World


def add_pages(world: World) -> None:
    """Pages spread over the items that have files, and the counts of them in those items."""
    items = [item for item in world.documents["crawls"] if item["files"]]
    if not items:
        return
    shares = Counter(_owner(number, len(items)) for number in range(world.sizes.pages))
    for index, item in enumerate(items):
        pages = [_page(world, item, number) for number in range(shares[index])]
        world.documents["pages"].extend(pages)
        item |= _counts(pages)


def _owner(number: int, items: int) -> int:
    """The first item gets half of the pages: organizations have one item that is far larger than the others."""
    return 0 if number % 2 else (number // 2) % items


def _page(world: World, item: Document, number: int) -> Document:
    draw, files = world.draw, item["files"]
    is_file, is_error = number % 23 == 7, number % 31 == 11
    page: Document = {
        "_id": draw.uuid(),
        "oid": world.oid,
        "crawl_id": item["_id"],
        "url": f"https://site.example.org/{item['type']}/{number // 2 * 2}?q=a%20b+c&lang=dé",
        "title": f"{draw.text(2)} {number}",
        "loadState": 0 if is_error else 4,
        "status": 404 if is_error else 200,
        "mime": "application/pdf" if is_file else "text/html",
        "filename": files[number % len(files)]["filename"].split("/")[-1],
        "depth": 0 if number == 0 else 1 + number % 3,
        "isSeed": number == 0,
        "ts": item["started"] + timedelta(milliseconds=number * 137),
        "isFile": is_file,
        "isError": is_error,
    }
    if is_file:
        del page["title"]
    if number % 4 == 0:
        page["favIconUrl"] = "https://site.example.org/favicon.ico"
    return page | _quality(world, item, number) | _review(world, number)


def _quality(world: World, item: Document, number: int) -> Document:
    """Matches of the QA runs; a match of exactly 1.0 stays a double."""
    runs = item.get("qaFinished") or {}
    if not runs or number >= 10:
        return {}
    matches = {
        run: {
            "screenshotMatch": 1.0 if number == 0 else world.draw.fraction(),
            "textMatch": None if number == 1 else world.draw.fraction(),
            "resourceCounts": {"crawlGood": number, "crawlBad": 0, "replayGood": number, "replayBad": 1},
        }
        for run in runs
    }
    return {"qa": matches}


def _review(world: World, number: int) -> Document:
    if number % 17 != 3:
        return {}
    author = world.person()
    written = world.draw.instant(300)
    note = {
        "id": world.draw.uuid(),
        "text": world.draw.text(6),
        "created": written,
        "userid": author.id,
        "userName": author.name,
    }
    return {"approved": number % 2 == 0, "userid": author.id, "modified": written, "notes": [note]}


def _counts(pages: list[Document]) -> Document:
    return {
        "pageCount": len(pages),
        "uniquePageCount": len({page["url"] for page in pages}),
        "filePageCount": sum(page["isFile"] for page in pages),
        "errorPageCount": sum(page["isError"] for page in pages),
    }
