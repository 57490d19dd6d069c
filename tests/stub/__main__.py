"""The stub as a process: `python -m tests.stub PORT BUCKETS`.

BUCKETS is JSON: by name, {} for an empty bucket, or {"prefix", "end", "leftOut"} for one that lists what `MadeUp`
makes. Of what is put into a bucket, the bytes are not kept above a MiB.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from tests.stub.http import serving
from tests.stub.listing import MadeUp
from tests.stub.store import Stub


def stub_of(buckets: dict[str, Any]) -> Stub:
    stub = Stub(keeps=lambda key, size: size <= 2**20)
    for name, made_up in buckets.items():
        shelf = stub.shelf(name)
        if made_up:
            shelf.made_up = MadeUp(made_up["prefix"], made_up["end"], tuple(made_up["leftOut"]))
    return stub


async def serve(port: int, buckets: dict[str, Any]) -> None:
    async with serving(stub_of(buckets), port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), json.loads(sys.argv[2])))
