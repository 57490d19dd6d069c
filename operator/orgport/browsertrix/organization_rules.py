"""What Browsertrix demands of an organization: one that breaks a rule would break every listing of organizations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import AnyHttpUrl

from orgport.browsertrix.upstream_parts import NonEmpty, Rules, StorageRules

Seconds = dict[str, int]


class QuotaRules(Rules):
    storage_quota: int | None = 0
    max_exec_minutes_per_month: int | None = 0
    max_concurrent_crawls: int | None = 0
    max_pages_per_crawl: int | None = 0
    extra_exec_minutes: int | None = 0
    gifted_exec_minutes: int | None = 0


class QuotaUpdateRules(Rules):
    modified: datetime
    update: QuotaRules
    sub_event_id: str | None = None


class SubscriptionRules(Rules):
    sub_id: str
    status: str
    plan_id: str
    future_cancel_date: datetime | None = None
    read_only_on_cancel: bool = False


class CrawlingDefaultsRules(Rules):
    crawl_timeout: int | None = None
    max_crawl_size: int | None = None
    page_load_timeout: int | None = None
    post_load_delay: int | None = None
    behavior_timeout: int | None = None
    page_extra_delay: int | None = None
    block_ads: bool | None = None
    crawler_channel: str | None = None
    proxy_id: str | None = None
    lang: str | None = None
    user_agent: str | None = None
    exclude: list[str] | None = None
    custom_behaviors: list[str] = []


class OrganizationRules(Rules):
    name: NonEmpty
    slug: NonEmpty
    users: dict[str, int] = {}
    default: bool = False
    storage: StorageRules
    storage_replicas: list[StorageRules] = []
    custom_storages: dict[str, dict[str, Any]] = {}
    bytes_stored: int = 0
    bytes_stored_crawls: int = 0
    bytes_stored_uploads: int = 0
    bytes_stored_profiles: int = 0
    bytes_stored_seed_files: int = 0
    bytes_stored_thumbnails: int = 0
    bytes_stored_dedupe_indexes: int = 0
    usage: Seconds = {}
    crawl_exec_seconds: Seconds = {}
    qa_usage: Seconds = {}
    qa_crawl_exec_seconds: Seconds = {}
    monthly_exec_seconds: Seconds = {}
    extra_exec_seconds: Seconds = {}
    gifted_exec_seconds: Seconds = {}
    extra_exec_seconds_available: int = 0
    gifted_exec_seconds_available: int = 0
    quotas: QuotaRules = QuotaRules()
    quota_updates: list[QuotaUpdateRules] | None = None
    webhook_urls: dict[str, AnyHttpUrl | None] | None = None
    origin: AnyHttpUrl | None = None
    read_only: bool | None = None
    read_only_reason: str | None = None
    subscription: SubscriptionRules | None = None
    note: str | None = None
    allow_shared_proxies: bool = False
    allowed_proxies: list[str] = []
    crawling_defaults: CrawlingDefaultsRules | None = None
    enable_public_profile: bool = False
    public_description: str | None = None
    public_url: str | None = None
    feature_flags: dict[str, bool | None] = {}
