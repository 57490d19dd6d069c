"""One move of an organization: what was asked for, who becomes whom, and where files go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from tests.organizations.model import Document, Documents

FILE_PATHS = {
    "profiles": ("resource",),
    "crawls": ("files[]", "qa.files[]", "qaFinished.*.files[]"),
    "collections": ("thumbnail", "indexFile"),
    "file_uploads": ("",),
}


@dataclass(frozen=True)
class Options:
    """How an import was asked to be, as in its spec."""

    name: str = ""
    slug: str = ""
    storage: str = "default"
    """The target's storage that stands for every storage that the mapping does not list."""
    storage_mapping: Mapping[str, str] = field(default_factory=dict)
    replicas: frozenset[str] = frozenset()
    """The target's replica storages; a replica stays where the mapping names one of them."""
    drop: frozenset[Literal["Webhooks", "Subscription", "Note"]] = frozenset()
    read_only: bool = False
    schedules: Literal["Suspend", "Keep"] = "Suspend"
    max_browser_windows: int = 8
    seed_files: bool = True
    crawl_logs: bool = True
    """Whether the export includes them."""
    files: bool = True
    accounts_before: frozenset[UUID] = frozenset()
    """Accounts that the target had before, which an import leaves as they are."""


@dataclass(frozen=True)
class Move:
    """One move: what was asked for, all of the source, and who becomes whom."""

    options: Options
    source: Documents
    people: Mapping[UUID, UUID]

    def storage(self, name: str) -> str:
        return self.options.storage_mapping.get(name, self.options.storage)

    def replicas(self, references: list[Document]) -> list[Document]:
        """The replicas that the target has, by their new names."""
        named = [{**each, "name": self.storage(each["name"])} for each in references]
        return [each for each in named if each["name"] in self.options.replicas]

    def map_person(self, holder: Document, *fields: str) -> None:
        for name in fields:
            if name in holder:
                holder[name] = self.people.get(holder[name], holder[name])

    def map_files(self, collection: str, document: Document) -> None:
        for file in files_of(collection, document):
            file["storage"] = {**file["storage"], "name": self.storage(file["storage"]["name"])}
            if file.get("replicas"):
                file["replicas"] = self.replicas(file["replicas"])

    def recorded_storages(self) -> dict[str, str]:
        """The storage of every object that a record names."""
        return {
            file["filename"]: file["storage"]["name"]
            for collection in FILE_PATHS
            for document in self.source[collection]
            for file in files_of(collection, document)
        }

    def arriving(self) -> Documents:
        """The source's documents without what does not arrive with its files: indexes in use, unwanted seed files."""
        kept = [{**each} for each in self.source["collections"]]
        for each in kept:
            if each.get("indexState") not in (None, "idle"):
                each["indexFile"] = None
        seed_files = self.source["file_uploads"] if self.options.seed_files else []
        return self.source | {"collections": kept, "file_uploads": seed_files}

    def clamp(self, document: Document) -> None:
        if document.get("browserWindows") is not None:
            document["browserWindows"] = min(document["browserWindows"], self.options.max_browser_windows)


def files_of(collection: str, document: Document) -> Iterator[Document]:
    for path in FILE_PATHS[collection]:
        yield from _files([document], path.split(".") if path else [])


def _files(holders: list[Any], steps: list[str]) -> Iterator[Document]:
    if not steps:
        yield from (holder for holder in holders if holder)
        return
    name, rest = steps[0], steps[1:]
    for holder in holders:
        if not holder:
            continue
        if name == "*":
            yield from _files(list(holder.values()), rest)
        elif name.endswith("[]"):
            yield from _files(holder.get(name[:-2]) or [], rest)
        else:
            yield from _files([holder.get(name)], rest)
