"""Archived items: crawls, uploads and the QA runs of crawls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import cycle, pairwise
from uuid import UUID

from tests.organizations.keys import qa_name, upload_name, wacz_name
from tests.organizations.model import Document
from tests.organizations.world import Person, World

STATES = (
    *("complete", "complete", "stopped_by_user", "complete", "stopped_storage_quota_reached") * 2,
    "failed",
    "canceled",
)
"""States of crawls in turn: every workflow's first crawl has files, so that every template names some."""
FILELESS_STATES = ("failed", "canceled")
IMAGE = "docker.io/webrecorder/browsertrix-crawler:1.10.0"
LARGE = 12 * 1024 * 1024
"""A body that clients send in parts."""


def add_items(world: World, collections: Sequence[UUID], files: int) -> None:
    """Two thirds crawls, one third uploads, with that many files together, and at least one where files belong."""
    states = _states(world.sizes.items)
    holders = sum(state not in FILELESS_STATES for _, state in states)
    shares = iter(_shares(files, holders))
    for index, (kind, state) in enumerate(states):
        share = 0 if state in FILELESS_STATES else next(shares)
        item = _upload(world, index, share) if kind == "upload" else _crawl(world, index, share, state)
        item["collectionIds"] = world.draw.some(collections, 3)
        world.add("crawls", item)
    _link_dedupe(world)
    _count_in_workflows(world)


def _states(count: int) -> list[tuple[str, str]]:
    crawl = cycle(STATES)
    return [("upload", "complete") if index % 3 == 2 else ("crawl", next(crawl)) for index in range(count)]


def _shares(files: int, holders: int) -> list[int]:
    base, extra = divmod(max(files, holders), max(holders, 1))
    return [base + (index < extra) for index in range(holders)]


def body_of(world: World, index: int, file: int) -> bytes:
    """Bytes of an item's file; the first file of the first items is large where large ones are asked for."""
    large = file == 0 and index < world.sizes.large_objects
    return world.draw.bytes(LARGE) if large else world.body()


