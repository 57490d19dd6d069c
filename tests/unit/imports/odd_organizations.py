"""Organizations such as no generator of tidy ones makes: members missing, null, of former versions, or oddly filled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from orgport.browsertrix.organization_model import DEFAULTS
from orgport.browsertrix.sections import (
    COLLECTIONS,
    CRAWL_LOGS,
    EXTRA_SECTIONS,
    ITEMS,
    PAGES,
    PROFILES,
    REVISIONS,
    SEED_FILES,
    UPSTREAM_SECTIONS,
    WORKFLOWS,
    Section,
)
from orgport.browsertrix.states import IN_FLIGHT
from tests.unit.browsertrix.samples import INSTANT, OID, OTHER, file, filled, ref
from tests.unit.imports.round_trip import Stored

Document = dict[str, Any]
MEMBERS = {UUID(int=number << 64): role for number, role in ((1, 40), (2, 20), (3, 10))}
ACCOUNTS = [{"id": each, "name": f"Person {role}", "email": f"p{role}@example.org"} for each, role in MEMBERS.items()]

LOOKS = (
    *(str(OID), str(OTHER), OTHER.hex, "2024-07-01T17:26:10Z", "2024-07-01T17:26:10.123000Z", "0058"),
    *("", "null", "NaN", '"', "\\", "\n", "\u2028", "\x00", "},\n{", "é\u0301", "🗄", "ſt", "\ufeff", "-0", "1e5"),
)
texts = st.sampled_from(LOOKS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
numbers = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([2**31, 2**53 + 1, 10**18, -1, 0])
doubles = st.floats() | st.sampled_from([1.0, -0.0, 1e16, 1e22, 5e-324, float("nan"), float("inf")])
instants = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 30)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)
scalars = st.none() | st.booleans() | numbers | doubles | texts | st.uuids() | instants
names = st.sampled_from(
    ["notes ", "isPublic2", "runNow", "def_storage_name", "presignedUrl", "expireAt", "_old", "x y"]
)
free = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(texts.map(lambda name: name.replace("\x00", "0")), inner, max_size=3)
    ),
    max_leaves=5,
)
"""Anything that a database can hold."""


def _item(draw: st.DrawFn) -> Document:
    kind = draw(st.sampled_from(["crawl", "upload"]))
    form = draw(st.sampled_from(["upload-{}", "{}", "manual-{}"]))
    made: Document = {"_id": form.format(draw(st.uuids())), "type": kind}
    made |= {"oid": OID, "userid": OTHER, "started": INSTANT, "state": "complete", "files": [file("a.wacz")]}
    return made | ({"name": "U"} if kind == "upload" else {"cid": OTHER, "config": {}, "crawlerChannel": "default"})


def _simple(**members: Any) -> Callable[[st.DrawFn], Document]:
    return lambda draw: {"_id": draw(st.uuids()), **deepcopy(members)}


LEAST: Mapping[Section, Callable[[st.DrawFn], Document]] = {
    PROFILES: _simple(oid=OID, userid=OTHER, name="P", origins=[]),
    WORKFLOWS: _simple(oid=OID, config={}, created=INSTANT, crawlerChannel="default"),
    REVISIONS: _simple(cid=OTHER, config={}, modified=INSTANT),
    ITEMS: _item,
    PAGES: _simple(oid=OID, crawl_id="manual-1", url="https://example.org/"),
    COLLECTIONS: _simple(oid=OID, name="C", slug="c"),
    SEED_FILES: _simple(oid=OID, userid=OTHER, type="seedFile", **file("seeds.txt")),
    CRAWL_LOGS: _simple(oid=OID, crawlId="manual-1", timestamp=INSTANT, details=None),
}
"""What a document of each section has at least."""

RESTLESS: Mapping[Section, frozenset[str]] = {
    PROFILES: frozenset({"inUse"}),
    WORKFLOWS: frozenset({"isCrawlRunning", "lastCrawlState", "crawlerChannel", "proxyId", "browserWindows", "scale"}),
    REVISIONS: frozenset({"browserWindows", "scale"}),
    ITEMS: frozenset({"state", "finished", "qa", "isMigrating", "crawlerChannel", "browserWindows", "scale"}),
    COLLECTIONS: frozenset({"slug", "indexState", "indexFile", "indexStats", "indexLastSavedAt", "indexDiskSpaceUsed"}),
}
"""The members that an import may change, because they are true only where they come from."""


def members_of(section: Section) -> list[str]:
    """The members of the section's documents that have a type."""
    return sorted(filled(section).keys() - {"_id", "oid"})


