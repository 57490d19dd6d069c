"""Workflows, their earlier revisions, and the seed files that they crawl."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.organizations.keys import TEMPLATES, seed_file_name
from tests.organizations.model import Document
from tests.organizations.world import World

SCHEDULES = ("0 3 * * 1", "", "", "30 22 1 * *")
TEN_GIGABYTES = 10_000_000_000
"""More than 32 bits hold."""


def add_seed_files(world: World, count: int) -> None:
    for index in range(count):
        identifier, author = world.draw.uuid(), world.person()
        urls = "".join(f"https://seed-{index}.example.org/{number}\n" for number in range(20))
        file = world.store(seed_file_name(identifier, world.draw.hex(8)), urls.encode(), "text/plain")
        world.add(
            "file_uploads",
            {
                "_id": identifier,
                "type": "seedFile",
                **file,
                "oid": world.oid,
                "originalFilename": f"seeds über {index}.txt",
                "mime": "text/plain",
                "userid": author.id,
                "userName": author.name,
                "created": world.draw.instant(index),
                "firstSeed": f"https://seed-{index}.example.org/0",
                "seedCount": 20,
            },
        )


def add_workflows(world: World, collections: list[UUID]) -> None:
    for index in range(world.sizes.workflows):
        workflow = world.add("crawl_configs", _workflow(world, index, collections))
        for revision in range(workflow["rev"]):
            world.add("configs_revs", _revision(world, workflow, revision))


def _workflow(world: World, index: int, collections: list[UUID]) -> Document:
    draw, author, editor = world.draw, world.person(), world.person()
    seed_files, profiles = world.documents["file_uploads"], world.documents["profiles"]
    seed_file = seed_files[index // 3]["_id"] if index % 3 == 1 and index // 3 < len(seed_files) else None
    profile = profiles[0]["_id"] if profiles and index % 4 == 0 else None
    first = f"https://site-{index}.example.org/"
    return {
        "_id": draw.uuid(),
        "schedule": SCHEDULES[index % len(SCHEDULES)],
        "jobType": "custom",
        "config": configuration(first, seed_file, profile is not None),
        "profileid": profile,
        "crawlerChannel": "default",
        "crawlTimeout": 3600,
        "maxCrawlSize": TEN_GIGABYTES,
        "scale": None,
        "browserWindows": 1 + index % 4,
        "name": f"Workflow {index} {draw.text(2)}",
        "description": draw.text(5),
        "tags": draw.some(["news", "daily", "städte"], 3),
        "autoAddCollections": draw.some(collections, 2),
        "crawlFilenameTemplate": TEMPLATES[index % len(TEMPLATES)],
        "oid": world.oid,
        "createdBy": world.departed if index == 1 else author.id,
        "createdByName": "Somebody Gone" if index == 1 else author.name,
        "created": draw.instant(index),
        "modifiedBy": editor.id,
        "modifiedByName": editor.name,
        "modified": draw.instant(index + 40),
        "inactive": index == world.sizes.workflows - 1 and index > 1,
        "rev": index % 3,
        "crawlAttemptCount": 0,
        "crawlCount": 0,
        "crawlSuccessfulCount": 0,
        "totalSize": 0,
        "isCrawlRunning": False,
        "proxyId": "proxy-1" if index == 2 and profile is None else None,
        "shareable": index == 0,
        **({"dedupeCollId": collections[0]} if index == 0 and collections else {}),
        "firstSeed": "https://seed-0.example.org/0" if seed_file else first,
        "seedCount": 20 if seed_file else 2,
    }


def configuration(first: str, seed_file: UUID | None, with_profile: bool) -> Document:
    seeds: list[Document] | None = [_seed(first), _seed(f"{first}about?q=1&r=%20", scopeType="prefix", depth=2)]
    return {
        "seeds": None if seed_file else seeds,
        **({"seedFileId": seed_file} if seed_file else {}),
        "scopeType": "page",
        "include": None,
        "exclude": [r"/logout\b", "\\.pdf$"],
        "depth": -1,
        "limit": 10000,
        "extraHops": 1,
        "lang": "de",
        "blockAds": False,
        "behaviorTimeout": 90,
        "pageLoadTimeout": None,
        "pageExtraDelay": 0,
        "postLoadDelay": 5,
        "workers": None,
        "headless": None,
        "generateWACZ": None,
        "combineWARC": None,
        "useSitemap": False,
        "useRobots": True,
        "failOnFailedSeed": False,
        "failOnContentCheck": with_profile,
        "logging": None,
        "behaviors": "autoscroll,autoplay,autofetch,siteSpecific",
        "customBehaviors": ["git+https://example.org/behaviors?branch=main&path=b"],
        "userAgent": None,
        "selectLinks": ["a[href]->href"],
        "clickSelector": "a",
        "saveStorage": with_profile,
    }


def _seed(url: str, **more: Any) -> Document:
    blank = dict.fromkeys(("scopeType", "include", "exclude", "sitemap", "allowHash", "depth", "extraHops"))
    return {"url": url, **blank, **more}


def _revision(world: World, workflow: Document, revision: int) -> Document:
    return {
        "_id": world.draw.uuid(),
        "cid": workflow["_id"],
        "schedule": "0 0 * * *" if revision == 0 else "",
        "config": {**workflow["config"], "limit": 100 + revision},
        "profileid": workflow["profileid"],
        "crawlerChannel": "default",
        "proxyId": None,
        "crawlTimeout": 0,
        "maxCrawlSize": 0,
        "scale": 1 if revision == 0 else None,
        "browserWindows": 2,
        "modified": world.draw.instant(20 + revision),
        "modifiedBy": world.person().id,
        "rev": revision,
    }
