"""What is broken in a JSON is told before anything is written to the database that it was meant for."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.browsertrix.sections import SECTIONS
from tests.integration.imports.running import Imports, everything, refused, steps
from tests.integration.imports.small import OID, as_json, small_export, small_files

pytestmark = pytest.mark.integration

Data = dict[str, Any]


def changed(change: Callable[[Data], object]) -> bytes:
    data = small_export()
    change(data)
    return as_json(data)


def put_in_page(**members: Any) -> bytes:
    return changed(lambda data: data["pages"][0].update(members))


def nested(levels: int) -> Any:
    return {"a": nested(levels - 1)} if levels else {}


WHOLE = as_json(small_export())
SPOILT: dict[str, tuple[bytes, str]] = {
    **{f"cut at {place}": (WHOLE[:place], "") for place in random.Random(4).sample(range(len(WHOLE)), 4)},
    "a byte order mark": (b"\xef\xbb\xbf" + WHOLE, "byte order mark"),
    "a section twice": (WHOLE[:-2] + b', "pages": []}}', "'pages' is there twice"),
    "20 MiB": (put_in_page(title="x" * (20 << 20)), "16 MiB"),
    "20 MiB once it is stored": (put_in_page(numbers=[1] * (2 << 20)), "16 MiB"),
    "200 levels": (put_in_page(deep=nested(200)), "100 levels"),
    "a name with NUL": (put_in_page(**{"a\0b": 1}), "NUL"),
    "an organization that nobody could list": (
        changed(lambda data: data["org"].update(quotas=7)),
        f"org {OID}: quotas",
    ),
}


def with_a_bad_date(name: str, path: str) -> tuple[bytes, str]:
    data = small_export()
    document = data["org"] if name == "org" else data[name][0]
    document[path] = "yesterday"
    return as_json(data), f"{name} {document['_id']}: {path} holds a text that is no date"


SPOILT |= {f"a date of {section.name}": with_a_bad_date(section.name, section.dates[0]) for section in SECTIONS}


async def test_whatever_is_broken_is_told_and_nothing_is_inserted(small: Imports) -> None:
    for name, (text, says) in SPOILT.items():
        small.put({"export.json": text})
        failure = await refused(small)
        assert failure["reason"] == "ExportCorrupt", name
        assert says in failure["message"], name
        assert failure["suggestion"], name


async def test_references_that_lead_elsewhere_are_told_and_nothing_is_inserted(small: Imports) -> None:
    for filename in (f"{OID}/../{small.target.exports}/a.wacz", f"{OID}//a", "99999999-9999-4999-8999-999999999999/a"):
        for section, member in (("profiles", "resource"), ("fileUploads", "")):
            data = small_export()
            document = data[section][0]
            (document[member] if member else document)["filename"] = filename
            small.put(small_files(data))
            failure = await refused(small)
            assert failure["reason"] == "ForeignKey"
            assert failure["keys"] == [f"{section}/{document['_id']} {member}: {filename}"]


async def test_a_json_that_was_replaced_since_the_plan_is_not_imported(small: Imports) -> None:
    run = steps(small)
    await run.begin()
    before = everything(small)
    other = json.loads(WHOLE)
    other["data"]["pages"][0]["title"] = "another"
    small.put({"export.json": json.dumps(other).encode()})
    with pytest.raises(Failure) as caught:
        await run.do("database")
    assert caught.value.reason in (Reason.SOURCE_CHANGED, Reason.MANIFEST_MISMATCH)
    assert everything(small) == before
