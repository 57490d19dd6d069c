"""`python -m bench.mongo.ways WAY URI DATABASE ORGANIZATION FILE`: other ways to do what orgport does.

raw      read every document of the organization as the bytes that the server sends, and do nothing with them
dumps    write them as Browsertrix's own export does: decode each, and json.dumps it, by one coroutine
inserts  insert the pages of such a JSON one at a time, decoded from it, as Browsertrix's own import does

Each prints how many documents, or bytes, it has seen.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorDatabase

SECTIONS = ("profiles", "crawl_configs", "crawls", "pages", "collections")
MOST_INSERTS = 20_000

Db = AsyncIOMotorDatabase[dict[str, Any]]


class Serializer(json.JSONEncoder):
    """UUIDs and dates as text."""

    def default(self, o: Any) -> Any:
        if isinstance(o, datetime):
            return o.isoformat().replace("+00:00", "Z")
        return str(o) if isinstance(o, UUID) else super().default(o)


async def raw(database: Db, organization: UUID, file: Path) -> int:
    size = 0
    for name in SECTIONS:
        async for batch in database[name].find_raw_batches({"oid": organization}):
            size += len(batch)
    return size


async def dumps(database: Db, organization: UUID, file: Path) -> int:
    count = 0
    with file.open("w") as output:
        for name in SECTIONS:
            async for line in lines(database, name, organization):
                output.write(line)
                count += 1
    return count


async def lines(database: Db, name: str, organization: UUID) -> AsyncIterator[str]:
    async for document in database[name].find({"oid": organization}):
        yield json.dumps(document, cls=Serializer) + "\n"


async def inserts(database: Db, organization: UUID, file: Path) -> int:
    count = 0
    with file.open() as source:
        for line in source:
            document = json.loads(line)
            if "crawl_id" in document:
                await database["inserted_pages"].insert_one(from_json(document))
                count += 1
            if count == MOST_INSERTS:
                break
    return count


def from_json(page: dict[str, Any]) -> dict[str, Any]:
    page |= {"_id": UUID(page["_id"]), "oid": UUID(page["oid"])}
    if page.get("ts"):
        page["ts"] = datetime.fromisoformat(page["ts"]).astimezone(UTC)
    return page


async def run(way: str, uri: str, name: str, organization: str, file: str) -> None:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(uri, uuidRepresentation="standard", tz_aware=True)
    ways = {"raw": raw, "dumps": dumps, "inserts": inserts}
    print(await ways[way](client[name], UUID(organization), Path(file)))


if __name__ == "__main__":
    asyncio.run(run(*sys.argv[1:]))