@st.composite
def odd_documents(draw: st.DrawFn, section: Section, *, at_rest: bool) -> Document:
    """A document of which any member may be absent, null, as it should be, or anything at all."""
    made, whole = LEAST[section](draw), filled(section)
    restless = RESTLESS.get(section, frozenset())
    for name in draw(st.lists(st.sampled_from(members_of(section)), max_size=4, unique=True)):
        if at_rest and name in restless:
            continue
        choice = draw(st.sampled_from(["absent", "null", "typed", "typed", "anything"]))
        if choice == "absent":
            made.pop(name, None)
        else:
            made[name] = None if choice == "null" else whole[name] if choice == "typed" else draw(free)
    if not at_rest:
        made |= draw(_unrest(section))
    elif made.get("type") == "crawl":
        made.setdefault("crawlerChannel", "default")  # an upload that was made a crawl has none
    return made | draw(st.dictionaries(names, free, max_size=2))


def _unrest(section: Section) -> st.SearchStrategy[Document]:
    kinds: dict[Section, dict[str, Any]] = {
        PROFILES: {"inUse": st.booleans()},
        WORKFLOWS: {"isCrawlRunning": st.booleans(), "scale": st.none() | st.integers(0, 9), "proxyId": st.just("p")},
        REVISIONS: {"browserWindows": st.none() | st.integers(0, 20)},
        ITEMS: {"state": st.sampled_from(sorted(IN_FLIGHT)), "qa": st.none() | st.just({"id": "qa"})},
        COLLECTIONS: {"indexState": st.sampled_from(["ready", "idle", None]), "indexFile": st.just(file("index"))},
    }
    return st.fixed_dictionaries({}, optional=kinds.get(section, {}))


@st.composite
def odd_organizations(draw: st.DrawFn, *, at_rest: bool) -> Stored:
    """An organization with some documents in some sections."""
    documents: dict[Section, list[Document]] = {}
    for section in draw(st.lists(st.sampled_from([*UPSTREAM_SECTIONS, *EXTRA_SECTIONS]), max_size=4, unique=True)):
        one = odd_documents(section, at_rest=at_rest)
        documents[section] = draw(st.lists(one, max_size=3, unique_by=lambda document: str(document["_id"])))
    return Stored(draw(_organization()), ACCOUNTS, documents)


@st.composite
def _organization(draw: st.DrawFn) -> Document:
    made: Document = {"_id": OID, "name": draw(texts) or "x", "slug": draw(texts) or "x", "storage": ref("default")}
    made["users"] = {str(member): role for member, role in MEMBERS.items()}
    for name in draw(st.lists(st.sampled_from(sorted(DEFAULTS.keys() - made.keys())), max_size=8, unique=True)):
        made[name] = draw(st.sampled_from([None, deepcopy(DEFAULTS[name])]))
    made |= draw(st.fixed_dictionaries({}, optional=FILLED))
    return made | draw(st.dictionaries(names, free, max_size=1))


FILLED: dict[str, st.SearchStrategy[Any]] = {
    "note": texts,
    "created": instants,
    "usage": st.dictionaries(st.just("2024-07"), st.integers(0, 2**62)),
    "storageReplicas": st.just([ref("replica"), {"name": "gone"}]),
    "quotas": st.just({"storageQuota": 2**40, "maxPagesPerCrawl": None, "old": 1}),
    "publicUrl": st.sampled_from(["", "https://example.org/"]),
    "crawlingDefaults": st.fixed_dictionaries({"lang": texts, "profileid": st.none() | st.uuids()}),
    "subscription": st.fixed_dictionaries(
        {"subId": texts, "status": texts, "planId": texts, "futureCancelDate": st.none() | instants}
    ),
    "webhookUrls": st.just({"crawlStarted": "https://hooks.example.org/", "gone": None}),
    "readOnly": st.booleans() | st.none(),
    "default": st.booleans(),
}
