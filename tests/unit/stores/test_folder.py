"""A folder in the place of a bucket: objects are whole or not there, and nothing lies beyond the folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from orgport.stores.folder import Folder, open_folder
from orgport.stores.folder_check import PART_BYTES, adopt, broken, unknown
from orgport.stores.folder_files import FolderError
from orgport.stores.s3_model import AlreadyThere, NoSuchObject, SourceChanged

HEADERS = {
    "content-type": "application/wacz",
    "cache-control": "no-cache",
    "x-amz-meta-name": "value",
    "x-amz-tagging": "a=b&c%20d=e%2Bf",
}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    with open_folder(tmp_path / "folder", create=True) as opened:
        yield opened


async def read(folder: Folder, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in folder.stream(key, start=start, end=end)])


async def put(folder: Folder, key: str, body: bytes = b"content") -> str:
    return await folder.put(key, body, len(body), HEADERS, if_absent=True)


async def test_an_object_has_its_bytes_and_all_that_was_said_of_it(folder: Folder) -> None:
    assert await put(folder, "a/b c.wacz") == hashlib.md5(b"content").hexdigest()
    assert (folder.root / "a/b c.wacz").read_bytes() == b"content"
    head = await folder.head("a/b c.wacz")
    assert head is not None
    assert head.stored(await folder.tags("a/b c.wacz")) == HEADERS
    assert await read(folder, "a/b c.wacz", start=2, end=5) == b"nte"
    assert [(each.key, each.size) async for each in folder.list("a/")] == [("a/b c.wacz", 7)]
    assert [each async for each in folder.list("b")] == []


async def test_what_is_there_is_not_overwritten(folder: Folder) -> None:
    await put(folder, "a")
    with pytest.raises(AlreadyThere):
        await put(folder, "a", b"other")
    assert await read(folder, "a") == b"content"


async def test_somebody_elses_file_is_not_overwritten(folder: Folder) -> None:
    (folder.root / "mine").write_text("mine")
    with pytest.raises(FolderError, match="move it away"):
        await put(folder, "mine")
    assert (folder.root / "mine").read_text() == "mine"
    assert await folder.head("mine") is None


async def test_the_same_content_under_the_name_is_taken_over(folder: Folder) -> None:
    (folder.root / "same").write_text("content")
    await put(folder, "same")
    assert await read(folder, "same") == b"content"


async def test_no_link_leads_out_of_the_folder(folder: Folder, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder.root / "link").symlink_to(elsewhere)
    with pytest.raises(FolderError, match="in the way"):
        await put(folder, "link/a")
    await put(folder, "sub/a")
    os.replace(folder.root / "sub", elsewhere / "sub")
    (folder.root / "sub").symlink_to(elsewhere / "sub")
    with pytest.raises(FolderError):
        await read(folder, "sub/a")
    assert list(elsewhere.iterdir()) == [elsewhere / "sub"]


async def test_a_body_that_breaks_off_leaves_nothing(folder: Folder) -> None:
    async def short() -> AsyncIterator[bytes]:
        yield b"cont"

    with pytest.raises(SourceChanged):
        await folder.put("a", short(), 7, HEADERS, if_absent=True)
    assert await folder.head("a") is None
    assert list(unknown(folder)) == []
    assert list((folder.root / ".orgport/partial").iterdir()) == []


async def test_parts_make_the_etag_that_a_store_makes_of_them(folder: Folder) -> None:
    upload = await folder.upload("a", HEADERS)
    for number, start, end in ((2, 4, 8), (1, 0, 4), (3, 8, 10)):
        await upload.put(number, b"0123456789"[start:end], start, end)
    etag = await upload.complete(if_absent=True)
    digests = [hashlib.md5(part).digest() for part in (b"0123", b"4567", b"89")]
    assert etag == hashlib.md5(b"".join(digests)).hexdigest() + "-3"
    assert await read(folder, "a") == b"0123456789"
    first = await folder.head("a", part=1)
    assert first is not None
    assert (first.size, first.part_count, first.content_type) == (4, 3, "application/wacz")


async def test_parts_of_an_earlier_process_are_taken_up(folder: Folder) -> None:
    upload = await folder.upload("a", HEADERS)
    await upload.put(1, b"0123", 0, 4)
    root = folder.root
    folder.index.close()
    with open_folder(root, create=False) as again:
        upload = again.begun_upload("a", upload.upload_id)
        assert await upload.adopt({1: 4, 2: 2}) == {1}
        assert await upload.adopt({1: 5}) == set()
        await upload.put(2, b"45", 4, 6)
        await upload.complete()
        assert await read(again, "a") == b"012345"
        head = await again.head("a")
        assert head is not None
        assert head.stored(await again.tags("a")) == HEADERS
        assert await upload.adopt({1: 4}) is None


async def test_an_upload_that_is_given_up_leaves_nothing(folder: Folder) -> None:
    upload = await folder.upload("a", HEADERS)
    await upload.put(1, b"0123", 0, 4)
    await upload.abort()
    assert await folder.begun_upload("a", upload.upload_id).adopt({1: 4}) is None
    assert list((folder.root / ".orgport/partial").iterdir()) == []


async def test_a_file_that_was_changed_or_is_gone_is_found(folder: Folder) -> None:
    for key in ("kept", "touched", "changed", "longer", "gone"):
        await put(folder, key)
    os.utime(folder.root / "touched")
    (folder.root / "changed").write_text("CONTENT")
    (folder.root / "longer").write_text("content and more")
    (folder.root / "gone").unlink()
    with pytest.raises(SourceChanged):
        await read(folder, "changed")
    assert [record.key for record in broken(folder)] == ["changed", "gone", "longer"]
    assert await read(folder, "touched") == b"content"


async def test_a_folder_without_an_index_gets_one(folder: Folder) -> None:
    (folder.root / "a").mkdir()
    (folder.root / "a/page.html").write_text("page")
    (folder.root / "large").write_bytes(bytes(PART_BYTES + 1))
    (folder.root / "link").symlink_to("/etc/passwd")
    seen: list[str] = []
    adopt(folder, seen.append)
    assert seen == ["large", "a/page.html"]
    listed = {each.key: each.etag async for each in folder.list("")}
    assert listed["a/page.html"] == hashlib.md5(b"page").hexdigest()
    assert listed["large"].endswith("-2")
    page = await folder.head("a/page.html")
    assert page is not None
    assert page.content_type == "text/html"
    assert (list(unknown(folder)), list(broken(folder))) == ([], [])


async def test_a_name_that_is_no_text_is_refused(folder: Folder) -> None:
    with open(os.fsencode(folder.root) + b"/\xff", "wb"):
        pass
    with pytest.raises(FolderError, match="no text in UTF-8"):
        adopt(folder, lambda _: None)


async def test_what_is_not_there_is_said_so(folder: Folder) -> None:
    assert await folder.head("nothing") is None
    with pytest.raises(NoSuchObject):
        await read(folder, "nothing")
    with pytest.raises(NoSuchObject):
        await folder.tag("nothing", {})


def test_two_processes_are_not_in_one_folder(folder: Folder) -> None:
    with pytest.raises(FolderError, match="another orgport"), open_folder(folder.root, create=False):
        pass


def test_a_folder_that_is_not_there_or_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="there is no such folder"), open_folder(tmp_path / "none", create=False):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(FolderError, match="Not a directory"), open_folder(tmp_path / "file", create=True):
        pass
    (tmp_path / "damaged/.orgport").mkdir(parents=True)
    (tmp_path / "damaged/.orgport/index.sqlite3").write_text("no index at all, but long enough to look like one" * 30)
    with pytest.raises(FolderError, match="damaged"), open_folder(tmp_path / "damaged", create=False):
        pass


@pytest.mark.parametrize("ours", [".orgport", ".orgport/partial", ".orgport/index.sqlite3"])
def test_a_link_in_the_place_of_what_is_ours_is_refused(tmp_path: Path, ours: str) -> None:
    root, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    (root / ours).parent.mkdir(parents=True)
    elsewhere.mkdir()
    (root / ours).symlink_to(elsewhere)
    with pytest.raises(FolderError, match="is a link"), open_folder(root, create=True):
        pass
    assert list(elsewhere.iterdir()) == []


def test_what_was_read_already_is_not_read_again(folder: Folder) -> None:
    (folder.root / "a").write_text("content")
    adopt(folder, lambda _: None)
    before = (folder.root / "a").stat()
    (folder.root / "a").write_text("CONTENT")
    os.utime(folder.root / "a", ns=(before.st_atime_ns, before.st_mtime_ns))
    adopt(folder, lambda _: None)
    record = folder.index.find("a")
    assert record is not None
    assert record.etag == hashlib.md5(b"content").hexdigest()
