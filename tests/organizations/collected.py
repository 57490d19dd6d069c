"""Collections, with thumbnails and the dedupe index."""

from __future__ import annotations

from uuid import UUID

from tests.organizations.draw import Draw
from tests.organizations.keys import index_name, thumbnail_name
from tests.organizations.model import Document
from tests.organizations.world import World

ACCESS = ("private", "unlisted", "public")


def collection_ids(draw: Draw, count: int) -> list[UUID]:
    return [draw.uuid() for _ in range(count)]


def add_collections(world: World, identifiers: list[UUID]) -> None:
    for index, identifier in enumerate(identifiers):
        world.add("collections", _collection(world, index, identifier))


def _collection(world: World, index: int, identifier: UUID) -> Document:
    draw, created = world.draw, world.draw.instant(index)
    return {
        "_id": identifier,
        "name": f"Collection {index} Ünïcode «{index}»",
        "slug": f"collection-{index}-unicode-{index}",
        "oid": world.oid,
        "description": draw.text(8),
        "caption": draw.text(3) if index else None,
        "created": created,
        "modified": draw.instant(200 + index),
        "tags": [],
        **_statistics(world, identifier),
        "access": ACCESS[index % len(ACCESS)],
        "allowPublicDownload": index % 2 == 0,
        "previousSlugs": [f"old-name-{index}"] if index % 2 else [],
        "defaultThumbnailName": None if index % 2 == 0 else "thumbnail-cyan",
        **(_home(world) if index == 0 else {}),
        **(_thumbnail(world, identifier, index) if index % 2 == 0 else {}),
        **(_index(world, identifier) if index == 0 else {}),
    }


def _statistics(world: World, identifier: UUID) -> Document:
    """As Browsertrix counts a collection's items and their pages."""
    items = [item for item in world.documents["crawls"] if identifier in item["collectionIds"]]
    members = {item["_id"] for item in items}
    pages = [page for page in world.documents["pages"] if page["crawl_id"] in members]
    instants = sorted(page["ts"] for page in pages)
    return {
        "crawlCount": len(items),
        "pageCount": len(pages),
        "uniquePageCount": len({page["url"] for page in pages}),
        "totalSize": sum(item["fileSize"] for item in items),
        "dateEarliest": instants[0] if instants else None,
        "dateLatest": instants[-1] if instants else None,
    }


def _home(world: World) -> Document:
    pages = world.documents["pages"]
    return {"homeUrl": pages[0]["url"], "homeUrlTs": pages[0]["ts"], "homeUrlPageId": pages[0]["_id"]} if pages else {}


def _thumbnail(world: World, identifier: UUID, index: int) -> Document:
    author, extension = world.person(), ("jpg", "png")[index % 4 // 2]
    mime = {"jpg": "image/jpeg", "png": "image/png"}[extension]
    file = world.store(thumbnail_name(identifier, world.draw.hex(8), extension), world.body(), mime)
    pages = world.documents["pages"]
    source = {"url": pages[-1]["url"], "urlTs": pages[-1]["ts"], "urlPageId": pages[-1]["_id"]} if pages else None
    return {
        "thumbnail": {
            **file,
            "originalFilename": f"Bild {index}.{extension}",
            "mime": mime,
            "userid": author.id,
            "userName": author.name,
            "created": world.draw.instant(250),
        },
        "thumbnailSource": source,
    }


def _index(world: World, identifier: UUID) -> Document:
    file = world.store(index_name(identifier), world.body(), "application/gzip")
    return {
        "indexFile": {**file, "type": "kvrocks"},
        "indexState": "idle",
        "indexLastSavedAt": world.draw.instant(260),
        "indexDiskSpaceUsed": 3_000_000_000,
        "indexStats": {
            "totalUrls": 1200,
            "dupeUrls": 200,
            "conservedSize": 5_000_000_000,
            "totalCrawls": 2,
            "totalCrawlSize": 1_000_000,
            "removedCrawls": 0,
            "removedCrawlSize": 0,
            "updateProgress": 1.0,
            "uniqueHashes": 1000,
            "estimatedRedundantSize": 0,
        },
    }
