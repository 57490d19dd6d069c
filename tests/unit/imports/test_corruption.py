"""Whatever is broken in a JSON is told with its place, and before anything is written."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.browsertrix.decoding import typed
from orgport.browsertrix.paths import slots, steps
from orgport.browsertrix.sections import COLLECTIONS, ORGANIZATION, PAGES, SECTIONS, Convert, Section, by_name
from tests.unit.browsertrix.samples import as_json, filled
from tests.unit.imports.layouts import LAYOUTS
from tests.unit.imports.scanning import export_of, organization, refused, scan, whole_export

TIMES = 100
ORG_ID = str(organization()["_id"])
STRANGE: tuple[Any, ...] = ("no such thing", 7, 2.5, True, ["x"], {"a": 1}, [], {})
EVERY_PATH = [(section, path, convert) for section in SECTIONS for path, convert in typed(section)]
every_path = pytest.mark.parametrize(
    ("section", "path", "convert"), EVERY_PATH, ids=lambda value: getattr(value, "name", value)
)


@pytest.fixture(scope="module", params=["a line each", "spread out"])
def text(request: pytest.FixtureRequest) -> bytes:
    export = whole_export()
    return LAYOUTS[request.param](export.pop("data"), **export)


def test_what_is_whole_is_read(text: bytes) -> None:
    found = scan(text, hashlib.sha256(text).hexdigest())
    assert set(found.runs) == {section.name for section in SECTIONS} - {"org"}
    assert not list(found.references.conflicts())


def test_a_json_that_ends_anywhere_is_refused(text: bytes) -> None:
    for length in random.Random(1).sample(range(len(text)), TIMES):
        failure = refused(text[:length])
        assert failure.reason is Reason.EXPORT_CORRUPT
        assert "export.json" in failure.message


def flipped(text: bytes, times: int) -> Iterator[bytes]:
    chance = random.Random(2)
    for _ in range(times):
        place, bit = chance.randrange(len(text)), 1 << chance.randrange(8)
        yield text[:place] + bytes([text[place] ^ bit]) + text[place + 1 :]


def test_whatever_byte_is_flipped_under_a_manifest_it_is_not_the_manifests_json(text: bytes) -> None:
    sha256 = hashlib.sha256(text).hexdigest()
    for changed in flipped(text, TIMES):
        assert refused(changed, sha256).reason is Reason.MANIFEST_MISMATCH


def test_a_byte_flipped_in_a_bare_json_is_refused_where_it_breaks_syntax_or_type(text: bytes) -> None:
    outcomes = [(changed, reason_of(changed)) for changed in flipped(text, 2 * TIMES)]
    assert {reason for _, reason in outcomes} == {None, Reason.EXPORT_CORRUPT}
    assert all(is_sound(json.loads(changed)["data"]) for changed, reason in outcomes if reason is None)


def reason_of(text: bytes) -> Reason | None:
    """Why the JSON is refused, if it is."""
    try:
        scan(text)
    except Failure as failure:
        return failure.reason
    return None


UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_sound(data: dict[str, Any]) -> bool:
    """Whether everything that has to be a UUID or a date is one."""
    documents = [(by_name[name], each) for name, rows in data.items() if isinstance(rows, list) for each in rows]
    return all(
        UUID_TEXT.fullmatch(value) if path in section.uuids else datetime.fromisoformat(value)
        for section, document in documents
        for path in (*section.uuids, *section.dates)
        for holder, key in slots(document, path)
        if (value := holder[key]) is not None
    )


def sample(section: Section) -> dict[str, Any]:
    """A document of the organization with a value at every path."""
    document = as_json(filled(section))
    return document | ({"_id": ORG_ID} if section is ORGANIZATION else {"oid": ORG_ID})


def refused_with(section: Section, document: Any) -> Failure:
    return refused(export_of({section.name: document if section is ORGANIZATION else [document]}, "0027"))


def is_wrong(convert: Convert, value: Any) -> bool:
    try:
        convert(value)
    except ValueError:
        return True
    return False


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_document_with_something_at_every_path_is_read(section: Section) -> None:
    document = sample(section)
    found = scan(export_of({section.name: document if section is ORGANIZATION else [document]}, "0027"))
    assert found.counted == ({} if section is ORGANIZATION else {section.name: 1})


@every_path
def test_another_type_at_any_path_is_refused_with_section_document_and_path(
    section: Section, path: str, convert: Convert
) -> None:
    wrong = [value for value in STRANGE if is_wrong(convert, value)]
    assert len(wrong) >= 4
    for value in wrong:
        document = sample(section)
        for holder, key in slots(document, path):
            holder[key] = deepcopy(value)
        failure = refused_with(section, document)
        assert failure.reason is Reason.EXPORT_CORRUPT
        assert section.name in failure.message
        if path != "_id":
            assert str(document["_id"]) in failure.message
            assert path.replace("[]", "") in failure.message


@every_path
def test_what_is_in_the_way_to_any_path_is_refused_with_section_and_document(
    section: Section, path: str, convert: Convert
) -> None:
    way = steps(path)
    for length in range(1, len(way)):
        above = ".".join(way[:length]).replace(".[]", "[]")
        wrong: tuple[Any, ...] = ("x", 7, True, [] if way[length] != "[]" else {})
        for value in wrong:
            document = sample(section)
            for holder, key in list(slots(document, above)):
                holder[key] = value
            failure = refused_with(section, document)
            assert failure.reason is Reason.EXPORT_CORRUPT
            assert f"{section.name} {document['_id']}: {above.replace('[]', '')}" in failure.message


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *[("quotas", "x"), ("quotas", {"storageQuota": "much"}), ("webhookUrls", [])],
        *[("webhookUrls", {"crawlStarted": 7}), ("usage", {"2024-07": "long"}), ("allowedProxies", 3)],
        *[
            ("featureFlags", {"dedupeEnabled": "maybe"}),
            ("subscription", {"subId": "s", "readOnlyOnCancel": "perhaps"}),
        ],
        *[("crawlingDefaults", {"exclude": "x"}), ("customStorages", [1]), ("note", 7), ("publicUrl", 7)],
        *[("quotaUpdates", [{"modified": "2024-07-01T00:00:00Z", "update": 3}]), ("storageReplicas", "replica")],
    ],
)
def test_an_organization_that_browsertrix_could_not_list_is_refused(member: str, value: Any) -> None:
    failure = refused(export_of({"org": organization(**{member: value})}))
    assert failure.reason is Reason.EXPORT_CORRUPT
    assert f"org {ORG_ID}: {member}" in failure.message


FOREIGN = (
    f"{ORG_ID}/../another/a.wacz",
    f"{ORG_ID}/./a.wacz",
    f"{ORG_ID}//a.wacz",
    "11111111-2222-4333-8444-555555555555/a.wacz",
    f"/{ORG_ID}/a.wacz",
    f"https://elsewhere.example.org/{ORG_ID}/a.wacz",
)
# a QA run under way does not arrive, whatever it names
FILES = [(section, path) for section in SECTIONS for path in section.files if not path.startswith("qa.")]


@pytest.mark.parametrize(("section", "path"), FILES, ids=lambda value: getattr(value, "name", value))
def test_a_reference_to_what_is_another_organizations_is_named(section: Section, path: str) -> None:
    for name in FOREIGN:
        document = sample(section) | ({"indexState": "idle"} if section is COLLECTIONS else {})
        for holder, key in slots(document, f"{path}.filename" if path else "filename"):
            holder[key] = name
        (conflict,) = scan(export_of({section.name: [document]})).references.conflicts()
        assert conflict.reason is Reason.FOREIGN_KEY
        assert f"{section.name}/{document['_id']} {path}: {name}" in conflict.keys


def nested(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(levels - 1):
        inner = {"a": inner}
    return inner


def page(**members: Any) -> dict[str, Any]:
    return {**sample(PAGES), **members}


SPOILT = {
    "a byte order mark": (b"\xef\xbb\xbf" + export_of({}), "byte order mark"),
    "a section twice": (export_of({})[:-2] + b', "pages": [], "pages": []}}', "'pages' is there twice"),
    "data twice": (export_of({})[:-1] + b', "data": {}}', "'data' is there twice"),
    "20 MiB": (export_of({"pages": [page(title="x" * (20 << 20))]}), "16 MiB"),
    "20 MiB once it is stored": (export_of({"pages": [page(numbers=[1] * (2 << 20))]}), "16 MiB"),
    "200 levels": (export_of({"pages": [page(deep=nested(199))]}), "100 levels"),
    "a name that no database takes": (export_of({"pages": [page(**{"a\0b": 1})]}), "NUL"),
    "a count that is not true": (
        json.dumps({**json.loads(export_of({"pages": [page()]})), "orgport": {"counts": {"pages": 2}}}).encode(),
        "pages has 1 documents, not the 2",
    ),
    "another organization's document": (export_of({"pages": [page(oid=str(page()["_id"]))]}), "another organization"),
    "no version": (json.dumps({"data": {"org": organization()}}).encode(), "data.dbVersion"),
    "no organization": (b'{"data": {"dbVersion": "0058"}}', "data.org"),
    "no name": (export_of({"org": organization(name=None)}), "name"),
}


@pytest.mark.parametrize(("text", "says"), SPOILT.values(), ids=SPOILT.keys())
def test_what_is_spoilt_is_told(text: bytes, says: str) -> None:
    failure = refused(text)
    assert failure.reason is Reason.EXPORT_CORRUPT
    assert says in failure.message


def test_a_held_document_may_hold_anything_but_an_id_that_is_none() -> None:
    odd: dict[str, Any] = {"oid": ORG_ID, "crawl_id": ["x"], "url": {}, "notes": 3, "cid": [], "schedule": 7}
    odd |= {"finished": "never", "type": "crawl", "state": ["x"], "files": 7, "slug": 8, "created": "once"}
    odd |= {"resource": {"filename": 1, "replicas": 3}, "filename": 5, "replicas": "x", "storage": 9, "config": "none"}
    for section in SECTIONS:
        if section is not ORGANIZATION:
            held = {section.name: [{"rule": "?", "document": {"_id": "odd", **odd}}]}
            assert scan(export_of({"held": held}, "0027")).counted == {f"held.{section.name}": 1}
            bad = {section.name: [{"rule": "?", "document": {"_id": ["odd"], **odd}}]}
            assert "no _id" in refused(export_of({"held": bad})).message
