"""Copies between buckets: orgport beside rclone, s5cmd and aws, in one run.

`python -m bench sync [ROUNDS [ROW ...]]`: each row, round by round, by every tool in turn. Every tool begins with an
empty destination where the row does not say otherwise, and what it has lost is looked up after its first round.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.s3.canned import PREFIX, SOURCE
from bench.s3.losses import losses
from bench.s3.tools import TOOLS, Job, environment, install
from bench.usage import Usage, compared, measured
from tests import servers
from tests.organizations.buckets import Store
from tests.organizations.model import Object
from tests.servers import ObjectStore

MIB = 2**20
ODD = (
    "with space.wacz",
    "plus+percent%20.wacz",
    "ünï-ü.wacz",
    "emoji-😀.wacz",
    "quote'\".wacz",
    "trailing.",
    "a/b/c&d=e.wacz",
)


@dataclass(frozen=True)
class Row:
    """What is measured: the source's objects, and what the destination holds beforehand."""

    name: str
    title: str
    objects: Callable[[], dict[str, Object]]
    streamed: bool = False
    lacks: int | None = None
    """The destination has the source's objects but one of so many; 0: all. None: it has none."""


def made(body: bytes) -> Object:
    return Object(body, "application/wacz", {"crawl": "manual-1"}, {"kind": "wacz"})


def many() -> dict[str, Object]:
    return {f"{PREFIX}{number:06d}.wacz": Object(b"%d" % number) for number in range(100_000)}


def small() -> dict[str, Object]:
    names = [f"{number:05d}.wacz" for number in range(10_000 - len(ODD))]
    return {PREFIX + name: made(os.urandom(4096)) for name in (*names, *ODD)}


def wacz() -> dict[str, Object]:
    """A fifth of the sizes of a real organization: from 100 KB to 100 MB, half of them below 1 MB."""
    draw, block = random.Random(1), os.urandom(128 * MIB)
    sizes = [min(max(int(draw.lognormvariate(13.8, 1.2)), 100_000), 100 * MIB) for _ in range(1000)]
    return {f"{PREFIX}{number:04d}.wacz": made(block[number : number + size]) for number, size in enumerate(sizes)}


def large(count: int) -> Callable[[], dict[str, Object]]:
    block = b""

    def objects() -> dict[str, Object]:
        nonlocal block
        block = block or os.urandom(1024 * MIB)
        return {f"{PREFIX}{number}.wacz": made(block) for number in range(count)}

    return objects


ROWS = (
    Row("small", "10,000 x 4 KiB, server-side", small),
    Row("idle", "nothing to do at 100,000 keys", many, lacks=0),
    Row("changed", "1 % of 100,000 keys is new", many, lacks=100),
    Row("wacz", "1,000 WACZ files, median 1 MB, some in parts, server-side", wacz),
    Row("large", "4 x 1 GiB in parts, server-side", large(4)),
    Row("stream", "2 x 1 GiB between two endpoints", large(2), streamed=True),
)


@dataclass
class Bench:
    """Two servers."""

    one: ObjectStore
    other: ObjectStore
    folder: Path
    figures: dict[tuple[str, str], list[Usage]] = field(default_factory=dict)
    lost: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)

    def measure(self, row: Row, rounds: int) -> None:
        """The tools in turn; those that find nearly everything there share a destination."""
        source, target = store_of(self.one), self.other if row.streamed else self.one
        objects = row.objects()
        fill(source, SOURCE, objects, at_once=row.lacks is not None)
        if row.lacks is not None:
            fill(store_of(target), row.name, objects, at_once=True)
        for number in range(rounds):
            for tool in TOOLS:
                self._once(row, tool, source, target, number)
        empty(source, SOURCE)

    def _once(self, row: Row, tool: str, source: Store, server: ObjectStore, number: int) -> None:
        bucket, target = row.name if row.lacks is not None else f"{row.name}-{tool}-{number}", store_of(server)
        job = Job(f"{SOURCE}/{PREFIX}", f"{bucket}/{PREFIX}", self.one.endpoint, server.endpoint)
        command = TOOLS[tool](job)
        if command is None:
            return
        target.make_bucket(bucket)
        if row.lacks:
            target.delete(bucket, *target.keys(bucket, PREFIX)[:: row.lacks])
        usage = measured(command, self.folder / "tool.log", environment(), may_fail=tool != "orgport")
        print(f"  {row.name} {tool}: {usage.wall:.2f} s, {usage.cpu:.2f} s, {usage.peak:.0f} MiB", flush=True)
        self.figures.setdefault((row.name, tool), []).append(usage)
        if not number:
            failed = {"exit code": usage.code} if usage.code else {}
            self.lost[row.name, tool] = {**losses(source, job.source, target, job.destination), **failed}
        if row.lacks is None:
            empty(target, bucket)


def fill(store: Store, bucket: str, objects: dict[str, Object], *, at_once: bool) -> None:
    store.make_bucket(bucket)
    if at_once:
        store.unpack(bucket, {key: each.body for key, each in objects.items()})
    else:
        store.write(bucket, objects)


def store_of(server: ObjectStore) -> Store:
    return Store(server.endpoint, server.access_key, server.secret_key)


def empty(store: Store, bucket: str) -> None:
    with store.client() as client:
        keys = store.keys(bucket)
        for start in range(0, len(keys), 1000):
            doomed = [{"Key": key} for key in keys[start : start + 1000]]
            client.delete_objects(Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})


def table(bench: Bench, rows: list[Row]) -> Iterator[str]:
    yield "| row | tool | wall, s | ratio | processor, s | ratio | peak, MiB | lost |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in rows:
        base = bench.figures[row.name, "orgport"]
        for tool in (each for each in TOOLS if (row.name, each) in bench.figures):
            lost = ", ".join(f"{count} {name}" for name, count in bench.lost[row.name, tool].items()) or "nothing"
            title = row.title if tool == "orgport" else ""
            cells = [title, tool, *compared(bench.figures[row.name, tool], base), lost]
            yield f"| {' | '.join(cells)} |"


def main(rounds: str = "5", *names: str) -> None:
    """Measure the rows, all by default, and print the table."""
    install()
    rows = [row for row in ROWS if not names or row.name in names]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="orgport-bench-")))
        one, other = (stack.enter_context(servers.minio(folder / name)) for name in ("one", "other"))
        bench = Bench(one, other, folder)
        for row in rows:
            bench.measure(row, int(rounds))
    print("\n".join(table(bench, rows)))
