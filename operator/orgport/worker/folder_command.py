"""`orgport pull` and `orgport push`: a bucket's objects in a local folder, and from there into another bucket."""

from __future__ import annotations

import asyncio
import re
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO
from uuid import uuid4

import orjson
from rich.console import Console

from orgport.api.failures import Failure
from orgport.api.plan import Leg
from orgport.api.reasons import Exit, Reason
from orgport.stores.folder import Folder, open_folder
from orgport.stores.folder_check import adopt, broken, unknown
from orgport.stores.folder_files import FolderError
from orgport.stores.folder_index import ADOPTED, WHOLE
from orgport.stores.s3 import Bucket, Connection, open_bucket
from orgport.transfer.journal import Journal, read_journal
from orgport.transfer.probe import probe
from orgport.worker.context import Progress
from orgport.worker.folder_moving import AGAIN, Moved, Way, move
from orgport.worker.terminal import View

IO_ERROR = 74
"""The exit code of sysexits for a disk that cannot be read or written."""
NAMED = 10
"""Of files that are wrong, so many are named."""
_KEYS = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, to keys that may read, list and write there"
ADVICE = {
    Reason.CREDENTIALS_REJECTED: _KEYS,
    Reason.ACCESS_DENIED: _KEYS,
    Reason.BUCKET_NOT_FOUND: "check the location and --endpoint; a bucket is not made",
    Reason.ENDPOINT_UNREACHABLE: "check --endpoint, and --ca-file where its certificate is a private one",
}
"""What to do, where a run of the operator's would be told to mend its spec or Secret."""
_LOCATION = re.compile(r"s3://([^/]+)/(.*)", re.DOTALL)


@dataclass(frozen=True)
class Request:
    """What was typed."""

    location: str
    folder: Path
    endpoint: str | None = None
    region: str | None = None
    ca_file: str | None = None
    concurrency: int = 32
    dry_run: bool = False
    as_json: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """Bucket and prefix. INVALID_SPEC for anything else."""
        found = _LOCATION.fullmatch(self.location)
        if found is None or (found[2] and not found[2].endswith("/")):
            raise Failure(
                Reason.INVALID_SPEC,
                f"{self.location!r} is no location: s3://BUCKET/ or s3://BUCKET/PREFIX/",
                suggestion="end it with /: below a prefix that ends elsewhere there may be objects of others",
            )
        return found[1], found[2]

    @asynccontextmanager
    async def bucket(self) -> AsyncIterator[Bucket]:
        """The bucket, by the credentials of the environment, as AWS's own tools find them."""
        connection = Connection(self.endpoint, self.region, None, None, ca_file=self.ca_file)
        async with open_bucket(connection, self.place[0]) as bucket:
            yield bucket


def request_of(arguments: Namespace) -> Request:
    """What the command line says."""
    return Request(
        arguments.location,
        arguments.folder,
        arguments.endpoint,
        arguments.region,
        arguments.ca_file,
        arguments.concurrency,
        arguments.dry_run,
        arguments.output == "json",
    )


async def pull(request: Request, progress: Progress) -> Moved:
    """From the bucket into the folder. Files that are gone or changed since an earlier pull are fetched again."""
    prefix = request.place[1]
    with open_folder(request.folder, create=True) as folder:
        folder.to_fetch = set(_to_fetch(folder))
        async with request.bucket() as bucket:
            leg = Leg(source="bucket", destination="folder", server_side=False, conditional=True)
            journal = await _journal(folder, "pull", request)
            way = Way(bucket, prefix, folder, "", leg, journal, request.concurrency)
            moved = await move(way, progress, dry_run=request.dry_run)
        if not request.dry_run:
            folder.index.state = WHOLE
        return moved


def _to_fetch(folder: Folder) -> Iterator[str]:
    """What is gone or changed; all, where nothing was pulled yet: of such files no metadata are known."""
    if folder.index.state == ADOPTED:
        yield from (record.key for record in folder.index.records())
        return
    for record in broken(folder):
        print(f"{folder.root / record.file} is gone or changed, and fetched again", file=sys.stderr)
        yield record.key


