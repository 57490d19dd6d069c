"""An organization's counters, from the records and the files that arrive with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orgport.browsertrix.paths import Document
from orgport.browsertrix.references import Reference, references
from orgport.browsertrix.sections import COLLECTIONS, ITEMS, PROFILES, SEED_FILES, Section

TOTAL = "bytesStored"
BYTES = tuple(TOTAL + kind for kind in ("Crawls", "Uploads", "Profiles", "SeedFiles", "Thumbnails", "DedupeIndexes"))


@dataclass
class Tally:
    """Bytes per kind, and when the last crawl finished."""

    arrived: Callable[[Reference], bool] = lambda _reference: True
    """Whether the object of a reference is there; one that is not takes no room."""
    sizes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BYTES, 0))
    last_crawl_finished: datetime | None = None

    def add(self, section: Section, document: Document) -> None:
        """Count a document as it is inserted."""
        for reference in references(section, document):
            if reference.size > 0 and self.arrived(reference):
                self.sizes[_counter(section, document, reference.path)] += reference.size
        if section is ITEMS and document.get("type") == "crawl":
            self._note_finish(document.get("finished"))

    def apply(self, organization: Document) -> None:
        """Set the counters, in place. When the last crawl finished is kept if the organization knows it."""
        organization |= {TOTAL: sum(self.sizes.values()), **self.sizes}
        if organization.get("lastCrawlFinished") is None:
            organization["lastCrawlFinished"] = self.last_crawl_finished

    def _note_finish(self, finished: Any) -> None:
        # a document that breaks Browsertrix's rules may hold anything
        if isinstance(finished, datetime) and (self.last_crawl_finished is None or finished > self.last_crawl_finished):
            self.last_crawl_finished = finished


def _counter(section: Section, document: Document, path: str) -> str:
    if section is ITEMS:
        return TOTAL + ("Uploads" if document.get("type") == "upload" else "Crawls")
    if section is COLLECTIONS:
        return TOTAL + ("Thumbnails" if path == "thumbnail" else "DedupeIndexes")
    return TOTAL + {PROFILES: "Profiles", SEED_FILES: "SeedFiles"}[section]
