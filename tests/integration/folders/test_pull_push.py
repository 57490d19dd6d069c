"""`orgport pull` and `orgport push`, as an administrator types them: into a folder, and from there elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from orgport.api.reasons import Exit
from orgport.stores.folder import open_folder
from orgport.worker.folder_command import IO_ERROR
from tests.integration.transfer.odd_keys import ODD_KEYS
from tests.integration.transfer.test_odd_keys import FACTS, TAGS, TAKEN, facts_of, put_with_everything
from tests.organizations.buckets import Store
from tests.organizations.model import Object
from tests.servers import ObjectStore, end, python_environment

pytestmark = pytest.mark.integration

MIB = 2**20
PART = 8 * MIB
"""As the store's client sends large objects."""
SECONDS = 90


@dataclass(frozen=True)
class Place:
    """A bucket of its own on a server."""

    server: ObjectStore
    bucket: str

    @property
    def store(self) -> Store:
        return Store(self.server.endpoint, self.server.access_key, self.server.secret_key)

    def location(self, prefix: str = "") -> str:
        return f"s3://{self.bucket}/{prefix}"

    def command(self, *words: object) -> list[str]:
        return [sys.executable, "-m", "orgport", *map(str, words), "--endpoint", self.server.endpoint]

    def environment(self) -> dict[str, str]:
        keys = {"AWS_ACCESS_KEY_ID": self.server.access_key, "AWS_SECRET_ACCESS_KEY": self.server.secret_key}
        return {**os.environ, **python_environment(), **keys, "AWS_REGION": "us-east-1"}

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        command = self.command(*words)
        return subprocess.run(
            command, env=self.environment(), text=True, capture_output=True, timeout=SECONDS, check=False
        )

    def moved(self, *words: object) -> dict[str, Any]:
        """What a run that must succeed says."""
        ended = self.run(*words, "--output", "json")
        assert ended.returncode == 0, ended.stderr
        found: dict[str, Any] = json.loads(ended.stdout)
        return found


def new_place(server: ObjectStore) -> Place:
    place = Place(server, f"folders-{uuid4().hex[:10]}")
    place.store.make_bucket(place.bucket)
    return place


@pytest.fixture
def source(minio: ObjectStore) -> Place:
    return new_place(minio)


@pytest.fixture
def target(minio: ObjectStore) -> Place:
    return new_place(minio)


def some_objects(count: int = 6) -> dict[str, Object]:
    made = {f"acme/{number}.wacz": Object(f"object {number}".encode() * (number + 1)) for number in range(count)}
    return made | {"acme/large.wacz": Object(os.urandom(20 * MIB))}


@pytest.mark.parametrize("server", ["minio", "moto"])
def test_every_key_goes_into_a_folder_and_out_of_it_with_all_that_belongs_to_it(
    request: pytest.FixtureRequest, tmp_path: Path, server: str
) -> None:
    store: ObjectStore = request.getfixturevalue({"minio": "minio", "moto": "moto_server"}[server])
    source, target = new_place(store), new_place(store)
    keys = TAKEN[server].values()
    with source.store.client() as client:
        for key in keys:
            put_with_everything(client, source.bucket, key)
        pulled = source.moved("pull", source.location(), tmp_path / "folder")
        assert (pulled["objects"], pulled["copied"], pulled["verified"]) == (len(keys), len(keys), len(keys))
        assert list(tmp_path.iterdir()) == [tmp_path / "folder"]
        assert (tmp_path / "folder" / ODD_KEYS["space"]).read_bytes() == ODD_KEYS["space"].encode()
        pushed = target.moved("push", tmp_path / "folder", target.location())
        assert (pushed["copied"], pushed["verified"]) == (len(keys), len(keys))
        assert set(target.store.keys(target.bucket)) == set(keys)
        for key in keys:
            body = b"" if key.endswith("/") else key.encode()
            assert facts_of(client, target.bucket, key) == {**FACTS, "tags": TAGS, "body": body}


