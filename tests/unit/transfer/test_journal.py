"""The journal of unfinished uploads."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any, cast

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.api.failures import Failure, Interrupted
from orgport.api.reasons import Reason
from orgport.stores.s3 import AlreadyThere, Bucket
from orgport.transfer.journal import Journal, Unfinished, encode_journal, read_journal
from orgport.transfer.resuming import is_resumable

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
UPLOAD = st.builds(Unfinished, TEXT, TEXT, TEXT, TEXT, st.integers(0, 2**40))
ONE = Unfinished("location", "org/a", "id-1", "etag", 5)
OTHER = Unfinished("location", "org/b", "id-2", "etag", 5)


@dataclass
class File:
    """A bucket with one object, whose writing can be held up."""

    body: bytes | None = None
    writings: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, key: str, body: bytes, **_: Any) -> None:
        await self.open.wait()
        self.body, self.writings = body, self.writings + 1

    async def read(self, key: str) -> bytes | None:
        return self.body

    def url(self, key: str) -> str:
        return key


@pytest.fixture
def file() -> File:
    made = File()
    made.open.set()
    return made


def bucket(file: File) -> Bucket:
    return cast(Bucket, file)


@given(st.lists(UPLOAD))
async def test_a_journal_is_read_as_it_was_written(uploads: list[Unfinished]) -> None:
    assert await read_journal(bucket(File(encode_journal(uploads))), "key") == uploads


@pytest.mark.parametrize("line", [b"no json", b"[]", b"null", b'{"bucket":"location"}', b'"x"'])
async def test_a_line_that_names_no_upload_is_passed_over(line: bytes) -> None:
    body = encode_journal([ONE]) + line + b"\n" + encode_journal([OTHER])
    assert await read_journal(bucket(File(body)), "key") == [ONE, OTHER]


@pytest.mark.parametrize("value", [None, 5.5, True, ["x"]])
@pytest.mark.parametrize("name", ["bucket", "key", "uploadId", "sourceETag", "partSize"])
async def test_a_line_with_a_value_of_another_kind_is_passed_over(name: str, value: object) -> None:
    row = {**orjson.loads(encode_journal([ONE])), name: value}
    assert await read_journal(bucket(File(orjson.dumps(row))), "key") == []


async def test_there_is_nothing_in_a_journal_that_is_not_there() -> None:
    assert await read_journal(bucket(File()), "key") == []


async def test_what_is_added_is_written_down_at_once_and_what_is_removed_the_next_time(file: File) -> None:
    journal = Journal(bucket(file), "key")
    await journal.add(ONE)
    assert await read_journal(bucket(file), "key") == [ONE]
    journal.remove(ONE)
    assert await read_journal(bucket(file), "key") == [ONE]
    await journal.add(OTHER)
    assert await read_journal(bucket(file), "key") == [OTHER]


async def test_several_that_wait_are_served_by_one_writing() -> None:
    file = File()
    journal = Journal(bucket(file), "key")
    uploads = [replace(ONE, key=str(number)) for number in range(20)]
    adding = [asyncio.create_task(journal.add(upload)) for upload in uploads]
    while not journal._writing.locked():
        await asyncio.sleep(0)
    file.open.set()
    await asyncio.gather(*adding)
    assert file.writings <= 2
    assert await read_journal(bucket(file), "key") == uploads


async def test_a_journal_that_says_what_it_said_is_not_written_again(file: File) -> None:
    journal = Journal(bucket(file), "key")
    await journal.keep()
    await journal.keep()
    assert file.writings == 1


async def test_what_earlier_pods_left_is_found_and_kept_until_it_is_removed(file: File) -> None:
    journal = Journal(bucket(file), "key", [ONE], [OTHER])
    assert (journal.find(*ONE.place), journal.find(*OTHER.place)) == (ONE, OTHER)
    await journal.keep()
    assert await read_journal(bucket(file), "key") == [ONE]
    for upload in (ONE, OTHER):
        journal.remove(upload)
    assert (journal.find(*ONE.place), journal.find(*OTHER.place)) == (None, None)


@pytest.mark.parametrize(
    ("error", "resumable"),
    [
        (asyncio.CancelledError(), True),
        (Interrupted("SIGTERM"), True),
        (Failure(Reason.ENDPOINT_UNREACHABLE, "away"), True),
        (Failure(Reason.CREDENTIALS_REJECTED, "rotated"), True),
        (Failure(Reason.ACCESS_DENIED, "denied"), True),
        (Failure(Reason.SOURCE_CHANGED, "changed"), False),
        (Failure(Reason.OBJECTS_MISSING, "gone"), False),
        (Failure(Reason.INTERNAL, "InvalidPart"), False),
        (AlreadyThere("s3://b/k"), False),
    ],
    ids=repr,
)
def test_parts_are_kept_unless_the_error_speaks_against_them(error: BaseException, resumable: bool) -> None:
    assert is_resumable(error) is resumable