def _crawl(world: World, index: int, files: int, state: str) -> Document:
    draw, author = world.draw, world.person()
    workflows = world.documents["crawl_configs"]
    workflow = workflows[(index - index // 3) % len(workflows)]
    started = draw.instant(60 + index * 2)
    finished = started + timedelta(seconds=draw.integer(60, 9000), milliseconds=draw.integer(0, 999))
    records = _waczs(world, workflow, index, files, finished)
    manual = index % 2 == 0
    scheduled = f"sched-{str(workflow['_id'])[:12]}-{28_600_000 + index * 2880}"
    qa_runs = _qa_runs(world, author, finished) if state == "complete" else {}
    return {
        "_id": f"manual-{started:%Y%m%d%H%M%S}-{str(workflow['_id'])[:12]}" if manual else scheduled,
        "type": "crawl",
        "userid": author.id,
        "userName": author.name,
        "oid": world.oid,
        "profileid": workflow["profileid"],
        "cid": workflow["_id"],
        "cid_rev": workflow["rev"],
        "schedule": "" if manual else "0 3 * * 1",
        "jobType": workflow["jobType"],
        "config": workflow["config"],
        "crawlTimeout": workflow["crawlTimeout"],
        "maxCrawlSize": workflow["maxCrawlSize"],
        "scale": None if index % 2 else 1,
        "browserWindows": workflow["browserWindows"],
        "crawlerChannel": "default",
        "proxyId": workflow["proxyId"],
        "firstSeed": workflow["firstSeed"],
        "seedCount": workflow["seedCount"],
        "manual": manual,
        "stopping": state == "stopped_by_user",
        "name": workflow["name"],
        "description": workflow["description"],
        **_common(world, index, records, started, finished, state),
        "image": IMAGE,
        "crawlExecSeconds": draw.integer(60, 9000),
        "qaCrawlExecSeconds": sum(run["crawlExecSeconds"] for run in qa_runs.values()),
        "qa": None,
        "qaFinished": qa_runs,
        "pendingSize": 0,
        "_lut": finished,
        **({"pausedAt": started + timedelta(seconds=30)} if index == 3 else {}),
    }


def _waczs(world: World, workflow: Document, index: int, files: int, finished: datetime) -> list[Document]:
    template = workflow["crawlFilenameTemplate"]
    return [
        world.store(
            wacz_name(template, finished + timedelta(seconds=index, milliseconds=number), workflow["_id"], number),
            body_of(world, index, number),
            "application/wacz" if number % 2 else "application/octet-stream",
            former=index < 2,
            replicated=True,
            metadata={"crawl": f"item {index}", "mtime": f"{finished.timestamp():.9f}"} if number % 3 == 0 else {},
            tags={"keep": "10 years", "kind": "wacz"} if number == 0 and index == 0 else {},
            headers=_headers(number),
        )
        for number in range(files)
    ]


def _headers(number: int) -> dict[str, str]:
    if number != 1:
        return {}
    return {"CacheControl": "private, max-age=60", "ContentDisposition": 'attachment; filename="a b.wacz"'}


def _upload(world: World, index: int, files: int) -> Document:
    draw, author = world.draw, world.person()
    # what a form uploads has a bare UUID for its id, as a string
    identifier = str(draw.uuid()) if index % 2 else f"upload-{draw.uuid()}"
    uploaded = draw.instant(60 + index * 2)
    records = [
        world.store(
            upload_name(identifier, "pdf-test", draw.hex(8)),
            body_of(world, index, number),
            "application/octet-stream",
            replicated=True,
        )
        for number in range(files)
    ]
    return {
        "_id": identifier,
        "type": "upload",
        "userid": author.id,
        "userName": author.name,
        "oid": world.oid,
        "name": f"Upload {index} {draw.text(1)}",
        "description": draw.text(3),
        **_common(world, index, records, uploaded, uploaded, "complete"),
        "image": None,
        "crawlExecSeconds": 0,
        "cid": None,
    }


def _common(
    world: World, index: int, files: list[Document], started: datetime, finished: datetime, state: str
) -> Document:
    size, draw = sum(file["size"] for file in files), world.draw
    return {
        "started": started,
        "finished": finished,
        "state": state,
        "stats": {"found": 40, "done": 38, "size": size, "req_crawls": []},
        "files": files,
        "fileSize": size,
        "fileCount": len(files),
        "tags": draw.some(["news", "daily", "städte", "5dffc74c-4c82-4e03-8edf-6f29ea406f0d"], 3),
        "collectionIds": [],
        "reviewStatus": (None, 5, 1, 3)[index % 4],
        "version": 2,
        "requiresCrawls": [],
        "requiredByCrawls": [],
        **({"isMigrating": False} if index % 5 == 0 else {}),
    }


def _qa_runs(world: World, author: Person, finished: datetime) -> Document:
    runs = {}
    for number in range(world.draw.integer(0, 2)):
        started = finished + timedelta(hours=1 + number)
        run = f"qa-{world.draw.hex(10)}"
        file = world.store(qa_name(started, run), world.body(), "application/wacz")
        runs[run] = {
            "id": run,
            "started": started,
            "finished": started + timedelta(minutes=5, milliseconds=500),
            "userid": author.id,
            "userName": author.name,
            "state": "complete",
            "crawlExecSeconds": 300,
            "image": IMAGE,
            "stats": {"found": 10, "done": 10, "size": file["size"]},
            "files": [file],
            "fileSize": file["size"],
            "fileCount": 1,
        }
    return runs


def _link_dedupe(world: World) -> None:
    """A later crawl that relies on what an earlier one holds."""
    crawls = [item for item in world.documents["crawls"] if item["type"] == "crawl" and item["files"]]
    for earlier, later in pairwise(crawls[:2]):
        later["requiresCrawls"] = later["stats"]["req_crawls"] = [earlier["_id"]]
        earlier["requiredByCrawls"] = [later["_id"]]


def _count_in_workflows(world: World) -> None:
    for workflow in world.documents["crawl_configs"]:
        runs = [item for item in world.documents["crawls"] if item.get("cid") == workflow["_id"]]
        if not runs:
            continue
        last = max(runs, key=lambda item: item["started"])
        workflow |= {
            "crawlAttemptCount": len(runs),
            "crawlCount": len(runs),
            "crawlSuccessfulCount": sum(item["state"] not in FILELESS_STATES for item in runs),
            "totalSize": sum(item["fileSize"] for item in runs),
            "lastCrawlId": last["_id"],
            "lastCrawlStartTime": last["started"],
            "lastCrawlTime": last["finished"],
            "lastCrawlState": last["state"],
            "lastCrawlSize": last["fileSize"],
            "lastRun": last["finished"],
            "lastStartedBy": last["userid"],
            "lastStartedByName": last["userName"],
        }
