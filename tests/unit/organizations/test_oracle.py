"""The stand-in for Browsertrix's importer takes what is right and says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.oracle import accepts
from tests.oracle.checks import Check
from tests.oracle.importer import sections, version
from tests.oracle.organizations import organization
from tests.organizations import generate
from tests.organizations.exported import as_export, as_json

Export = dict[str, Any]


@pytest.fixture(scope="module")
def good() -> Export:
    return as_export(generate(seed=2, items=6, objects=20, pages=40, neighbour=False))


def faults(export: Export) -> list[str]:
    return [str(violation) for violation in accepts(json.dumps(export).encode())]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("in_flight", [False, True])
def test_what_is_generated_would_be_taken(seed: int, in_flight: bool) -> None:
    assert accepts(as_json(generate(seed, in_flight=in_flight, no_number=in_flight))) == []


def test_what_browsertrix_would_refuse_is_refused() -> None:
    found = accepts(as_json(generate(unpresentable=True)))
    assert sorted(str(each).split(" ")[2].rstrip(":") for each in found) == ["name", "type", "url", "userid"]


def test_sections_that_the_importer_skips_may_be_anywhere_and_hold_anything(good: Export) -> None:
    data = {"before": 1, **good["data"], "fileUploads": [{"_id": 1}], "held": {"pages": [{}]}}
    assert faults({"first": [], "data": data, "manifest": {}}) == []


@pytest.mark.parametrize(
    "name", ["dbVersion", "org", "profiles", "workflows", "workflowRevisions", "items", "pages", "collections"]
)
def test_a_missing_section_is_told(good: Export, name: str) -> None:
    data = {each: value for each, value in good["data"].items() if each != name}
    assert faults({"data": data}) == [f"data.{name}: is missing"]


@pytest.mark.parametrize("name", ["dbVersion", "profiles", "items"])
def test_a_section_out_of_order_is_told(good: Export, name: str) -> None:
    data = {each: value for each, value in good["data"].items() if each != name} | {name: good["data"][name]}
    assert [fault[:30] for fault in faults({"data": data})] == ["data: has its members in the o"]


def put(section: str, **values: Any) -> Callable[[Export], None]:
    def change(export: Export) -> None:
        export["data"][section][0] |= values

    return change


def put_in_org(**values: Any) -> Callable[[Export], None]:
    def change(export: Export) -> None:
        export["data"]["org"] |= values

    return change


def remove(section: str, name: str) -> Callable[[Export], None]:
    def change(export: Export) -> None:
        del export["data"][section][0][name]

    return change


def put_in_upload(**values: Any) -> Callable[[Export], None]:
    def change(export: Export) -> None:
        next(item for item in export["data"]["items"] if item["type"] == "upload").update(values)

    return change


def bad_seed(export: Export) -> None:
    seeds = next(each for each in export["data"]["workflows"] if each["config"]["seeds"])["config"]["seeds"]
    seeds[0]["url"] = "ftp://example.org/"


def repeat_member(export: Export) -> None:
    org = export["data"]["org"]
    org["users"] = {org["userDetails"][0]["id"]: 40}


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (put("workflows", scale=None), "scale: None is no whole number up to 4"),
        (put("workflows", scale=5), "scale: 5 is no whole number up to 4"),
        (put("workflowRevisions", scale=5), "scale: 5 is no whole number up to 4"),
        (put("workflows", browserWindows=9), "browserWindows: 9 is not one of 1..8"),
        (put("workflows", browserWindows=2.0), "browserWindows: 2.0 is not one of 1..8"),
        (put("items", browserWindows=True), "browserWindows: True is not one of 1..8"),
        (put("items", reviewStatus="good"), "reviewStatus: 'good' is not one of 1..5"),
        (put("items", reviewStatus=6), "reviewStatus: 6 is not one of 1..5"),
        (put("items", type=None), "type: None is neither crawl nor upload"),
        (remove("items", "type"), "type: None is neither crawl nor upload"),
        (put("items", state=None), "state: None is no text"),
        (put_in_upload(name=""), "name: '' is no text of 1"),
        (put_in_upload(image="crawler"), "image: 'crawler' is not null"),
        (put("profiles", userid=None), "userid: None is no UUID"),
        (remove("profiles", "userid"), "userid: is missing"),
        (put("pages", url="about:blank"), "url: 'about:blank' is no http URL"),
        (put("pages", url="https://"), "url: 'https://' is no http URL"),
        (put("pages", _id="page-1"), "_id: 'page-1' is no UUID"),
        (put("pages", ts="yesterday"), "ts: 'yesterday' is no date"),
        (put("pages", notes=[{"id": "1"}]), "notes[0].text: is missing"),
        (put("collections", name="x" * 81), "is no text of 1 to 80 characters"),
        (put("collections", homeUrl="home"), "homeUrl: 'home' is no http URL"),
        (put("collections", access="secret"), "access: 'secret' is none of private, unlisted, public"),
        (put("collections", indexFile={"filename": "x"}), "indexFile.hash: is missing"),
        (bad_seed, "config.seeds[0].url: 'ftp://example.org/' is no http URL"),
        (put_in_org(name=""), "name: '' is no text of 1 to 50 characters"),
        (put_in_org(slug="a b"), "slug: 'a b' does not match"),
        (put_in_org(userDetails=None), "userDetails: None is no list"),
        (put_in_org(storage=None), "storage: None is no object"),
        (put_in_org(webhookUrls={"crawlStarted": "mailto:a@b.c"}), "webhookUrls.crawlStarted: 'mailto:a@b.c'"),
        (put_in_org(userDetails=[{"id": "x"}]), "userDetails[0].role: is missing"),
        (repeat_member, "is in `users` too"),
    ],
)
def test_what_ends_an_import_half_way_is_told(good: Export, break_it: Callable[[Export], None], says: str) -> None:
    broken = deepcopy(good)
    break_it(broken)
    assert any(says in fault for fault in faults(broken)), faults(broken)


SECTIONS: dict[str, Check] = {"dbVersion": version, "org": organization, **sections()}


@pytest.mark.parametrize("name", SECTIONS)
def test_every_rule_refuses_what_breaks_it_and_takes_what_does_not(name: str) -> None:
    check = SECTIONS[name]
    assert list(check(check.example())) == []
    bad = list(check.faulty())
    assert len(bad) > (100 if name not in ("dbVersion", "pages") else 3)
    unseen = [(path, value) for path, value in bad if path not in {fault.split(": ")[0] for fault in check(value)}]
    assert unseen == []


def test_a_bad_record_among_good_ones_is_told_with_its_section(good: Export) -> None:
    for name, check in sections().items():
        path, bad = next(iter(reversed(list(check.faulty()))))
        broken = deepcopy(good)
        broken["data"][name].append(bad)
        (fault,) = {fault.split(" ")[0] for fault in faults(broken)}
        assert fault == name, path


def test_a_member_given_twice_is_told(good: Export) -> None:
    text = json.dumps(good).replace('"crawl_id":', '"crawl_id": "x", "crawl_id":', 1)
    (violation,) = accepts(text.encode())
    assert violation.says == "has crawl_id twice"


@pytest.mark.parametrize("address", ["", "nobody", "x@host.local", "x@localhost", "a b@example.org"])
def test_an_address_that_no_account_can_have_is_told(good: Export, address: str) -> None:
    broken = deepcopy(good)
    broken["data"]["org"]["userDetails"][0]["email"] = address
    assert len(faults(broken)) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"\xef\xbb\xbf{}", "begins with a byte order mark"),
        (b'{"data": {"dbVersion": "0058",', "is no JSON"),
        (b'{"data": {"dbVersion": NaN}}', "NaN is no JSON"),
        (b'{"data": {"dbVersion": -Infinity}}', "-Infinity is no JSON"),
        (b'{"data": {"pages": [{},]}}', "is no JSON"),
        (b'{"data": "\xff"}', "is no JSON"),
        (b"[]", "has no object `data`"),
        (b'{"data": []}', "has no object `data`"),
    ],
)
def test_a_file_that_is_no_export_is_told(text: bytes, says: str) -> None:
    (violation,) = accepts(text)
    assert violation.where == "file"
    assert says in violation.says


def test_a_section_given_twice_is_told(good: Export) -> None:
    text = json.dumps(good)[:-2] + ', "pages": []}}'
    assert [str(each) for each in accepts(text.encode())] == ["data.pages: is there twice"]


def test_the_maxima_are_those_of_the_importing_installation(good: Export) -> None:
    text = json.dumps(good).encode()
    assert accepts(text, max_browser_windows=2) != []
    assert accepts(text, max_browser_windows=4) == []
