"""File names as Browsertrix makes them, by default and by a workflow's own template."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

DEFAULT_TEMPLATE = "@ts-@hostsuffix.wacz"

TEMPLATES = (
    None,
    "weekly crawl @ts.wacz",
    "a+b=c&d @ts.wacz",
    "100% of @ts %2F %20.wacz",
    "Ærø 図書館 @ts.wacz",
    "cafe\u0301 (decomposed) @ts.wacz",
    "🗄 box @ts.wacz",
    "\uff5eafter the box in UTF-16 only @ts.wacz",
    "sub folder/deeper/@ts.wacz",
    "it's; #1, [x]{y}~!*()? @ts.wacz",
)
"""Templates of workflows: what S3 clients escape, and where UTF-8 and UTF-16 sort differently."""


def stamp(instant: datetime) -> str:
    """Fourteen digits and the milliseconds, as the crawler stamps its files."""
    return f"{instant:%Y%m%d%H%M%S}{instant.microsecond // 1000:03}"


def wacz_name(template: str | None, instant: datetime, workflow: UUID, index: int) -> str:
    text = template or DEFAULT_TEMPLATE
    suffix = f"{str(workflow)[:12]}-{index}"
    return text.replace("@ts", f"{stamp(instant)}-{index}").replace("@hostsuffix", suffix)


def upload_name(item: str, slug: str, suffix: str) -> str:
    return f"uploads/{item}-{slug}-{suffix}.wacz"


def qa_name(instant: datetime, run: str) -> str:
    return f"qa/{stamp(instant)}-{run}.wacz"


def profile_name(profile: UUID) -> str:
    return f"profiles/profile-{profile}.tar.gz"


def seed_file_name(seed_file: UUID, suffix: str) -> str:
    return f"seedFiles/seedFile-{seed_file}-{suffix}.txt"


def thumbnail_name(collection: UUID, suffix: str, extension: str) -> str:
    return f"images/-thumbnail-{collection}-{suffix}.{extension}"


def index_name(collection: UUID) -> str:
    return f"dedupe-index/{collection}"
