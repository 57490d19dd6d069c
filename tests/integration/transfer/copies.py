"""Objects, and their copies from bucket to bucket."""

from __future__ import annotations

import random

from orgport.api.plan import Leg
from orgport.stores.s3 import Bucket
from orgport.transfer.copying import Copied, CopyReport, copy_all, copy_object
from orgport.transfer.worklists import WorkItem
from orgport.worker.context import OpenFence
from tests.integration.transfer.conftest import Pair

STREAMED = Leg(source="a", destination="b", server_side=False, conditional=True)
SERVER_SIDE = Leg(source="a", destination="b", server_side=True, conditional=True)
LEGS = [SERVER_SIDE, STREAMED]
HEADERS = {
    "content-type": "application/wacz",
    "cache-control": "no-cache",
    "content-disposition": "attachment",
    "content-encoding": "gzip",
    "content-language": "de",
    "x-amz-meta-name": "value",
    "x-amz-tagging": "a=b&c=d%20e",
}
"""All that belongs to an object but its bytes."""


def ignore(_: object, __: object = None) -> None:
    return


async def item_of(bucket: Bucket, key: str) -> WorkItem:
    head = await bucket.head(key)
    assert head is not None
    return WorkItem(0, key, f"copy/{key}", head.size, head.etag)


async def copy_one(pair: Pair, key: str, leg: Leg) -> Copied:
    return await copy_object(pair.source, pair.destination, await item_of(pair.source, key), leg, ignore)


async def copy_many(pair: Pair, items: list[WorkItem], leg: Leg) -> CopyReport:
    return await copy_all(
        lambda _: pair.source,
        lambda _: pair.destination,
        items,
        [leg],
        concurrency=8,
        on_object=ignore,
        on_bytes=ignore,
        fence=OpenFence(),
    )


async def upload(bucket: Bucket, key: str, *sizes: int) -> bytes:
    headers = {"content-type": "application/wacz", "x-amz-meta-a": "b", "x-amz-tagging": "c=d"}
    parts = [random.Random(number).randbytes(size) for number, size in enumerate(sizes)]
    sending = await bucket.upload(key, headers)
    for number, part in enumerate(parts, 1):
        await sending.put(number, part, 0, len(part))
    await sending.complete()
    return b"".join(parts)
