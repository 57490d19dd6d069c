"""Records out of a database into a JSON, and back: orgport beside other ways, in one run.

`python -m bench database [PAGES [ITEMS [ROUNDS]]]`: a made-up organization in a server that keeps all in memory
(`mongo/memory.py`), then its export and import by `orgport run`, each a process of its own, and the ways of
`mongo/ways.py`. Processor and memory are the client's.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from bench.mongo.ways import MOST_INSERTS
from bench.usage import Usage, measured
from tests import servers
from tests.organizations import Installation, Organization, Store, fresh, generate

FLAT = 10
"""Memory is measured once more with so many times fewer pages."""


@dataclass
class Bench:
    """Two installations on the same servers, an organization in the first, and what was measured."""

    source: Installation
    target: Installation
    organization: Organization
    folder: Path
    figures: dict[str, list[Usage]] = field(default_factory=dict)

    @property
    def documents(self) -> int:
        names = ("profiles", "crawl_configs", "configs_revs", "crawls", "pages", "collections", "crawl_logs")
        return sum(len(self.organization.documents[name]) for name in names)

    def round(self, number: int) -> None:
        """Every way once."""
        for way in ("raw", "dumps"):
            self._other(way)
        self._orgport("export", self.source, export_of(self.source, self.organization, f"bench-{number}"))
        self._orgport("import", self.target, import_of(self.source, self.target, f"bench-{number}"))
        self._other("inserts")
        self.target = fresh(self.target.store, self.target.mongo.uri)

    def _orgport(self, way: str, installation: Installation, resource: dict[str, Any]) -> None:
        file = self.folder / "run.yaml"
        file.write_text(yaml.safe_dump_all([*installation.resources().values(), resource]))
        self._measure(way, [sys.executable, "-m", "orgport", "run", "-f", file])

    def _other(self, way: str) -> None:
        mongo = self.target.mongo if way == "inserts" else self.source.mongo
        arguments = [way, mongo.uri, mongo.name, self.organization.id, self.folder / "lines.json"]
        self._measure(way, [sys.executable, "-m", "bench.mongo.ways", *arguments])

    def _measure(self, way: str, command: list[object]) -> None:
        usage = measured(command, self.folder / f"{way}.log")
        print(f"  {way}: {usage.wall:.1f} s, {usage.cpu:.1f} s of processor, {usage.peak:.0f} MiB", flush=True)
        self.figures.setdefault(way, []).append(usage)


def export_of(source: Installation, organization: Organization, name: str) -> dict[str, Any]:
    spec = {
        "org": {"slug": organization.slug},
        "source": source.place(),
        "destination": source.location("bench/"),
        "content": ["Database"],
    }
    return resource("OrgExport", name, spec)


def import_of(source: Installation, target: Installation, name: str) -> dict[str, Any]:
    place = {**source.location("bench/"), "export": name}
    return resource("OrgImport", name, {"source": place, "target": target.place(), "content": ["Database"]})


def resource(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "orgport.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


@contextmanager
def bench_of(pages: int, items: int) -> Iterator[Bench]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="orgport-bench-")))
        store = stack.enter_context(servers.minio(folder / "minio"))
        uri = stack.enter_context(memory(folder))
        s3 = Store(store.endpoint, store.access_key, store.secret_key)
        source, target = fresh(s3, uri), fresh(s3, uri)
        organization = generate(seed=1, items=items, pages=pages, objects=items, mean_size=64, neighbour=False)
        source.seed(organization, strangers=False)
        target.put(organization.objects)
        yield Bench(source, target, organization, folder)


@contextmanager
def memory(folder: Path) -> Iterator[str]:
    with servers.module("bench.mongo.memory", folder) as address:
        yield f"mongodb://{address}/"


def table(bench: Bench, small: Bench) -> Iterator[str]:
    """Rows of Markdown: medians."""
    inserts = min(MOST_INSERTS, len(bench.organization.documents["pages"]))
    yield "| way | documents/s | processor, s per million documents | peak memory, MiB |"
    yield "|---|---|---|---|"
    for way, usages in bench.figures.items():
        count = inserts if way == "inserts" else bench.documents
        rate, cost = count / median(each.wall for each in usages), median(each.cpu for each in usages) / count * 1e6
        yield f"| {way} | {rate:,.0f} | {cost:.1f} | {median(each.peak for each in usages):.0f} |"
    yield ""
    yield from memories(bench, small)


def memories(bench: Bench, small: Bench) -> Iterator[str]:
    for way in ("export", "import"):
        few, many = (median(each.peak for each in of.figures[way]) for of in (small, bench))
        yield f"* {way}: {few:.0f} MiB at {small.documents:,} documents, {many:.0f} MiB at {bench.documents:,}"


def main(pages: str = "1000000", items: str = "20000", rounds: str = "1") -> None:
    """Measure, and print the table."""
    with bench_of(int(pages) // FLAT, int(items) // FLAT) as small:
        small.round(1)
    with bench_of(int(pages), int(items)) as bench:
        for number in range(1, int(rounds) + 1):
            bench.round(number)
    print("\n".join(table(bench, small)))
