"""The order in which sections go in, and how often the JSON is read for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orgport.browsertrix.sections import (
    COLLECTIONS,
    CRAWL_LOGS,
    ITEMS,
    PAGES,
    PROFILES,
    REVISIONS,
    SEED_FILES,
    WORKFLOWS,
    Section,
)

ORDER: tuple[Section, ...] = (PROFILES, WORKFLOWS, REVISIONS, ITEMS, PAGES, COLLECTIONS, SEED_FILES, CRAWL_LOGS)
"""Seed files come after what names them, and logs after the items: Browsertrix deletes what belongs to nothing."""

_RANKS = {section.name: rank for rank, section in enumerate(ORDER)}


def passes(runs: Iterable[str]) -> list[frozenset[str]]:
    """Which sections to take at each reading of a JSON whose sections follow each other like `runs`.

    A section that comes again (`held.` ones do) counts as often. An export in the usual order needs one reading.
    """
    present = [name for name in runs if name in _RANKS]
    groups: list[list[str]] = []
    for section in ORDER:
        if section.name not in present:
            continue
        if groups and _in_order(present, {*groups[-1], section.name}):
            groups[-1].append(section.name)
        else:
            groups.append([section.name])
    return [frozenset(group) for group in groups]


def _in_order(runs: Sequence[str], chosen: set[str]) -> bool:
    ranks = [_RANKS[name] for name in runs if name in chosen]
    return ranks == sorted(ranks)
