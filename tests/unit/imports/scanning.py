"""The preflight's reading of a JSON, in this process: what it finds, or how it fails."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest

from orgport.api.failures import Failure
from orgport.browsertrix.normalise import Options
from orgport.browsertrix.sections import SECTIONS
from orgport.browsertrix.settings import Settings
from orgport.browsertrix.upgrades import UpgradeContext
from orgport.stores.s3 import Bucket
from orgport.worker.import_details import Source
from orgport.worker.import_preparation import Preparation
from orgport.worker.import_references import References
from orgport.worker.import_scan import Scan, read_heading, read_through
from orgport.worker.places import Places
from tests.organizations import generate
from tests.organizations.exported import as_export, plain

CHUNK = 1 << 16
EXTRA = {"fileUploads": "file_uploads", "crawlLogs": "crawl_logs"}


class Text:
    """What a bucket gives of the one JSON that is in it."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    async def stream(self, _key: str, *, if_match: str | None = None) -> AsyncIterator[bytes]:
        for start in range(0, len(self._text), CHUNK):
            yield self._text[start : start + CHUNK]


def places_of(text: bytes) -> Places:
    location = cast(Bucket, Text(text))
    return Places("", (), Settings(), "location", "", 1, None, AsyncExitStack(), location)


def scan(text: bytes, sha256: str | None = None, version: str | None = None) -> Scan:
    """Everything that a preflight finds in the JSON; `sha256` is its manifest's, `version` the target's."""
    places, source = places_of(text), Source(title="export.json", database="export.json", sha256=sha256)

    async def read() -> Scan:
        heading = await read_heading(places, source)
        context = UpgradeContext(org_id=heading.id, source_sha256="0" * 64, target_version=version or "")
        preparation = Preparation(heading.version, context, places.settings, Options())
        found = Scan(source, heading, preparation, References(str(heading.id), ()))
        try:
            await read_through(places, found, None)
        finally:
            found.references.needed.close()
        return found

    return asyncio.run(read())


def refused(text: bytes, sha256: str | None = None) -> Failure:
    """How reading the JSON fails, as it must; whatever the reason, it says what is wrong and what to do."""
    with pytest.raises(Failure) as caught:
        scan(text, sha256)
    assert caught.value.is_final
    assert caught.value.message
    assert caught.value.suggestion
    return caught.value


def whole_export() -> dict[str, Any]:
    """An export with documents in every section, some of them held, and its statement."""
    made = generate(seed=3, items=4, pages=6, objects=10, workflows=3, collections=2, profiles=1, neighbour=False)
    export = as_export(made)
    data = export["data"]
    held = {"pages": [{"rule": "url", "document": {**data["pages"].pop(), "url": "about:blank"}}]}
    data["held"] = held
    data |= {name: [plain(each) for each in made.documents[collection]] for name, collection in EXTRA.items()}
    assert {section.name for section in SECTIONS} <= data.keys()
    counts = {name: len(value) for name, value in data.items() if isinstance(value, list)} | {"held.pages": 1}
    return {**export, "orgport": {"formatVersion": 1, "counts": counts}}


def organization(**members: Any) -> dict[str, Any]:
    """The least that an export can say of its organization."""
    return {
        "_id": "4c880741-c1b7-47ae-b825-3fb15d52a760",
        "name": "Acme",
        "slug": "acme",
        "storage": {"name": "default", "custom": False},
        **members,
    }


def export_of(sections: Mapping[str, Any], version: str = "0058") -> bytes:
    """The JSON of these sections; an organization is added unless there is one."""
    return json.dumps({"data": {"dbVersion": version, "org": organization(), **sections}}).encode()
