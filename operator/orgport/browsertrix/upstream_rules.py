"""What Browsertrix's importer demands of documents: the members it cannot do without, and the types of the others.

UUIDs and dates that a section's paths type are checked there; here only those that must not be missing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import AnyHttpUrl, Field

from orgport.browsertrix.organization_rules import OrganizationRules
from orgport.browsertrix.sections import COLLECTIONS, ORGANIZATION, PAGES, PROFILES, REVISIONS, WORKFLOWS, Section
from orgport.browsertrix.upstream_parts import (
    Access,
    CollectionName,
    ConfigRules,
    DedupeStatsRules,
    FileRules,
    IndexFileRules,
    IndexState,
    IndexStatsRules,
    JobType,
    MatchRules,
    NonEmpty,
    NoteRules,
    Positive,
    QARunRules,
    ReviewStatus,
    Rules,
    RunRules,
    SourceRules,
    ThumbnailRules,
)


class ProfileRules(Rules):
    oid: UUID
    userid: UUID
    name: str
    origins: list[str]
    description: str | None = None
    resource: FileRules | None = None
    created_by_name: str | None = None
    modified_by_name: str | None = None
    modified_crawl_id: str | None = None
    crawler_channel: str | None = None
    proxy_id: str | None = None
    in_use: bool = False
    tags: list[str] | None = None


class CrawlingRules(Rules):
    """What workflows, their revisions and crawls have in common."""

    config: ConfigRules
    schedule: str | None = None
    crawl_timeout: int | None = None
    max_crawl_size: int | None = None
    scale: Positive | None = None
    crawler_channel: str | None = None
    proxy_id: str | None = None


class WorkflowRules(CrawlingRules):
    oid: UUID
    created: datetime
    # The importer puts a number where there is none.
    browser_windows: Positive | None = None
    job_type: JobType | None = None
    tags: list[str] | None = None
    first_seed: str = ""
    seed_count: int = 0
    name: str | None = None
    description: str | None = None
    inactive: bool | None = None
    rev: int = 0
    crawl_attempt_count: int | None = None
    crawl_count: int | None = None
    crawl_successful_count: int | None = None
    total_size: int | None = None
    last_crawl_id: str | None = None
    last_crawl_state: str | None = None
    last_crawl_size: int | None = None
    is_crawl_running: bool | None = None
    crawl_filename_template: str | None = None
    shareable: bool | None = None
    created_by_name: str | None = None
    modified_by_name: str | None = None
    last_started_by_name: str | None = None


class RevisionRules(CrawlingRules):
    cid: UUID
    modified: datetime
    browser_windows: Positive | None = None
    rev: int = 0


class ItemRules(RunRules):
    oid: UUID
    name: str | None = None
    description: str | None = None
    tags: list[str] | None = None
    review_status: ReviewStatus | None = None
    page_count: int | None = None
    unique_page_count: int | None = None
    file_page_count: int | None = None
    error_page_count: int | None = None
    is_migrating: bool | None = None
    version: int | None = None
    requires_crawls: list[str] | None = None
    required_by_crawls: list[str] | None = None


class CrawlRules(ItemRules, CrawlingRules):
    cid: UUID
    browser_windows: Positive = 1
    job_type: JobType | None = None
    first_seed: str = ""
    seed_count: int = 0
    cid_rev: int = Field(default=0, alias="cid_rev")
    manual: bool = False
    stopping: bool | None = None
    should_pause: bool | None = None
    qa: QARunRules | None = None
    qa_finished: dict[str, QARunRules] | None = None
    qa_crawl_exec_seconds: int = 0
    pending_size: int = 0
    auto_paused_emails_sent: bool = False
    dedupe_stats: DedupeStatsRules | None = None


class UploadRules(ItemRules):
    name: NonEmpty
    image: None = None


class PageRules(Rules):
    oid: UUID
    crawl_id: str = Field(alias="crawl_id")
    url: AnyHttpUrl
    title: str | None = None
    load_state: int | None = None
    status: int | None = None
    mime: str | None = None
    filename: str | None = None
    depth: int | None = None
    fav_icon_url: str | None = None
    is_seed: bool | None = None
    is_file: bool | None = None
    is_error: bool | None = None
    approved: bool | None = None
    notes: list[NoteRules] = []
    qa: dict[str, MatchRules] | None = None


class CollectionRules(Rules):
    oid: UUID
    name: CollectionName
    # The importer makes a slug from the name where there is none.
    slug: str = ""
    description: str | None = None
    caption: str | None = None
    crawl_count: int | None = None
    page_count: int | None = None
    unique_page_count: int | None = None
    total_size: int | None = None
    tags: list[str] | None = None
    access: Access = "private"
    home_url: AnyHttpUrl | None = None
    thumbnail: ThumbnailRules | None = None
    thumbnail_source: SourceRules | None = None
    default_thumbnail_name: str | None = None
    allow_public_download: bool | None = None
    previous_slugs: list[str] = []
    index_file: IndexFileRules | None = None
    index_state: IndexState | None = None
    index_stats: IndexStatsRules | None = None
    index_disk_space_used: int | None = None


RULES: dict[Section, type[Rules]] = {
    ORGANIZATION: OrganizationRules,
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
