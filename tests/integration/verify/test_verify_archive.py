"""`orgport verify` of an OrgExport: the archive is whole, or what is wrong with it is said."""

from __future__ import annotations

import hashlib
import json

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Exit, Reason
from orgport.worker.inputs import MappingInputs
from orgport.worker.verify import verify
from tests.integration.verify.moving import Moved, failures, row
from tests.organizations.installation import CREDENTIALS

pytestmark = pytest.mark.integration


async def test_a_good_archive_passes_every_check(archived: Moved) -> None:
    found = await archived.archive(checksum=True)
    assert (failures(found), found.exit_code, found.may_be_deleted) == ([], 0, None)
    assert {check.state for check in found.checks} == {"ok"}
    manifest = archived.exports.read_json("manifest.json")
    assert row(found, "objects").numbers["objects"] == manifest["objects"]["count"]
    assert row(found, "documents").numbers["pages"] == manifest["database"]["documents"]["pages"]
    assert row(found, "checksums").numbers["read"] > 0


async def test_nothing_of_the_installation_is_needed(archived: Moved) -> None:
    secrets = archived.exports.installation.inputs().secrets
    resource = archived.exports.resource(archived.org, database={"include": ["SeedFiles", "CrawlLogs"]})
    found = await verify(resource, MappingInputs({CREDENTIALS: secrets[CREDENTIALS]}))
    assert found.exit_code == 0


async def test_a_truncated_json_fails(archived: Moved) -> None:
    archived.replace("org-export.json", archived.exports.read("org-export.json")[:-200])
    found = await archived.archive()
    assert (failures(found), found.exit_code) == (["JSON", "documents"], Exit.DATA)
    assert "bytes, not" in row(found, "JSON").message
    assert "ends too early" in row(found, "documents").message
    assert row(found, "references").state == "skipped"


async def test_a_flipped_byte_in_the_json_fails(archived: Moved) -> None:
    text = archived.exports.read("org-export.json")
    archived.replace("org-export.json", text.replace(b'"https', b'"HTTPS', 1))
    found = await archived.archive()
    assert failures(found) == ["JSON"]
    assert "SHA-256" in row(found, "JSON").message


async def test_a_document_that_was_taken_out_fails(archived: Moved) -> None:
    database = archived.exports.database()
    database["data"]["pages"].pop()
    archived.replace("org-export.json", json.dumps(database).encode())
    found = await archived.archive()
    assert failures(found) == ["JSON", "documents"]
    assert "pages" in row(found, "documents").message


async def test_a_missing_object_is_named(archived: Moved) -> None:
    archived.remove(f"acme/{archived.a_file}")
    found = await archived.archive(checksum=True)
    assert failures(found) == ["objects"]
    assert row(found, "objects").keys == [archived.a_file]


async def test_a_flipped_byte_in_an_object_is_found_by_its_checksum_alone(archived: Moved) -> None:
    key = archived.a_file
    body = bytearray(archived.exports.installation.read_exported(f"acme/{key}"))
    body[0] ^= 1
    archived.imports.put({key: bytes(body)})
    assert failures(await archived.archive()) == []
    found = await archived.archive(checksum=True)
    assert (failures(found), row(found, "checksums").keys) == (["checksums"], [key])


async def test_an_inventory_that_is_not_the_manifests_is_not_relied_on(archived: Moved) -> None:
    lines = archived.exports.read("objects.ndjson").splitlines(keepends=True)
    archived.replace("objects.ndjson", b"".join(lines[1:]))
    found = await archived.archive()
    assert failures(found) == ["inventory"]
    assert "is not what the manifest says" in row(found, "inventory").message
    assert row(found, "objects").state == "skipped"


async def test_a_reference_that_the_inventory_lacks_is_named(archived: Moved) -> None:
    lines = archived.exports.read("objects.ndjson").splitlines(keepends=True)
    gone = next(line for line in lines if json.loads(line)["referrers"])
    rest, manifest = b"".join(line for line in lines if line != gone), archived.exports.read_json("manifest.json")
    archived.replace("objects.ndjson", rest)
    manifest["inventory"]["sha256"] = hashlib.sha256(rest).hexdigest()
    archived.replace("manifest.json", json.dumps(manifest).encode())
    found = await archived.archive()
    assert failures(found) == ["inventory", "references"]
    assert row(found, "references").keys == [json.loads(gone)["key"]]
    manifest["missing"] = row(found, "references").keys
    archived.replace("manifest.json", json.dumps(manifest).encode())
    assert failures(await archived.archive()) == ["inventory"]


async def test_the_claim_has_to_be_of_the_same_export(archived: Moved) -> None:
    claim = archived.exports.read_json("claim.json")
    archived.replace("claim.json", json.dumps(claim | {"specHash": "0" * 64}).encode())
    assert failures(await archived.archive()) == ["claim"]
    archived.remove(archived.exports.key("claim.json"))
    assert failures(await archived.archive()) == ["claim"]


async def test_a_manifest_of_another_spec_or_sha256_is_not_the_exports(archived: Moved) -> None:
    found = await archived.archive(database={"redact": ["Note"]})
    assert "another spec" in row(found, "manifest").message
    resource = archived.exports.resource(archived.org, database={"include": ["SeedFiles", "CrawlLogs"]})
    resource["status"] = {"result": {"manifestSHA256": "0" * 64}}
    found = await verify(resource, archived.exports.installation.inputs())
    assert (failures(found), "not 000" in row(found, "manifest").message) == (["manifest"], True)


async def test_a_broken_manifest_is_one_failed_row(archived: Moved) -> None:
    archived.replace("manifest.json", b'{"formatVersion": 2}')
    found = await archived.archive()
    assert [(check.name, check.state) for check in found.checks] == [("manifest", "failed")]


async def test_an_archive_without_manifest_is_incomplete_and_one_that_never_was_is_not_found(archived: Moved) -> None:
    archived.remove(archived.exports.key("manifest.json"))
    with pytest.raises(Failure) as caught:
        await archived.archive()
    assert caught.value.reason is Reason.EXPORT_INCOMPLETE
    archived.remove(archived.exports.key("claim.json"))
    with pytest.raises(Failure) as caught:
        await archived.archive()
    assert caught.value.exit_code == Exit.NO_INPUT
