"""What Browsertrix's importer demands of the parts of documents: files, configurations, runs, notes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, HttpUrl
from pydantic.alias_generators import to_camel

Positive = Annotated[int, Field(strict=True, ge=1)]
ReviewStatus = Annotated[int, Field(strict=True, ge=1, le=5)]
NonEmpty = Annotated[str, Field(min_length=1)]
CollectionName = Annotated[str, Field(min_length=1, max_length=80)]
Texts = str | list[str] | None

Access = Literal["private", "unlisted", "public"]
IndexState = Literal["initing", "importing", "ready", "purging", "idle", "saving", "saved", "crawling"]
JobType = Literal["url-list", "seed-crawl", "custom"]
Scope = Literal["page", "page-spa", "prefix", "host", "domain", "any", "custom"]


class Rules(BaseModel):
    """Members that are not listed are free."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)


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
    original_filename: str
    mime: str
    userid: UUID
    user_name: str
    created: datetime


class IndexFileRules(FileRules):
    type: Literal["redis", "kvrocks"] = "kvrocks"


class IndexStatsRules(Rules):
    total_urls: int = 0
    dupe_urls: int = 0
    conserved_size: int = 0
    total_crawls: int = 0
    total_crawl_size: int = 0
    removed_crawls: int = 0
    removed_crawl_size: int = 0
    update_progress: float = 0
    unique_hashes: int = 0
    estimated_redundant_size: int = 0


class SourceRules(Rules):
    url: AnyHttpUrl
    url_ts: datetime
    url_page_id: UUID


class SeedRules(Rules):
    url: HttpUrl
    scope_type: Scope | None = None
    include: Texts = None
    exclude: Texts = None
    sitemap: bool | HttpUrl | None = None
    allow_hash: bool | None = None
    depth: int | None = None
    extra_hops: int | None = None


class ConfigRules(Rules):
    seeds: list[SeedRules] | None = None
    scope_type: Scope | None = None
    include: Texts = None
    exclude: Texts = None
    depth: int | None = None
    limit: int | None = None
    extra_hops: int | None = None
    lang: str | None = None
    block_ads: bool | None = None
    behavior_timeout: int | None = None
    page_load_timeout: int | None = None
    page_extra_delay: int | None = None
    post_load_delay: int | None = None
    workers: int | None = None
    headless: bool | None = None
    generate_wacz: bool | None = Field(default=None, alias="generateWACZ")
    combine_warc: bool | None = Field(default=None, alias="combineWARC")
    use_sitemap: bool | None = None
    use_robots: bool | None = None
    fail_on_failed_seed: bool | None = None
    fail_on_content_check: bool | None = None
    logging: str | None = None
    behaviors: str | None = None
    custom_behaviors: list[str] = []
    user_agent: str | None = None
    select_links: list[str] = []
    click_selector: str = ""
    always_add_behavior_links: bool | None = None
    save_storage: bool | None = None


class StatsRules(Rules):
    found: int = 0
    done: int = 0
    size: int = 0
    req_crawls: list[str] = Field(default=[], alias="req_crawls")


class DedupeStatsRules(Rules):
    unique_hashes: int = 0
    total_urls: int = 0
    dupe_urls: int = 0
    conserved_size: int = 0


class RunRules(Rules):
    userid: UUID
    user_name: str | None = None
    started: datetime
    state: str
    crawl_exec_seconds: int = 0
    image: str | None = None
    stats: StatsRules | None = None
    files: list[FileRules] = []
    file_size: int = 0
    file_count: int = 0


class QARunRules(RunRules):
    id: str


class NoteRules(Rules):
    id: UUID
    text: Annotated[str, Field(max_length=5000)]
    created: datetime
    userid: UUID
    user_name: str


class MatchRules(Rules):
    """How a page's replay compares with the crawl. What is no number (NaN) is exported as null."""

    screenshot_match: float | None = None
    text_match: float | None = None
    resource_counts: dict[str, int] | None = None
