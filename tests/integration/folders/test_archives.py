"""An archive that goes by a folder is one at its new place, too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.folder_files import FolderError
from orgport.worker.context import Progress
from orgport.worker.folder_command import Request, Verb, pull, push
from orgport.worker.folder_moving import Moved
from orgport.worker.verify import verify
from tests.integration.conftest import Installations
from tests.integration.export.running import Exports
from tests.integration.imports.running import Imports, succeeded
from tests.organizations import Installation, generate
from tests.organizations.moved import assert_moved

pytestmark = pytest.mark.integration

ORGANIZATION = generate(seed=61, items=9, pages=60, objects=24)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, installation: Installations) -> None:
    store = installation().store
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", store.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", store.secret_key)


def request_for(installation: Installation, folder: Path, prefix: str) -> Request:
    return Request(f"s3://{installation.exports}/{prefix}", folder, installation.store.endpoint, "us-east-1")


async def done(verb: Verb, request: Request) -> Moved:
    return await verb(request, Progress(Reason.COPYING_FILES))


async def test_an_archive_is_imported_from_where_it_was_pushed_to(installation: Installations, tmp_path: Path) -> None:
    source, target = installation(), installation()
    source.seed(ORGANIZATION)
    exports = Exports(source)
    succeeded(await exports.run(ORGANIZATION))
    pulled = await done(pull, request_for(source, tmp_path, "acme/"))
    pushed = await done(push, request_for(target, tmp_path, "arrived/"))
    assert pulled.objects == pushed.objects == pushed.verification.verified
    export = exports.resource(ORGANIZATION)
    export["spec"]["destination"] = target.location("arrived/")
    found = await verify(export, target.inputs(), checksum=True)
    assert found.is_well, found.dump()
    succeeded(await Imports(target, prefix="arrived/").run())
    assert_moved(source.snapshot(ORGANIZATION), target.snapshot(ORGANIZATION))


async def test_an_archive_whose_push_was_cut_off_is_none(installation: Installations, tmp_path: Path) -> None:
    source, target = installation(), installation()
    source.seed(ORGANIZATION)
    succeeded(await Exports(source).run(ORGANIZATION))
    await done(pull, request_for(source, tmp_path, "acme/"))
    taken = next(key for key in source.exported("acme/") if f"{ORGANIZATION.id}/" in key)
    file = tmp_path / taken.removeprefix("acme/")
    kept = file.stat()
    file.write_bytes(bytes(kept.st_size))
    os.utime(file, ns=(kept.st_atime_ns, kept.st_mtime_ns))  # nothing shows that it is not what was pulled
    with pytest.raises((Failure, FolderError)):
        await done(push, request_for(target, tmp_path, "arrived/"))
    assert not [key for key in target.exported("arrived/") if key.endswith("manifest.json")]
