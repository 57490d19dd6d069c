"""Objects of made-up organizations in real buckets: written, listed and read by many threads at once."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.organizations.model import Object

THREADS = 16
PART = 8 * 1024 * 1024
CONTENT_HEADERS = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage")


@dataclass(frozen=True)
class ObjectFacts:
    """What two copies of an object must have in common."""

    size: int
    sha256: str
    content_type: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Store:
    """An S3 server and the keys for it."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)

    @contextmanager
    def client(self) -> Iterator[Any]:
        settings = Config(
            s3={"addressing_style": "path"},
            max_pool_connections=THREADS,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=settings,
        )
        with closing(client):
            yield client

    def make_bucket(self, bucket: str) -> None:
        """Make the bucket unless it is there."""
        with self.client() as client:
            try:
                client.create_bucket(Bucket=bucket)
            except ClientError as error:
                if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                    raise

    def write(self, bucket: str, objects: Mapping[str, Object]) -> None:
        """Write the objects under the keys given; bodies above 8 MiB in parts."""
        with self.client() as client, ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(lambda key: _write(client, bucket, key, objects[key]), objects))

    def unpack(self, bucket: str, bodies: Mapping[str, bytes]) -> None:
        """Have MinIO write many small objects by one request: it unpacks an archive."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for key, body in bodies.items():
                entry = tarfile.TarInfo(key)
                entry.size = len(body)
                archive.addfile(entry, io.BytesIO(body))
        with self.client() as client:
            metadata = {"Snowball-Auto-Extract": "true"}
            client.put_object(Bucket=bucket, Key="packed.tar", Body=packed.getvalue(), Metadata=metadata)

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        with self.client() as client:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def facts(self, bucket: str, keys: Iterable[str]) -> dict[str, ObjectFacts]:
        """What the objects are, read whole."""
        with self.client() as client, ThreadPoolExecutor(THREADS) as threads:
            wanted = list(keys)
            return dict(zip(wanted, threads.map(lambda key: _facts(client, bucket, key), wanted), strict=True))

    def read(self, bucket: str, key: str) -> bytes:
        with self.client() as client:
            body: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
            return body

    def delete(self, bucket: str, *keys: str) -> None:
        with self.client() as client:
            for key in keys:
                client.delete_object(Bucket=bucket, Key=key)


def _write(client: Any, bucket: str, key: str, made: Object) -> None:
    properties: dict[str, Any] = {"ContentType": made.content_type, "Metadata": dict(made.metadata), **made.headers}
    if made.tags:
        properties["Tagging"] = urlencode(made.tags)
    if made.size > PART:
        _write_in_parts(client, bucket, key, made.body, properties)
    else:
        client.put_object(Bucket=bucket, Key=key, Body=made.body, **properties)


def _write_in_parts(client: Any, bucket: str, key: str, body: bytes, properties: dict[str, Any]) -> None:
    one_thread = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, use_threads=False)
    client.upload_fileobj(io.BytesIO(body), bucket, key, ExtraArgs=properties, Config=one_thread)


def _facts(client: Any, bucket: str, key: str) -> ObjectFacts:
    answer = client.get_object(Bucket=bucket, Key=key)
    body = answer["Body"].read()
    tags = client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] if answer.get("TagCount") else []
    return ObjectFacts(
        size=len(body),
        sha256=sha256(body).hexdigest(),
        content_type=answer["ContentType"],
        metadata=answer["Metadata"],
        tags={tag["Key"]: tag["Value"] for tag in tags},
        headers={name: answer[name] for name in CONTENT_HEADERS if answer.get(name)},
    )
