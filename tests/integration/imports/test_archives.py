"""Archives that are pinned, incomplete, awaited, or not what their manifest says."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from orgport.api.reasons import Reason
from orgport.worker.local import parse_resource, run_locally
from tests.integration.conftest import Installations
from tests.integration.export.running import Exports
from tests.integration.imports.running import Imports, failed, succeeded
from tests.organizations import Object, Organization, generate

pytestmark = pytest.mark.integration


@dataclass
class Archived:
    """An organization, its archive, and an installation that it is to go to."""

    org: Organization
    imports: Imports
    result: dict[str, Any] = field(default_factory=dict)

    def key(self, part: str) -> str:
        return f"acme/exports/first/{part}"

    def read(self, part: str) -> bytes:
        assert self.imports.source is not None
        return self.imports.source.read_exported(self.key(part))

    def write(self, part: str, body: bytes) -> None:
        self.imports.put({f"exports/first/{part}": body})

    def remove(self, *keys: str) -> None:
        source = self.imports.source
        assert source is not None
        source.store.delete(source.exports, *keys)


@pytest.fixture
async def archived(installation: Installations) -> Archived:
    source = installation(former="old")
    org = generate(items=4, pages=20, objects=14, former="old", neighbour=False)
    source.seed(org)
    result = succeeded(await Exports(source).run(org))
    return Archived(org, Imports(installation(), source), result)


async def test_a_pinned_archive_is_imported(archived: Archived) -> None:
    source = {"export": "first", "manifestSHA256": archived.result["manifestSHA256"]}
    result = succeeded(await archived.imports.run(source=source))
    assert result["objects"] == archived.result["objects"]
    assert result["documents"] == archived.result["documents"]


async def test_another_archive_than_the_pinned_one_is_refused(archived: Archived) -> None:
    failure = failed(await archived.imports.run(source={"export": "first", "manifestSHA256": "0" * 64}))
    assert failure["reason"] == "ManifestMismatch"


@pytest.mark.parametrize("part", ["manifest.json", "org-export.json", "objects.ndjson"])
async def test_an_archive_that_lacks_a_part_is_incomplete(archived: Archived, part: str) -> None:
    archived.remove(archived.key(part))
    assert failed(await archived.imports.run())["reason"] == "ExportIncomplete"


async def test_an_archive_of_which_there_is_nothing_is_not_found(archived: Archived) -> None:
    assert failed(await archived.imports.run(source={"export": "second"}))["reason"] == "ExportNotFound"


@pytest.mark.parametrize("part", ["org-export.json", "objects.ndjson"])
async def test_a_part_of_the_same_size_with_other_bytes_is_refused(archived: Archived, part: str) -> None:
    body = archived.read(part)
    archived.write(part, body.replace(b"acme", b"ecma") if part == "org-export.json" else body.replace(b'":1', b'":2'))
    assert failed(await archived.imports.run())["reason"] == "ManifestMismatch"


async def test_a_part_of_another_size_is_refused(archived: Archived) -> None:
    archived.write("org-export.json", archived.read("org-export.json") + b"\n")
    assert failed(await archived.imports.run())["reason"] == "ManifestMismatch"


async def test_an_inventory_that_leads_elsewhere_is_refused(archived: Archived) -> None:
    lines = [json.loads(line) for line in archived.read("objects.ndjson").splitlines()]
    lines[0]["at"] = f"../{lines[0]['key']}"
    archived.write("objects.ndjson", b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    assert failed(await archived.imports.run())["reason"] in ("ExportCorrupt", "ManifestMismatch")


async def test_an_inventory_that_is_not_sorted_is_refused(archived: Archived) -> None:
    lines = archived.read("objects.ndjson").splitlines(keepends=True)
    archived.write("objects.ndjson", b"".join(reversed(lines)))
    failure = failed(await archived.imports.run())
    assert failure["reason"] == "ExportCorrupt"
    assert "is not sorted" in failure["message"]


async def test_objects_that_the_archive_lost_are_missing(archived: Archived) -> None:
    source = archived.imports.source
    assert source is not None
    lost = next(key for key in source.exported() if key.endswith(".wacz") and "lost and found" not in key)
    archived.remove(lost)
    failure = failed(await archived.imports.run())
    assert failure["reason"] == "ObjectsMissing"
    assert failure["keys"] == [lost[lost.index(str(archived.org.id)) :]]


async def test_objects_that_the_target_has_need_not_be_in_the_archive(archived: Archived) -> None:
    source = archived.imports.source
    assert source is not None
    archived.imports.target.put({key: Object(each.body) for key, each in archived.org.objects.items()})
    archived.remove(*(key for key in source.exported() if not key.startswith("acme/exports/")))
    assert any("gone" in warning for warning in succeeded(await archived.imports.run())["warnings"])


async def test_an_archive_is_waited_for(archived: Archived) -> None:
    manifest = archived.read("manifest.json")
    archived.remove(archived.key("manifest.json"))
    seen: list[Any] = []
    resource = archived.imports.resource(source={"export": "first", "waitSeconds": 600})
    run = asyncio.create_task(
        run_locally(
            parse_resource(resource),
            archived.imports.target.inputs(),
            lambda: datetime.now(UTC),
            lambda _step, progress: seen.append(progress),
        )
    )
    while not (seen and seen[0].stage is Reason.WAITING_FOR_ARCHIVE):
        await asyncio.sleep(0.05)
    archived.write("manifest.json", manifest)
    succeeded(await run)


async def test_an_archive_without_records_gives_its_files(installation: Installations) -> None:
    source = installation()
    org = generate(items=4, pages=20, objects=14, neighbour=False)
    source.seed(org)
    succeeded(await Exports(source).run(org, content=["Files"]))
    imports = Imports(installation(), source)
    assert failed(await imports.run("both"))["reason"] == "ExportIncomplete"
    assert succeeded(await imports.run(content=["Files"]))["organizationID"] == str(org.id)
    assert sorted(imports.target.keys(prefix=f"{org.id}/")) == sorted(org.objects)
