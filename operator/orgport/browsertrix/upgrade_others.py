"""Upgrades of the organization, profiles, pages and collections, and what is remembered of documents."""

from __future__ import annotations

from datetime import datetime

from orgport.browsertrix.languages import LANGUAGES
from orgport.browsertrix.paths import Document
from orgport.browsertrix.references import file_objects
from orgport.browsertrix.sections import COLLECTIONS, ITEMS, PROFILES, WORKFLOWS, Section
from orgport.browsertrix.slugs import folded, slugify_name
from orgport.browsertrix.upgrade_context import UpgradeContext, page_kind

SLUG_LENGTH = 80
LINK_FIELDS = ("crc32", "presignedUrl", "expireAt")
"""Members of file objects that are a cache of links, or checksums that were wrong."""


def remember(section: Section, document: Document, context: UpgradeContext) -> None:
    """Note what other documents' upgrades ask of this one."""
    if section is WORKFLOWS:
        created, earliest = document.get("created"), context.earliest_workflow
        if isinstance(created, datetime) and (earliest is None or created < earliest):
            context.earliest_workflow = created
    elif section is COLLECTIONS and isinstance(document.get("slug"), str) and document["slug"]:
        context.slugs.setdefault(folded(document["slug"]), document["_id"])


def date_organization(organization: Document, context: UpgradeContext) -> None:
    """The organization is as old as its first workflow."""
    if organization.get("created") is None and context.earliest_workflow is not None:
        organization["created"] = context.earliest_workflow


def replace_default_language(organization: Document, _context: UpgradeContext) -> None:
    """A language that is none becomes English, in the defaults for new workflows."""
    defaults = organization.get("crawlingDefaults")
    if defaults and defaults.get("lang") is not None and defaults["lang"] not in LANGUAGES:
        defaults["lang"] = "en"


def classify_page(page: Document, _context: UpgradeContext) -> None:
    """Say of a page whether it is a file and whether it could not be loaded."""
    page["isFile"], page["isError"] = page_kind(page)


def name_access(collection: Document, _context: UpgradeContext) -> None:
    """What was public then had no page of its own to be found on: today that is called unlisted."""
    public = collection.pop("isPublic", None)
    if not collection.get("access"):
        collection["access"] = "unlisted" if public else "private"


def make_slug(collection: Document, context: UpgradeContext) -> None:
    """A collection without slug gets one from its name; a number is added to one that is taken."""
    if collection.get("slug"):
        return
    identifier = collection["_id"]
    base = slugify_name(collection.get("name") or "")[:SLUG_LENGTH].strip("-") or f"collection-{str(identifier)[:8]}"
    slug, number = base, 1
    while context.slugs.setdefault(slug, identifier) != identifier:
        number += 1
        suffix = f"-{number}"
        slug = base[: SLUG_LENGTH - len(suffix)] + suffix
    collection["slug"] = slug


def drop_link_fields(document: Document, _context: UpgradeContext) -> None:
    """Of an item or a profile."""
    for section in (ITEMS, PROFILES):
        for _, file in file_objects(section, document):
            for field in LINK_FIELDS:
                file.pop(field, None)


def complete_filename(profile: Document, context: UpgradeContext) -> None:
    """The object always was below the organization's prefix; the record did not say so, and replicas were in vain."""
    resource = profile.get("resource")
    if resource and str(resource.get("filename")).startswith("profiles/"):
        resource["filename"] = f"{context.org_id}/{resource['filename']}"
        resource["replicas"] = []
