"""Folders and stores on a way on which everything goes wrong now and then, and beside writers of the same objects."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orgport.api.reasons import Reason
from orgport.worker.context import Progress
from orgport.worker.folder_command import Request, Verb, pull, push
from orgport.worker.folder_moving import Moved
from tests.integration.folders.test_pull_push import Place, new_place
from tests.integration.transfer.faults import Fault, Way, everything, way_to
from tests.organizations.model import Object
from tests.servers import ObjectStore
from tests.stub.http import Answer, Handler
from tests.stub.http import Request as Asked

pytestmark = pytest.mark.integration

COUNT = 200
OLD, NEW = b"old " * 500, b"new " * 700


@pytest.fixture
def place(minio: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", minio.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", minio.secret_key)
    return new_place(minio)


@pytest.fixture
async def way(minio: ObjectStore) -> AsyncIterator[Way]:
    async with way_to(minio.endpoint) as way:
        yield way


async def done(verb: Verb, way: Way, place: Place, folder: Path, prefix: str) -> Moved:
    request = Request(place.location(prefix), folder, way.endpoint, "us-east-1")
    return await verb(request, Progress(Reason.COPYING_FILES))


async def test_all_objects_come_and_go_exactly(place: Place, way: Way, tmp_path: Path) -> None:
    bodies = {f"{number:03}.wacz": f"object {number} ".encode() * (number + 1) for number in range(COUNT)}
    place.store.write(place.bucket, {f"from/{key}": Object(body) for key, body in bodies.items()})
    way.draw = everything(3, 1.0)
    pulled = await done(pull, way, place, tmp_path, "from/")
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.wacz")} == bodies
    pushed = await done(push, way, place, tmp_path, "to/")
    assert pulled.verification.verified == pushed.verification.verified == COUNT
    keys = place.store.keys(place.bucket, "to/")
    assert {key: place.store.read(place.bucket, key) for key in keys} == {f"to/{k}": b for k, b in bodies.items()}


def overwritten(place: Place, key: str) -> Fault:
    """Somebody writes the object while the store answers."""

    async def fault(request: Asked, store: Handler) -> Answer:
        place.store.write(place.bucket, {key: Object(NEW)})
        return await store(request)

    return fault


async def test_an_object_that_changes_during_a_pull_arrives_as_it_is_then(
    place: Place, way: Way, tmp_path: Path
) -> None:
    place.store.write(place.bucket, {f"from/{name}": Object(OLD) for name in ("a", "b", "c")})
    way.break_next("GET", overwritten(place, "from/b"), query="/from/b")
    moved = await done(pull, way, place, tmp_path, "from/")
    assert moved.verification.verified == 3
    assert [(tmp_path / name).read_bytes() for name in ("a", "b", "c")] == [OLD, NEW, OLD]


async def test_where_nothing_is_to_do_the_store_is_listed_once(place: Place, way: Way, tmp_path: Path) -> None:
    place.store.write(place.bucket, {f"from/{number}": Object(OLD) for number in range(5)})
    await done(pull, way, place, tmp_path, "from/")
    way.asked.clear()
    again = await done(pull, way, place, tmp_path, "from/")
    assert (again.copied, again.verification.verified) == (0, 5)
    assert sum("list-type=2" in request.target for request in way.asked) == 1
