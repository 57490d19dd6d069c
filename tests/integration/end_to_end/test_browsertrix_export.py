"""Browsertrix's own export of version 0027, with objects of the recorded sizes: in, and out again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from orgport.worker.local import parse_resource, run_locally
from tests.integration.conftest import Installations
from tests.integration.imports.running import fixture_text
from tests.oracle import accepts
from tests.organizations import Installation, Object

pytestmark = pytest.mark.integration

BLOCK = 64 * 2**20
SCRATCH = "scratch/zeros"


def recorded_sizes(export: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Keys and sizes of every object that the export's records name."""
    oid, data = export["data"]["org"]["_id"], export["data"]
    for profile in data["profiles"]:
        # The records of that version lack the organization's id, which the objects' keys have.
        yield f"{oid}/{profile['resource']['filename']}", profile["resource"]["size"]
    for item in data["items"]:
        yield from ((file["filename"], file["size"]) for file in item["files"])


def make_objects(installation: Installation, sizes: dict[str, int]) -> None:
    """Objects of zeros, put together on the server from one block."""
    bucket = installation.exports
    installation.store.write(bucket, {SCRATCH: Object(bytes(BLOCK))})
    with installation.store.client() as client:
        for key, size in sizes.items():
            upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
            at = {"Bucket": bucket, "Key": key, "UploadId": upload}
            parts = [copy_part(client, at, number, min(BLOCK, size - start)) for number, start in starts(size)]
            client.complete_multipart_upload(**at, MultipartUpload={"Parts": parts})


def starts(size: int) -> Iterator[tuple[int, int]]:
    return enumerate(range(0, size, BLOCK), start=1)


def copy_part(client: Any, at: dict[str, str], number: int, size: int) -> dict[str, Any]:
    source = {"CopySource": {"Bucket": at["Bucket"], "Key": SCRATCH}, "CopySourceRange": f"bytes=0-{size - 1}"}
    copied = client.upload_part_copy(**at, **source, PartNumber=number)
    return {"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]}


async def run(installation: Installation, kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """The status of a run that must succeed."""
    manifest = {"apiVersion": "orgport.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    ended = await run_locally(parse_resource(manifest), installation.inputs(), lambda: datetime.now(UTC))
    assert ended.status["phase"] == "Succeeded", ended.status
    return ended.status


async def test_it_imports_with_its_objects_and_exports_again(installation: Installations) -> None:
    target = installation()
    export = json.loads(fixture_text())
    sizes = dict(recorded_sizes(export))
    target.store.write(target.exports, {"org-export.json": Object(fixture_text())})
    make_objects(target, sizes)
    source = {**target.location(), "database": "org-export.json"}
    imported = await run(target, "OrgImport", "old", {"source": source, "target": target.place()})
    assert imported["result"]["objects"] == len(sizes)
    assert imported["result"]["bytes"] == sum(sizes.values())
    with target.mongo.open() as database:
        names = ("users", "profiles", "crawl_configs", "crawls", "pages", "collections")
        assert [database[name].count_documents({}) for name in names] == [3, 2, 2, 4, 67, 2]
    spec = {"org": {"slug": "dev"}, "source": target.place(), "destination": target.location("again/")}
    exported = await run(target, "OrgExport", "new", spec)
    assert exported["result"]["objects"] == len(sizes)
    assert exported["result"]["missingObjects"] == 0
    text = target.read_exported("again/exports/new/org-export.json")
    assert not accepts(text)
    assert len(json.loads(text)["data"]["pages"]) == 67
