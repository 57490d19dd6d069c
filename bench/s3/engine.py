"""`python -m bench.s3.engine SOURCE DESTINATION SOURCE_ENDPOINT DESTINATION_ENDPOINT`: orgport's engine as a process.

What the plan and files steps do, by the same functions and without an organization: both sides are listed and
compared, what lacks is copied with all that belongs to it, and both are listed and compared once more.
"""

from __future__ import annotations

import os
import sys

import uvloop

from orgport.api.plan import Leg
from orgport.api.reasons import Reason
from orgport.stores.s3 import Bucket, Connection, open_bucket
from orgport.transfer.journal import Journal
from orgport.transfer.probe import probe
from orgport.worker.context import Progress
from orgport.worker.folder_moving import Way, move

CONCURRENCY = 32


async def run(source: str, destination: str, source_endpoint: str, destination_endpoint: str) -> None:
    (from_bucket, _, from_prefix), (to_bucket, _, to_prefix) = (each.partition("/") for each in (source, destination))
    async with (
        open_bucket(connection(source_endpoint), from_bucket) as one,
        open_bucket(connection(destination_endpoint), to_bucket) as other,
    ):
        leg = await leg_of(one, other, from_prefix)
        way = Way(one, from_prefix, other, to_prefix, leg, Journal(other, "journal"), CONCURRENCY)
        moved = await move(way, Progress(Reason.COPYING_FILES))
        found = moved.verification
        print(f"{moved.copied} copied, {moved.present} present, {found.verified} verified, {found.size_only} by size")


async def leg_of(source: Bucket, destination: Bucket, prefix: str) -> Leg:
    sample = await anext(source.list(prefix), None)
    found = await probe(source, destination, sample, "probe/")
    return Leg(
        source="source",
        destination="destination",
        server_side=found.server_side,
        conditional=found.conditional,
        conditional_copy=found.conditional_copy,
        opaque=found.opaque,
    )


def connection(endpoint: str) -> Connection:
    return Connection(endpoint, "us-east-1", os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])


if __name__ == "__main__":
    uvloop.run(run(*sys.argv[1:]))
