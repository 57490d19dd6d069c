"""What an organization leaves behind: logs, jobs, webhook deliveries, billing events, cached links."""

from __future__ import annotations

from datetime import timedelta

from tests.organizations.model import Document
from tests.organizations.world import World

LEVELS = ("error", "warn", "debug")


def add_traces(world: World) -> None:
    for item in world.documents["crawls"]:
        if item["type"] == "crawl":
            _logs(world, item)
        for file in item["files"][:1]:
            _link(world, file)
            _replica_job(world, item)
    _webhook(world)
    _billing(world)


def _logs(world: World, item: Document) -> None:
    for number in range(world.draw.integer(1, 4)):
        world.add(
            "crawl_logs",
            {
                "_id": world.draw.uuid(),
                "timestamp": item["started"] + timedelta(seconds=number, milliseconds=number),
                "oid": world.oid,
                "crawlId": item["_id"],
                "qaRunId": next(iter(item["qaFinished"]), None) if number == 1 else None,
                "logLevel": LEVELS[number % len(LEVELS)],
                "context": "general",
                "message": f"Page load failed: {world.draw.text(2)}",
                "details": {"page": "https://site.example.org/a b", "workerid": number, "frame": {"depth": 2.5}},
            },
        )


def _link(world: World, file: Document) -> None:
    world.add(
        "presigned_urls",
        {
            "_id": file["filename"],
            "url": f"https://s3.example.org/{file['filename']}?X-Amz-Signature={world.draw.hex(64)}",
            "oid": world.oid,
            "signedAt": world.draw.instant(300),
        },
    )


def _replica_job(world: World, item: Document) -> None:
    world.add(
        "jobs",
        {
            "_id": f"create-replica-{str(world.oid)[:8]}-{world.draw.hex(10)}",
            "type": "create-replica",
            "oid": world.oid,
            "success": True,
            "started": item["finished"],
            "finished": item["finished"] + timedelta(seconds=9),
            "file_path": item["files"][0]["filename"],
            "object_type": item["type"],
            "object_id": item["_id"],
            "replica_storage": {"name": world.storages.replica or "replica-0", "custom": False},
        },
    )


def _webhook(world: World) -> None:
    world.add(
        "webhooks",
        {
            "_id": world.draw.uuid(),
            "event": "crawlFinished",
            "oid": world.oid,
            "body": {"itemId": "manual-20240701", "orgId": str(world.oid), "downloadUrls": []},
            "success": False,
            "attempts": 5,
            "created": world.draw.instant(100),
            "lastAttempted": world.draw.instant(101),
        },
    )


def _billing(world: World) -> None:
    world.add(
        "subscriptions",
        {
            "_id": world.draw.object_id(),
            "type": "create",
            "timestamp": world.draw.instant(1),
            "oid": world.oid,
            "subId": f"sub-{world.slug}",
            "status": "active",
            "planId": "basic",
        },
    )
