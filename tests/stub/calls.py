"""Requests and answers as the S3 API has them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from tests.stub.http import Answer, Request

KEPT = ("content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires")
XML = {"content-type": "application/xml"}


class Refusal(Exception):
    """An answer that says no."""

    def __init__(self, status: int, code: str) -> None:
        self.answer = Answer(status, XML, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())


@dataclass(frozen=True)
class Call:
    """A request as the API has it."""

    operation: str
    bucket: str
    key: str
    query: dict[str, str]
    request: Request

    def header(self, name: str) -> str:
        return self.request.headers.get(name, "")


def parse(request: Request) -> Call:
    """What the request asks for."""
    path, _, query = request.target.partition("?")
    bucket, _, key = path.removeprefix("/").partition("/")
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    operation = _operation(request, key, parameters)
    return Call(operation, bucket, unquote(key), parameters, request)


def _operation(request: Request, key: str, query: dict[str, str]) -> str:
    if not key:
        return {"GET": "list", "PUT": "create_bucket", "HEAD": "create_bucket"}[request.method]
    if "uploads" in query:
        return "begin"
    copies = "x-amz-copy-source" in request.headers
    if "uploadId" in query:
        put = "copy_part" if copies else "part"
        return {"GET": "parts", "PUT": put, "POST": "complete", "DELETE": "abort"}[request.method]
    put = "copy" if copies else "put"
    return {"GET": "get", "HEAD": "head", "PUT": put, "DELETE": "delete"}[request.method]


def kept_headers(request: Request) -> dict[str, str]:
    """The headers that belong to an object."""
    return {name: value for name, value in request.headers.items() if name in KEPT or name.startswith("x-amz-meta-")}


def byte_range(header: str, size: int) -> tuple[int, int]:
    first, _, last = header.removeprefix("bytes=").partition("-")
    return int(first), min(int(last) + 1, size) if last else size


def xml(name: str, more: str = "", **elements: object) -> Answer:
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in elements.items())
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name}>{inner}{more}</{name}>'
    return Answer(200, XML, text.encode())
