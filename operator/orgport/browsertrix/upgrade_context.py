"""What upgrades of one export must know of other documents than the one at hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from orgport.browsertrix.paths import Document


@dataclass(slots=True)
class PageCounts:
    """The pages of an item."""

    pages: int = 0
    files: int = 0
    errors: int = 0
    urls: set[int] = field(default_factory=set, repr=False)
    """Hashes of the URLs: a fraction of the memory that the URLs need."""


@dataclass
class UpgradeContext:
    """Facts of one export, gathered while its documents pass."""

    org_id: UUID
    source_sha256: str
    """Of the export: ids that are made anew derive from it, so that another try makes the same."""
    num_browsers: int = 2
    target_version: str = ""
    """The target's database version; empty: the latest that is known. Nothing is upgraded beyond it."""
    earliest_workflow: datetime | None = None
    seeds: dict[UUID, tuple[str | None, int | None]] = field(default_factory=dict, repr=False)
    """First seed and number of seeds of each workflow."""
    slugs: dict[str, UUID] = field(default_factory=dict, repr=False)
    """The collections' slugs as the database compares them, and whose they are."""
    counts: dict[str, PageCounts] = field(default_factory=dict, repr=False)
    """Pages per item; empty without a survey."""
    surveyed: bool = False
    logs: list[Document] = field(default_factory=list, repr=False)

    def count_page(self, page: Document) -> None:
        """Count a page for its item."""
        self.surveyed = True
        counts = self.counts.setdefault(page["crawl_id"], PageCounts())
        is_file, is_error = page_kind(page)
        counts.pages += 1
        counts.files += is_file
        counts.errors += is_error
        counts.urls.add(hash(page.get("url")))

    def take_logs(self) -> list[Document]:
        """Documents for `crawl_logs` that upgraded items held so far; each is given once."""
        logs, self.logs = self.logs, []
        return logs

    def new_id(self, path: str) -> UUID:
        """The id of what is made from the export's member at that path: the same whenever it is made."""
        return uuid5(UUID(self.source_sha256[:32]), path)


def page_kind(page: Document) -> tuple[bool, bool]:
    """Whether a page is a file (not a web page), and whether it could not be loaded, from how its loading ended."""
    state, mime = page.get("loadState"), page.get("mime")
    untitled = page.get("title") is None and page.get("status") == 200
    is_file = state == 2 and (bool(mime and "html" not in mime) or untitled)
    return is_file, state == 0
