"""Buckets that encrypt by KMS: ETags that look like MD5s, and say nothing of the content."""

from __future__ import annotations

import pytest

from orgport.transfer.probe import probe
from orgport.worker.files import copy_files
from tests.integration.conftest import Installations
from tests.integration.export.running import Exports, succeeded
from tests.integration.imports.running import Imports
from tests.integration.transfer.conftest import Pair
from tests.integration.transfer.world import World
from tests.organizations import Installation, Organization, generate
from tests.organizations.buckets import Store
from tests.servers import KMS_KEY

pytestmark = pytest.mark.integration


def encrypt(store: Store, bucket: str) -> None:
    """Let the bucket encrypt whatever is put into it."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KMS_KEY}}
    with store.client() as client:
        client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def encrypt_bucket(pair: Pair, which: str) -> None:
    at = getattr(pair, which)
    encrypt(Store(at.connection.endpoint, at.connection.access_key, at.connection.secret_key), at.name)


@pytest.mark.parametrize("which", ["source", "destination"])
async def test_the_probe_finds_out_on_either_side(pair: Pair, which: str) -> None:
    encrypt_bucket(pair, which)
    await pair.source.write("sample", b"x")
    sample = await anext(pair.source.list(""))
    assert (await probe(pair.source, pair.destination, sample, "run/")).opaque


@pytest.mark.parametrize("server_side", [True, False], ids=["server-side", "streamed"])
@pytest.mark.parametrize("which", ["source", "destination"])
async def test_copies_are_compared_by_size_or_checksum(pair: Pair, which: str, server_side: bool) -> None:
    encrypt_bucket(pair, which)
    world = World(pair.source.connection.endpoint or "", pair.source, pair.destination)
    world.leg = world.leg.model_copy(update={"server_side": server_side, "opaque": True})
    items = await world.seed(4)
    plan = await world.plan(items)
    first = await copy_files(world.context(plan))
    assert first.message == "4 objects copied, 0 were there; 0 verified, 4 by size only"
    again = await copy_files(world.context(plan, verify="Checksum"))
    assert again.message == "0 objects copied, 4 were there; 4 verified (4 by SHA-256), 0 by size only"
    assert {listed.etag async for listed in pair.destination.list("archive/org/")}.isdisjoint(
        item.etag for item in items
    )


@pytest.mark.parametrize("which", ["storage", "exports"])
async def test_an_export_that_was_broken_off_goes_on_where_etags_are_opaque(
    installation: Installations, which: str
) -> None:
    here, org = installation(), generate(seed=3, items=3, pages=5, objects=8)
    encrypt(here.store, bucket_of(here, which))
    exports = Exports(here)
    here.seed(org)
    succeeded(await exports.run(org))
    assert exports.read_json("manifest.json")["objects"]["sizeOnly"] == len(exports.objects())
    before = exports.objects()
    with here.store.client() as client:
        for part in ("manifest.json", "objects.ndjson"):
            client.delete_object(Bucket=here.exports, Key=exports.key(part))
    succeeded(await exports.run(org, "second"))
    assert exports.objects() == before
    succeeded(await exports.run(org, "third"))
    assert exports.read_json("manifest.json", "third")["objects"]["sizeOnly"] == len(before)
    assert {line["at"] for line in exports.inventory("second")} == {key.removeprefix(exports.prefix) for key in before}


@pytest.mark.parametrize("which", ["storage", "exports"])
async def test_an_import_finds_what_lies_there_where_etags_are_opaque(installation: Installations, which: str) -> None:
    here, there = installation(), installation()
    org = generate(seed=3, items=3, pages=5, objects=8)
    encrypt(here.store, bucket_of(there, "storage") if which == "storage" else here.exports)
    here.seed(org)
    succeeded(await Exports(here).run(org))
    imports = Imports(there, here)
    copy_objects(here, there, org)
    result = succeeded(await imports.run())
    assert result["organizationID"] == str(org.id)


def bucket_of(installation: Installation, which: str) -> str:
    return installation.exports if which == "exports" else installation.storage("default").bucket


def copy_objects(here: Installation, there: Installation, org: Organization) -> None:
    """As an import does that is broken off afterwards."""
    source, target = here.storage("default").bucket, there.storage("default").bucket
    with here.store.client() as client:
        for key in here.keys(prefix=f"{org.id}/"):
            client.copy_object(Bucket=target, Key=key, CopySource={"Bucket": source, "Key": key})
