"""The objects that an import brings: an archive's, as inventory and listing agree, or those below a bare prefix."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.archive.inventory import InventoryLine, decode_line
from orgport.stores.s3 import Listed
from orgport.transfer.inventory import Entry
from orgport.transfer.merge import side_by_side
from orgport.worker.import_details import Source
from orgport.worker.places import Places

_ROOT = re.compile(r"(?:storages/[\w.-]+/|exports/[a-z0-9-]+/objects(?:-[0-9]+)?/(?:storages/[\w.-]+/)?)?")
MAX_LINE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Offered:
    """An object that the source has. `storage` is the source's name of the storage it was in, where that is known."""

    entry: Entry
    storage: str | None
    sha256: str


@dataclass
class Supply:
    """Everything that the source has of the organization. `roots` are prefixes, below each of which keys are sorted."""

    places: Places
    source: Source
    org_id: str
    roots: list[str] = field(default_factory=list)
    count: int = 0
    size: int = 0
    lost: list[str] = field(default_factory=list)
    """Objects of the inventory that the bucket lacks, or has with another size."""

    async def survey(self) -> None:
        """Read the inventory through once: MANIFEST_MISMATCH or EXPORT_CORRUPT if it is not to be relied on."""
        if self.source.inventory is None:
            self.roots = [""] if self.source.export is None else []
            return
        roots = {""}
        hash_ = hashlib.sha256()
        before: tuple[str, str] | None = None
        async for line, data in self._lines():
            hash_.update(data)
            self._check(line, before)
            before = line.order
            roots.add(line.at.removesuffix(line.key))
        if hash_.hexdigest() != self.source.inventory_sha256:
            raise Failure(Reason.MANIFEST_MISMATCH, f"{self._inventory_url} is not what the manifest says")
        # What lies apart comes first: there is little of it, and the rest is compared with it.
        self.roots = sorted(roots, reverse=True)

    async def offered(self, root: str) -> AsyncIterator[Offered]:
        """The objects below a root, sorted by key."""
        if self.source.inventory is None:
            async for item in self._listing(root):
                yield Offered(self._entry(root, item), None, "")
            return
        lines = (line async for line, _ in self._lines() if line.at.removesuffix(line.key) == root)
        start = self.places.location_prefix
        pairs = side_by_side(lines, self._listing(root), lambda line: start + line.at, lambda listed: listed.key)
        async for line, listed in pairs:
            if line is None:
                continue
            if listed is None or listed.size != line.size:
                self.lost.append(line.key)
                continue
            yield Offered(self._entry(root, listed), line.storage, line.sha256 or "")

    def _listing(self, root: str) -> AsyncIterator[Listed]:
        return self.places.location.list(f"{self.places.location_prefix}{root}{self.org_id}/")

    def _entry(self, root: str, listed: Listed) -> Entry:
        key = listed.key.removeprefix(self.places.location_prefix + root)
        return Entry(key, listed.key, listed.size, listed.etag)

    async def _lines(self) -> AsyncIterator[tuple[InventoryLine, bytes]]:
        assert self.source.inventory is not None
        rest = b""
        async for chunk in self.places.location.stream(self.source.inventory):
            *lines, rest = (rest + chunk).split(b"\n")
            for data in lines:
                yield decode_line(data), data + b"\n"
            if len(rest) > MAX_LINE_BYTES:
                break
        if rest:
            raise Failure(Reason.EXPORT_CORRUPT, f"{self._inventory_url} ends in the middle of a line")

    def _check(self, line: InventoryLine, before: tuple[str, str] | None) -> None:
        if before is not None and line.order <= before:
            raise Failure(
                Reason.EXPORT_CORRUPT, f"{self._inventory_url} is not sorted at {line.key!r}", keys=[line.key]
            )
        root = line.at.removesuffix(line.key)
        if not (line.key.startswith(f"{self.org_id}/") and line.at.endswith(line.key) and _ROOT.fullmatch(root)):
            raise Failure(
                Reason.EXPORT_CORRUPT,
                f"{self._inventory_url}: {line.key!r} at {line.at!r} is not the organization's",
                keys=[line.key],
            )

    @property
    def _inventory_url(self) -> str:
        return self.places.location.url(self.source.inventory or "")
