"""What is under way, and what Browsertrix's own importer would refuse; both only where they are asked for."""

from __future__ import annotations

from copy import deepcopy

from tests.organizations.model import Document
from tests.organizations.world import World


def add_in_flight(world: World) -> None:
    """A crawl that runs, one with a QA run, an upload in processing, an item being deleted, an index being built."""
    draw, items = world.draw, world.documents["crawls"]
    crawl = next(item for item in items if item["type"] == "crawl" and item["files"])
    begun = draw.instant(400)
    running = _copy(crawl, f"manual-{begun:%Y%m%d%H%M%S}-{str(crawl['cid'])[:12]}")
    running |= {"state": "running", "started": begun, "finished": None, "_lut": begun, "pendingSize": 7_000_000}
    crawl["qa"] = {
        "id": "qa-under-way",
        "userid": crawl["userid"],
        "userName": crawl["userName"],
        "started": begun,
        "finished": None,
        "state": "running",
        "files": [],
        "fileSize": 0,
        "fileCount": 0,
        "stats": {"found": 3, "done": 1, "size": 0},
        "_lut": begun,
    }
    upload = next(item for item in items if item["type"] == "upload")
    processing = _copy(upload, f"upload-{draw.uuid()}") | {"state": "processing-upload", "finished": None}
    deleted = _copy(upload, f"upload-{draw.uuid()}") | {"deleted": True}
    items.extend([running, processing, deleted])
    workflow = next(each for each in world.documents["crawl_configs"] if each["_id"] == crawl["cid"])
    workflow |= {"isCrawlRunning": True, "lastCrawlId": running["_id"], "lastCrawlState": "running"}
    for collection in world.documents["collections"][:1]:
        collection["indexState"] = "importing"


def _copy(item: Document, identifier: str) -> Document:
    copy = deepcopy(item) | {"_id": identifier, "files": [], "fileSize": 0, "fileCount": 0, "collectionIds": []}
    copy |= {"requiresCrawls": [], "requiredByCrawls": []}
    return copy | ({"qaFinished": {}} if item["type"] == "crawl" else {})


def add_unpresentable(world: World) -> None:
    """Documents that break a rule of Browsertrix's importer, yet exist: they must arrive all the same."""
    draw, documents = world.draw, world.documents
    if documents["pages"]:
        page = documents["pages"][0]
        documents["pages"].append(page | {"_id": draw.uuid(), "url": "about:blank"})
    documents["profiles"].append(
        deepcopy(documents["profiles"][-1]) | {"_id": draw.uuid(), "userid": None, "resource": None, "name": "Old one"}
    )
    upload = next(item for item in documents["crawls"] if item["type"] == "upload")
    documents["crawls"].append(_copy(upload, f"upload-{draw.uuid()}") | {"name": ""})
    typeless = _copy(upload, f"upload-{draw.uuid()}")
    del typeless["type"]
    documents["crawls"].append(typeless)


def add_no_number(world: World) -> None:
    """A page whose QA compared nothing with nothing. FerretDB takes no NaN; MongoDB does."""
    page = world.documents["pages"][0]
    nothing = {"screenshotMatch": float("nan"), "textMatch": float("inf"), "resourceCounts": {}}
    world.documents["pages"].append(page | {"_id": world.draw.uuid(), "qa": {"qa-of-nothing": nothing}})
