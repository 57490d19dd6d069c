"""Browser profiles."""

from __future__ import annotations

from tests.organizations.keys import profile_name
from tests.organizations.model import Document
from tests.organizations.world import World


def add_profiles(world: World) -> None:
    for index in range(world.sizes.profiles):
        world.add("profiles", _profile(world, index))


def _profile(world: World, index: int) -> Document:
    draw, author, editor = world.draw, world.person(), world.person()
    identifier = draw.uuid()
    earlier = world.documents["profiles"]
    created = draw.instant(index)
    return {
        "_id": identifier,
        "name": f"Profile {index} {draw.text(1)}",
        "description": draw.text(4),
        "userid": author.id,
        "oid": world.oid,
        "origins": [f"https://site-{index}.example.org", "https://login.example.org"],
        # a profile that was begun and never saved has no file
        "resource": None if index == 2 else _resource(world, profile_name(identifier)),
        "created": created,
        "createdBy": world.outsider if index == 0 else author.id,
        "createdByName": "admin" if index == 0 else author.name,
        "modified": draw.instant(index + 10),
        "modifiedBy": editor.id,
        "modifiedByName": editor.name,
        "baseid": earlier[0]["_id"] if index == 1 else None,
        "crawlerChannel": "default",
        "proxyId": None,
        "tags": draw.some(["login", "social", "ümlaut"], 3),
        **({"inUse": True} if index == 0 else {}),
    }


def _resource(world: World, name: str) -> Document:
    return world.store(
        name, world.body(), "application/gzip", replicated=True, metadata={"mtime": "1719853200.123456789"}
    )


def link_profiles(world: World) -> None:
    """What is known only when there are crawls: which of them changed the profile last."""
    crawls = [item for item in world.documents["crawls"] if item["type"] == "crawl"]
    for profile, crawl in zip(world.documents["profiles"][:1], crawls, strict=False):
        profile["modifiedCrawlDate"] = crawl["finished"]
        profile["modifiedCrawlId"] = crawl["_id"]
        profile["modifiedCrawlCid"] = crawl["cid"]
