"""Answers of S3 as our own data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orgport.stores.s3_model import Head

CONTENT_HEADERS = ("cache-control", "content-disposition", "content-encoding", "content-language", "expires")


def plain_etag(text: str | None) -> str:
    """An ETag without its quotes."""
    return (text or "").strip('"')


def parse_head(answer: Mapping[str, Any]) -> Head:
    """The answer to HeadObject or GetObject."""
    headers: Mapping[str, str] = answer["ResponseMetadata"]["HTTPHeaders"]
    return Head(
        size=int(answer.get("ContentLength", 0)),
        etag=plain_etag(answer.get("ETag")),
        content_type=headers.get("content-type", "application/octet-stream"),
        headers=content_headers(headers),
        metadata={k.removeprefix("x-amz-meta-"): v for k, v in headers.items() if k.startswith("x-amz-meta-")},
        storage_class=headers.get("x-amz-storage-class", ""),
        encryption=headers.get("x-amz-server-side-encryption", ""),
        tag_count=int(headers.get("x-amz-tagging-count", 0)),
        part_count=int(headers["x-amz-mp-parts-count"]) if "x-amz-mp-parts-count" in headers else None,
    )


def content_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The content headers that are kept with an object, without what only belonged to an upload's framing."""
    kept = {name: headers[name] for name in CONTENT_HEADERS if name in headers}
    encodings = [coding.strip() for coding in kept.pop("content-encoding", "").split(",")]
    real = [coding for coding in encodings if coding and coding != "aws-chunked"]
    return {**kept, "content-encoding": ",".join(real)} if real else kept
