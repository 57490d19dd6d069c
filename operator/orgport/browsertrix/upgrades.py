"""What Browsertrix's migrations do to single documents, done to documents of an older export.

Order: `survey` every document first where `needs_survey` says so; then `upgrade` workflows before items, and the
organization after the workflows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from orgport.browsertrix import upgrade_items, upgrade_others, upgrade_workflows
from orgport.browsertrix.paths import Document
from orgport.browsertrix.sections import (
    COLLECTIONS,
    ITEMS,
    ORGANIZATION,
    PAGES,
    PROFILES,
    REVISIONS,
    WORKFLOWS,
    Section,
)
from orgport.browsertrix.upgrade_context import PageCounts as PageCounts
from orgport.browsertrix.upgrade_context import UpgradeContext as UpgradeContext

OLDEST = "0025"
"""The oldest database version whose exports are read (Browsertrix 1.9.0)."""
LATEST = "0058"
"""The newest version that is known (Browsertrix 1.24)."""
ALWAYS = "9999"

Apply = Callable[[Document, UpgradeContext], None]


class Rule(NamedTuple):
    """What is done to documents of versions before `version`; ALWAYS: to those of every version."""

    version: str
    section: Section
    apply: Apply


RULES = (
    Rule("0026", ITEMS, upgrade_items.number_review_status),
    Rule("0028", PAGES, upgrade_others.classify_page),
    Rule("0028", ITEMS, upgrade_items.count_files_and_errors),
    Rule("0031", ORGANIZATION, upgrade_others.date_organization),
    Rule("0033", WORKFLOWS, upgrade_workflows.rename_state),
    Rule("0033", ITEMS, upgrade_items.rename_state),
    Rule("0036", COLLECTIONS, upgrade_others.name_access),
    Rule(ALWAYS, COLLECTIONS, upgrade_others.make_slug),
    Rule("0040", ITEMS, upgrade_items.count_pages),
    Rule("0043", ITEMS, upgrade_others.drop_link_fields),
    Rule("0043", PROFILES, upgrade_others.drop_link_fields),
    Rule("0046", WORKFLOWS, upgrade_workflows.replace_language),
    Rule("0046", ITEMS, upgrade_workflows.replace_language),
    Rule("0046", ORGANIZATION, upgrade_others.replace_default_language),
    Rule("0047", WORKFLOWS, upgrade_workflows.count_windows),
    Rule("0047", REVISIONS, upgrade_workflows.count_windows),
    Rule("0047", ITEMS, upgrade_items.count_windows),
    Rule("0048", WORKFLOWS, upgrade_workflows.count_seeds),
    Rule("0048", ITEMS, upgrade_items.copy_seeds),
    Rule("0050", ITEMS, upgrade_items.move_logs),
    Rule("0051", WORKFLOWS, upgrade_workflows.drop_content_check),
    Rule("0052", PROFILES, upgrade_others.complete_filename),
    Rule("0054", WORKFLOWS, upgrade_workflows.drop_proxy),
)
"""In the order in which they are applied."""


def upgrade(section: Section, document: Document, version: str, context: UpgradeContext) -> None:
    """Bring a decoded document of an export of that version to `context.target_version`, in place.

    Log lines that become documents of their own are collected in the context: see `UpgradeContext.take_logs`.
    """
    upgrade_others.remember(section, document, context)
    for apply in _rules(section, version, context.target_version or LATEST):
        apply(document, context)


def needs_survey(version: str) -> bool:
    """Whether items of that version lack counts that only their pages know, which come after them."""
    return version < "0040"


def survey(section: Section, document: Document, context: UpgradeContext) -> None:
    """Gather from a decoded document what documents before it need. Without it items stay without page counts."""
    upgrade_others.remember(section, document, context)
    if section is PAGES:
        context.count_page(document)


@lru_cache(maxsize=64)
def _rules(section: Section, version: str, target: str) -> tuple[Apply, ...]:
    return tuple(
        rule.apply
        for rule in RULES
        if rule.section is section and (rule.version == ALWAYS or version < rule.version <= target)
    )
