"""`python -m bench.s3.canned PORT COUNT MILLISECONDS`: a store of canned answers, each of which takes that long.

Its bucket has so many objects of 4 KiB. GET /-/asked says, as JSON, what was asked for since the last time.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from dataclasses import dataclass

import orjson
import uvloop

from tests.stub.content import Stretch
from tests.stub.http import Answer, Request, serving
from tests.stub.store import Stub

SOURCE, PREFIX = "source", "ae2ab026-0b53-4e7c-ba65-f0407a6e75f5/"
ASKED = "/-/asked"


@dataclass
class Canned:
    """The stub, from far away."""

    stub: Stub
    seconds: float

    async def __call__(self, request: Request) -> Answer:
        if request.target == ASKED:
            counts = Counter(operation for operation, _ in self.stub.calls)
            self.stub.calls.clear()
            return Answer(200, {}, orjson.dumps(counts))
        answer = await self.stub(request)
        if self.seconds:
            await asyncio.sleep(self.seconds)
        return answer


async def serve(port: int, count: int, milliseconds: float) -> None:
    stub = Stub(keeps=lambda key, size: False)
    for number in range(count):
        key = f"{PREFIX}{number:06d}.wacz"
        stub.shelf(SOURCE).put(key, (Stretch(key, 0, 4096),))
    async with serving(Canned(stub, milliseconds / 1000), port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
