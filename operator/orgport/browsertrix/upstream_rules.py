"""What Browsertrix's importer demands of documents: the members it cannot do without, and the values it checks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, HttpUrl

from orgport.browsertrix.sections import COLLECTIONS, PAGES, PROFILES, REVISIONS, WORKFLOWS, Section

Positive = Annotated[int, Field(strict=True, ge=1)]
ReviewStatus = Annotated[int, Field(strict=True, ge=1, le=5)]
NonEmpty = Annotated[str, Field(min_length=1)]


class Rules(BaseModel):
    """Members that are not listed are free."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class StorageRules(Rules):
    name: str
    custom: bool | None = None


class FileRules(Rules):
    filename: str
    hash: str
    size: int
    storage: StorageRules
    replicas: list[StorageRules] | None = None


class ThumbnailRules(FileRules):
    original_filename: str = Field(alias="originalFilename")
    mime: str
    userid: UUID
    user_name: str = Field(alias="userName")
    created: datetime


class IndexFileRules(FileRules):
    type: Literal["redis", "kvrocks"] = "kvrocks"


class SourceRules(Rules):
    url: AnyHttpUrl
    url_ts: datetime = Field(alias="urlTs")
    url_page: UUID = Field(alias="urlPageId")


class SeedRules(Rules):
    url: HttpUrl


class ConfigRules(Rules):
    seeds: list[SeedRules] | None = None


class ProfileRules(Rules):
    name: str
    userid: UUID
    oid: UUID
    origins: list[str]
    resource: FileRules | None = None


class WorkflowRules(Rules):
    oid: UUID
    config: ConfigRules
    created: datetime
    # The importer fills a missing number of windows in, but compares a scale that is there, null too.
    browser_windows: Positive | None = Field(default=None, alias="browserWindows")
    scale: Positive | None = None


class RevisionRules(Rules):
    cid: UUID
    config: ConfigRules
    modified: datetime
    browser_windows: Positive | None = Field(default=None, alias="browserWindows")
    scale: Positive | None = None


class RunRules(Rules):
    userid: UUID
    started: datetime
    state: str
    stats: dict[str, Any] | None = None
    files: list[FileRules] = []


class QARunRules(RunRules):
    id: str


class ItemRules(RunRules):
    oid: UUID
    review_status: ReviewStatus | None = Field(default=None, alias="reviewStatus")


class CrawlRules(ItemRules):
    cid: UUID
    config: ConfigRules
    browser_windows: Positive = Field(default=1, alias="browserWindows")
    scale: Positive | None = None
    qa: QARunRules | None = None
    qa_finished: dict[str, QARunRules] | None = Field(default=None, alias="qaFinished")


class UploadRules(ItemRules):
    name: NonEmpty
    image: None = None


class NoteRules(Rules):
    id: UUID
    text: Annotated[str, Field(max_length=5000)]
    created: datetime
    userid: UUID
    user_name: str = Field(alias="userName")


class PageRules(Rules):
    oid: UUID
    crawl_id: str
    url: AnyHttpUrl
    title: str | None = None
    load_state: int | None = Field(default=None, alias="loadState")
    status: int | None = None
    mime: str | None = None
    notes: list[NoteRules] = []


class CollectionRules(Rules):
    name: NonEmpty
    oid: UUID
    access: Literal["private", "unlisted", "public"] = "private"
    home_url: AnyHttpUrl | None = Field(default=None, alias="homeUrl")
    thumbnail: ThumbnailRules | None = None
    thumbnail_source: SourceRules | None = Field(default=None, alias="thumbnailSource")
    index_file: IndexFileRules | None = Field(default=None, alias="indexFile")
    index_state: Literal["initing", "importing", "ready", "purging", "idle", "saving", "saved", "crawling"] | None = (
        Field(default=None, alias="indexState")
    )


RULES: dict[Section, type[Rules]] = {
    PROFILES: ProfileRules,
    WORKFLOWS: WorkflowRules,
    REVISIONS: RevisionRules,
    PAGES: PageRules,
    COLLECTIONS: CollectionRules,
}


def item_rules(kind: Any) -> type[Rules] | None:
    """The rules of items of that type; None for one that the importer passes over or dies of."""
    if kind == "crawl":
        return CrawlRules
    return UploadRules if kind == "upload" else None
