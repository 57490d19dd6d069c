"""The stub itself: a store in memory that speaks as much of the S3 API as the engine does, signatures aside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import unquote

from tests.stub.calls import XML, Call, Refusal, byte_range, kept_headers, parse, xml
from tests.stub.content import Content, Stretch, cut, etag_of_parts, joined, md5, read, size_of
from tests.stub.http import Answer, Request
from tests.stub.listing import Listings, Row


@dataclass
class Stored:
    """An object. `parts`: the sizes of the parts in which it was uploaded."""

    content: Content
    etag: str
    headers: dict[str, str] = field(default_factory=dict)
    parts: Sequence[int] = ()

    @property
    def size(self) -> int:
        return size_of(self.content)


@dataclass
class Uploading:
    """A multipart upload."""

    key: str
    headers: dict[str, str]
    parts: dict[int, Content] = field(default_factory=dict)


@dataclass
class Shelf:
    """A bucket. `made_up`: rows that are listed instead of what lies in it."""

    objects: dict[str, Stored] = field(default_factory=dict)
    uploads: dict[str, Uploading] = field(default_factory=dict)
    made_up: Sequence[Row] | None = None

    def rows(self, prefix: str) -> Sequence[Row]:
        if self.made_up is not None and self.made_up[0].key.startswith(prefix):
            return self.made_up
        found = sorted((key.encode(), stored) for key, stored in self.objects.items() if key.startswith(prefix))
        return [Row(key.decode(), stored.size, stored.etag) for key, stored in found]

    def put_parts(self, key: str, *parts: Content, headers: dict[str, str] | None = None) -> Stored:
        """Put an object that was uploaded in these parts."""
        stored = Stored(joined(parts), etag_of_parts(parts), headers or {}, tuple(map(size_of, parts)))
        self.objects[key] = stored
        return stored

    def put(self, key: str, content: Content) -> Stored:
        self.objects[key] = Stored(content, md5(content), {"content-type": "application/wacz"})
        return self.objects[key]


@dataclass
class Stub:
    """Hand it to `serving`, or to a way. `calls`: what it was asked, in order."""

    listings: Listings = field(default_factory=Listings)
    ignores_conditions: bool = False
    """Takes If-Match and x-amz-copy-source-if-match for nothing."""
    keeps: Callable[[str, int], bool] = lambda key, size: True
    """Whether the bytes are kept of what is put under the key, or is a part of it."""
    before: Callable[[Call], None] = lambda call: None
    """Called before each request is done."""
    shelves: dict[str, Shelf] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1))

    async def __call__(self, request: Request) -> Answer:
        call = parse(request)
        self.calls.append((call.operation, call.key))
        self.before(call)
        try:
            answer: Answer = getattr(self, f"_{call.operation}")(self._shelf(call), call)
        except Refusal as refusal:
            answer = refusal.answer
        if request.method == "HEAD":
            return Answer(answer.status, answer.headers, length=len(answer.body) or answer.length)
        return answer

    def shelf(self, name: str) -> Shelf:
        return self.shelves.setdefault(name, Shelf())

    def count(self, operation: str) -> int:
        """How often the operation was asked for."""
        return sum(1 for asked, _ in self.calls if asked == operation)

    def _shelf(self, call: Call) -> Shelf:
        if call.operation == "create_bucket":
            return self.shelf(call.bucket)
        if call.bucket not in self.shelves:
            raise Refusal(404, "NoSuchBucket")
        return self.shelves[call.bucket]

    def _create_bucket(self, shelf: Shelf, call: Call) -> Answer:
        return Answer(200)

    def _list(self, shelf: Shelf, call: Call) -> Answer:
        rows = shelf.rows(call.query.get("prefix", ""))
        return Answer(200, XML, self.listings.page(call.bucket, rows, call.query).encode())

    def _head(self, shelf: Shelf, call: Call) -> Answer:
        stored = _found(shelf, call.key)
        headers = {**stored.headers, "etag": f'"{stored.etag}"'}
        size = stored.size
        if "partNumber" in call.query and stored.parts:
            size = stored.parts[int(call.query["partNumber"]) - 1]
            headers["x-amz-mp-parts-count"] = str(len(stored.parts))
        return Answer(200, headers, length=size)

    def _get(self, shelf: Shelf, call: Call) -> Answer:
        stored = _found(shelf, call.key)
        self._check(call.header("if-match"), stored)
        headers = {**stored.headers, "etag": f'"{stored.etag}"'}
        if not call.header("range"):
            return Answer(200, headers, read(stored.content))
        start, end = byte_range(call.header("range"), stored.size)
        headers["content-range"] = f"bytes {start}-{end - 1}/{stored.size}"
        return Answer(206, headers, read(cut(stored.content, start, end)))

    def _put(self, shelf: Shelf, call: Call) -> Answer:
        self._check_absent(shelf, call)
        stored = Stored(self._kept(call), md5((call.request.body,)), kept_headers(call.request))
        shelf.objects[call.key] = stored
        return Answer(200, {"etag": f'"{stored.etag}"'})

    def _copy(self, shelf: Shelf, call: Call) -> Answer:
        self._check_absent(shelf, call)
        source = self._source(call)
        shelf.objects[call.key] = Stored(source.content, md5(source.content), source.headers)
        return xml("CopyObjectResult", ETag=f'"{md5(source.content)}"')

    def _delete(self, shelf: Shelf, call: Call) -> Answer:
        shelf.objects.pop(call.key, None)
        return Answer(204)

    def _begin(self, shelf: Shelf, call: Call) -> Answer:
        upload_id = f"upload-{next(self.numbers)}"
        shelf.uploads[upload_id] = Uploading(call.key, kept_headers(call.request))
        return xml("InitiateMultipartUploadResult", Bucket=call.bucket, UploadId=upload_id)

    def _part(self, shelf: Shelf, call: Call) -> Answer:
        content = self._kept(call)
        _upload(shelf, call).parts[int(call.query["partNumber"])] = content
        return Answer(200, {"etag": f'"{md5(content)}"'})

    def _copy_part(self, shelf: Shelf, call: Call) -> Answer:
        source = self._source(call)
        content = cut(source.content, *byte_range(call.header("x-amz-copy-source-range"), source.size))
        _upload(shelf, call).parts[int(call.query["partNumber"])] = content
        return xml("CopyPartResult", ETag=f'"{md5(content)}"')

    def _parts(self, shelf: Shelf, call: Call) -> Answer:
        parts, after = _upload(shelf, call).parts, int(call.query.get("part-number-marker", 0))
        numbers = sorted(number for number in parts if number > after)
        shown = numbers[: int(call.query.get("max-parts", 1000))]
        rows = (
            f"<Part><PartNumber>{number}</PartNumber><ETag>&quot;{md5(parts[number])}&quot;</ETag>"
            f"<Size>{size_of(parts[number])}</Size></Part>"
            for number in shown
        )
        is_truncated = "true" if shown != numbers else "false"
        marker = shown[-1] if shown else after
        return xml("ListPartsResult", "".join(rows), IsTruncated=is_truncated, NextPartNumberMarker=marker)

    def _complete(self, shelf: Shelf, call: Call) -> Answer:
        upload = _upload(shelf, call)
        self._check_absent(shelf, call)
        parts = [upload.parts[number] for number in sorted(upload.parts)]
        stored = shelf.put_parts(call.key, *parts, headers=upload.headers)
        del shelf.uploads[call.query["uploadId"]]
        return xml("CompleteMultipartUploadResult", ETag=f'"{stored.etag}"')

    def _abort(self, shelf: Shelf, call: Call) -> Answer:
        _upload(shelf, call)
        del shelf.uploads[call.query["uploadId"]]
        return Answer(204)

    def _kept(self, call: Call) -> Content:
        """What was sent, or as many bytes of nothing in particular."""
        body = call.request.body
        return (body,) if self.keeps(call.key, len(body)) else (Stretch(call.key, 0, len(body)),)

    def _source(self, call: Call) -> Stored:
        bucket, _, key = unquote(call.header("x-amz-copy-source")).lstrip("/").partition("/")
        stored = _found(self.shelf(bucket), key)
        self._check(call.header("x-amz-copy-source-if-match"), stored)
        return stored

    def _check(self, etag: str, stored: Stored) -> None:
        if etag and etag.strip('"') != stored.etag and not self.ignores_conditions:
            raise Refusal(412, "PreconditionFailed")

    def _check_absent(self, shelf: Shelf, call: Call) -> None:
        if call.header("if-none-match") == "*" and call.key in shelf.objects:
            raise Refusal(412, "PreconditionFailed")


def _found(shelf: Shelf, key: str) -> Stored:
    if key not in shelf.objects:
        raise Refusal(404, "NoSuchKey")
    return shelf.objects[key]


def _upload(shelf: Shelf, call: Call) -> Uploading:
    if call.query["uploadId"] not in shelf.uploads:
        raise Refusal(404, "NoSuchUpload")
    return shelf.uploads[call.query["uploadId"]]