def test_a_second_run_moves_nothing_and_a_third_what_is_new(source: Place, target: Place, tmp_path: Path) -> None:
    source.store.write(source.bucket, some_objects())
    first = source.moved("pull", source.location("acme/"), tmp_path)
    assert (first["objects"], first["copied"], first["present"]) == (7, 7, 0)
    assert source.moved("pull", source.location("acme/"), tmp_path)["copied"] == 0
    source.store.write(source.bucket, {"acme/new.wacz": Object(b"new")})
    assert source.moved("pull", source.location("acme/"), tmp_path)["copied"] == 1
    assert target.moved("push", tmp_path, target.location("elsewhere/"))["copied"] == 8
    assert target.moved("push", tmp_path, target.location("elsewhere/"))["present"] == 8
    keys = [key.replace("acme/", "elsewhere/") for key in source.store.keys(source.bucket)]
    assert target.store.keys(target.bucket) == sorted(keys)
    (before,) = source.store.facts(source.bucket, ["acme/large.wacz"]).values()
    (after,) = target.store.facts(target.bucket, ["elsewhere/large.wacz"]).values()
    assert before == after


def test_a_dry_run_says_what_would_be_copied_and_copies_nothing(source: Place, target: Place, tmp_path: Path) -> None:
    source.store.write(source.bucket, some_objects())
    ended = source.run("pull", source.location("acme/"), tmp_path, "--dry-run")
    assert "7 would be copied" in ended.stdout
    assert [path.name for path in tmp_path.iterdir()] == [".orgport"]
    source.moved("pull", source.location("acme/"), tmp_path)
    assert "7 would be copied" in target.run("push", tmp_path, target.location(), "--dry-run").stdout
    assert target.store.keys(target.bucket) == []