async def push(request: Request, progress: Progress) -> Moved:
    """From the folder into the bucket. FolderError names files that are not what the index says, before any write."""
    prefix = request.place[1]
    with open_folder(request.folder, create=False) as folder:
        if folder.index.state != ADOPTED:
            _check(folder)
        else:
            print(f"{folder.root} has no index: each file becomes the object that its path names", file=sys.stderr)
            adopt(folder, lambda path: setattr(progress, "message", f"reading {path}"))
        async with request.bucket() as bucket:
            leg = Leg(source="folder", destination="bucket", server_side=False, conditional=False)
            if not request.dry_run:
                found = await probe(bucket, bucket, None, f"{prefix}orgport-push-{uuid4()}/")
                leg = leg.model_copy(update={"conditional": found.conditional, "opaque": found.opaque})
            journal = await _journal(folder, "push", request)
            way = Way(folder, "", bucket, prefix, leg, journal, request.concurrency)
            return await move(way, progress, dry_run=request.dry_run)


def _check(folder: Folder) -> None:
    if folder.index.state != WHOLE:
        raise FolderError(f"{folder.root} is not whole: the pull into it has not ended; run it again, and then push")
    wrong = [str(folder.root / record.file) for record in broken(folder)]
    if wrong:
        more = f" and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
        names = ", ".join(wrong[:NAMED])
        raise FolderError(f"gone, or changed since they were pulled: {names}{more}; pull them again, or put them back")
    strangers = list(unknown(folder))
    if strangers:
        print(f"{len(strangers)} files that were not pulled stay here, such as {strangers[0]}", file=sys.stderr)


async def _journal(folder: Folder, verb: str, request: Request) -> Journal:
    """Of the uploads of this verb between the folder and that place."""
    place = sha256(f"{request.endpoint} {request.location}".encode()).hexdigest()[:16]
    key = f"{verb}-{place}.ndjson"
    return Journal(folder.notes, key, await read_journal(folder.notes, key))


class Bars(View):
    """What is under way, for people."""

    def line(self) -> str:
        p = self.progress
        if p is None or not (p.message or p.objects_total):
            return ""
        return p.message or f"{p.objects_done}/{p.objects_total} objects"


Verb = Callable[[Request, Progress], Coroutine[Any, Any, Moved]]


def main(verb: Verb, request: Request, out: TextIO = sys.stdout) -> int:
    """Do it, and say how it went; returns the exit code."""
    try:
        moved = asyncio.run(_shown(verb, request))
    except Failure as failure:
        print(f"{failure.reason}: {failure.message}\n{ADVICE.get(failure.reason, failure.suggestion)}", file=sys.stderr)
        return failure.exit_code
    except FolderError as error:
        print(error, file=sys.stderr)
        return IO_ERROR
    except KeyboardInterrupt:
        print(f"stopped; {AGAIN}", file=sys.stderr)
        return Exit.INTERRUPTED
    out.write(as_json(moved) if request.as_json else as_text(moved, request))
    return 0


async def _shown(verb: Verb, request: Request) -> Moved:
    progress = Progress(Reason.COPYING_FILES)
    view = Bars(Console(stderr=True))
    view.observe("files", progress)
    async with view.shown():
        return await verb(request, progress)


def as_json(moved: Moved) -> str:
    """For programs."""
    proofs = {"verified": moved.verification.verified, "comparedBySize": moved.verification.size_only}
    counts = {name: getattr(moved, name) for name in ("objects", "bytes", "present", "copied", "extra")}
    return orjson.dumps(counts | proofs, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def as_text(moved: Moved, request: Request) -> str:
    """For people."""
    size = f"{moved.objects} objects, {moved.bytes} bytes"
    if request.dry_run:
        return f"{size}: {moved.present} are there, {moved.objects - moved.present} would be copied\n"
    found = moved.verification
    by_size = f", {found.size_only} could be compared by size only" if found.size_only else ""
    lines = [
        f"{size}: {moved.copied} copied, {moved.present} were there; {found.verified} verified by content{by_size}"
    ]
    lines += [f"{moved.extra} more objects at the destination stay as they are"] if moved.extra else []
    return "".join(f"{line}\n" for line in lines)