@contextmanager
def begun(place: Place, *words: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(place.command(*words), env=place.environment(), stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        end(process)


def kill_when(process: subprocess.Popen[bytes], is_time: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_time():
        assert process.poll() is None, "it was too fast to be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.kill()
    process.wait()


def test_a_pull_that_is_killed_goes_on_where_it_stood(source: Place, tmp_path: Path) -> None:
    many = {f"acme/{number:04d}": Object(os.urandom(1000)) for number in range(1500)}
    source.store.write(source.bucket, many)
    with begun(source, "pull", source.location("acme/"), tmp_path, "--concurrency", "4") as process:
        kill_when(process, lambda: len(list(tmp_path.glob("*"))) > 100)
    again = source.moved("pull", source.location("acme/"), tmp_path)
    assert again["present"] >= 99
    assert again["present"] + again["copied"] == len(many)
    assert all((tmp_path / key.removeprefix("acme/")).read_bytes() == made.body for key, made in many.items())


def test_a_push_that_is_killed_goes_on_where_it_stood(source: Place, target: Place, tmp_path: Path) -> None:
    source.store.write(source.bucket, {f"a/{number:04d}": Object(os.urandom(1000)) for number in range(1500)})
    source.moved("pull", source.location("a/"), tmp_path)
    with begun(target, "push", tmp_path, target.location("b/"), "--concurrency", "4") as process:
        kill_when(process, lambda: len(target.store.keys(target.bucket, "b/0")) > 50)
    again = target.moved("push", tmp_path, target.location("b/"))
    assert again["present"] > 50
    assert (again["present"] + again["copied"], again["verified"]) == (1500, 1500)


def test_parts_that_a_killed_pull_has_fetched_are_not_fetched_again(source: Place, tmp_path: Path) -> None:
    body = os.urandom(200 * MIB)
    source.store.write(source.bucket, {"a/large": Object(body)})
    with begun(source, "pull", source.location("a/"), tmp_path, "--concurrency", "2") as process:
        kill_when(process, lambda: arrived(tmp_path) > 5 * PART)
    assert not (tmp_path / "large").exists()
    (partial,) = (tmp_path / ".orgport" / "partial").iterdir()
    with open_folder(tmp_path, create=False) as folder:
        number, *_ = folder.index.parts(partial.name)
    # A part that is there is believed: what becomes of it meanwhile shows that it was not fetched again.
    at = (number - 1) * PART
    with partial.open("r+b") as file:
        file.seek(at)
        file.write(bytes([body[at] ^ 1]))
    source.moved("pull", source.location("a/"), tmp_path)
    found = (tmp_path / "large").read_bytes()
    assert found == body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    assert not any((tmp_path / ".orgport" / "partial").iterdir())


def arrived(folder: Path) -> int:
    """Bytes of what is not whole yet."""
    return sum(file.stat().st_size for file in (folder / ".orgport" / "partial").glob("*"))


def test_a_file_that_was_changed_is_named_before_anything_is_pushed(
    source: Place, target: Place, tmp_path: Path
) -> None:
    source.store.write(source.bucket, some_objects())
    source.moved("pull", source.location("acme/"), tmp_path)
    (tmp_path / "1.wacz").write_text("another")
    (tmp_path / "2.wacz").unlink()
    (tmp_path / "notes.txt").write_text("of my own")
    ended = target.run("push", tmp_path, target.location())
    assert ended.returncode == IO_ERROR
    assert f"{tmp_path}/1.wacz, {tmp_path}/2.wacz" in ended.stderr
    assert target.store.keys(target.bucket) == []
    again = source.run("pull", source.location("acme/"), tmp_path)
    assert "2.wacz is gone or changed" in again.stderr
    assert "1.wacz is there already, and not of this organization's objects" in again.stderr
    (tmp_path / "1.wacz").unlink()
    assert source.moved("pull", source.location("acme/"), tmp_path)["objects"] == 7
    pushed = target.run("push", tmp_path, target.location())
    assert pushed.returncode == 0
    assert "1 files that were not pulled stay here, such as notes.txt" in pushed.stderr
    assert "notes.txt" not in target.store.keys(target.bucket)


def test_what_the_destination_has_is_not_overwritten(source: Place, target: Place, tmp_path: Path) -> None:
    source.store.write(source.bucket, some_objects())
    source.moved("pull", source.location("acme/"), tmp_path)
    target.store.write(target.bucket, {"3.wacz": Object(b"somebody's")})
    ended = target.run("push", tmp_path, target.location())
    assert ended.returncode == Exit.DATA
    assert "ObjectConflict: 1 keys of the destination have other content, such as 3.wacz" in ended.stderr
    assert target.store.keys(target.bucket) == ["3.wacz"]
    source.store.write(source.bucket, {"acme/4.wacz": Object(b"newer")})
    changed = source.run("pull", source.location("acme/"), tmp_path)
    assert (changed.returncode, "such as 4.wacz" in changed.stderr) == (Exit.DATA, True)


def test_a_folder_of_another_tool_is_pushed_by_its_names(target: Place, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/page one.html").write_text("page")
    (tmp_path / "large").write_bytes(os.urandom(70 * MIB))
    ended = target.run("push", tmp_path, target.location("p/"))
    assert ended.returncode == 0, ended.stderr
    assert "has no index" in ended.stderr
    assert "2 objects, 73400324 bytes: 2 copied, 0 were there; 2 verified by content" in ended.stdout
    assert target.store.keys(target.bucket) == ["p/large", "p/sub/page one.html"]


def test_manifests_come_last_and_only_to_what_is_whole(source: Place, target: Place, tmp_path: Path) -> None:
    archive = {f"a/o/{number}": Object(b"x" * 100) for number in range(3)}
    source.store.write(source.bucket, {**archive, "a/exports/one/manifest.json": Object(b"{}")})
    source.moved("pull", source.location("a/"), tmp_path)
    with open_folder(tmp_path, create=False) as folder:
        modified = {record.key: record.modified for record in folder.index.records()}
    assert max(modified, key=lambda key: modified[key]) == "exports/one/manifest.json"
    target.store.write(target.bucket, {"o/1": Object(b"other")})
    assert target.run("push", tmp_path, target.location()).returncode == Exit.DATA
    assert target.store.keys(target.bucket) == ["o/1"]


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("bucket/prefix", "is no location"),
        ("s3://bucket/prefix", "end it with /"),
        ("s3://folders-that-is-not-there/", "BucketNotFound"),
    ],
)
def test_a_wrong_location_is_told(source: Place, tmp_path: Path, location: str, said: str) -> None:
    ended = source.run("pull", location, tmp_path)
    assert ended.returncode in (Exit.USAGE, Exit.NO_INPUT, Exit.CONFIGURATION)
    assert said in ended.stderr


def test_an_empty_place_and_a_missing_folder_are_told(source: Place, tmp_path: Path) -> None:
    nothing = source.run("pull", source.location("none/"), tmp_path / "a")
    assert "nothing lies below s3://" in nothing.stderr
    missing = source.run("push", tmp_path / "none", source.location())
    assert (missing.returncode, "there is no such folder" in missing.stderr) == (IO_ERROR, True)


def refuses_to_push(target: Place, folder: Path, said: str) -> None:
    """A push that must refuse, and write nothing."""
    ended = target.run("push", folder, target.location())
    assert (ended.returncode, said in ended.stderr) == (IO_ERROR, True), ended.stderr
    assert target.store.keys(target.bucket) == []


@pytest.mark.parametrize("is_dry_run", [True, False])
def test_a_pull_that_fetches_nothing_forgets_nothing(
    source: Place, target: Place, tmp_path: Path, *, is_dry_run: bool
) -> None:
    source.store.write(source.bucket, {f"acme/{number}": Object(b"x" * number) for number in range(4)})
    source.moved("pull", source.location("acme/"), tmp_path)
    (tmp_path / "3").unlink()
    if is_dry_run:
        assert "1 would be copied" in source.run("pull", source.location("acme/"), tmp_path, "--dry-run").stdout
    else:
        assert "BucketNotFound" in source.run("pull", "s3://folders-that-is-not-there/", tmp_path).stderr
    refuses_to_push(target, tmp_path, f"gone, or changed since they were pulled: {tmp_path}/3")


def test_what_a_broken_off_pull_has_left_is_not_pushed(source: Place, target: Place, tmp_path: Path) -> None:
    source.store.write(source.bucket, {f"a/{number:04d}": Object(os.urandom(1000)) for number in range(1500)})
    with begun(source, "pull", source.location("a/"), tmp_path, "--concurrency", "4") as process:
        kill_when(process, lambda: len(list(tmp_path.glob("*"))) > 100)
    refuses_to_push(target, tmp_path, "the pull into it has not ended")
    source.moved("pull", source.location("a/"), tmp_path)
    assert target.moved("push", tmp_path, target.location())["copied"] == 1500


def test_a_folder_that_changes_after_it_was_looked_at_is_pushed_as_it_is(target: Place, tmp_path: Path) -> None:
    for name in ("kept", "changed", "removed"):
        (tmp_path / name).write_text(name)
    assert "3 would be copied" in target.run("push", tmp_path, target.location(), "--dry-run").stdout
    (tmp_path / "changed").write_text("something else")
    (tmp_path / "removed").unlink()
    (tmp_path / "added").write_text("added")
    assert target.moved("push", tmp_path, target.location())["copied"] == 3
    assert target.store.keys(target.bucket) == ["added", "changed", "kept"]
    assert target.store.read(target.bucket, "changed") == b"something else"


def test_a_pull_into_another_tools_files_brings_what_belongs_to_them(
    source: Place, target: Place, tmp_path: Path
) -> None:
    source.store.write(source.bucket, {"a": Object(b"content", "application/wacz", {"name": "value"})})
    (tmp_path / "a").write_text("content")
    target.run("push", tmp_path, target.location(), "--dry-run")
    assert source.moved("pull", source.location(), tmp_path)["copied"] == 1
    target.moved("push", tmp_path, target.location())
    (found,) = target.store.facts(target.bucket, ["a"]).values()
    assert (found.content_type, found.metadata) == ("application/wacz", {"name": "value"})


def test_without_keys_it_is_said_where_they_are_looked_for(source: Place, tmp_path: Path) -> None:
    command = source.command("pull", source.location(), tmp_path)
    without = {name: value for name, value in source.environment().items() if not name.startswith("AWS_")}
    without |= {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path), "AWS_REGION": "us-east-1"}
    ended = subprocess.run(command, env=without, text=True, capture_output=True, timeout=SECONDS, check=False)
    assert ended.returncode == Exit.NO_PERMISSION
    assert "set AWS_ACCESS_KEY_ID" in ended.stderr
    assert "0/0" not in ended.stderr
