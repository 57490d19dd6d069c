"""What two buckets can do for each other, found out by trying. Nothing is written at the source."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.s3 import AlreadyThere, Bucket, Listed
from orgport.stores.s3_model import MIB
from orgport.transfer.opacity import asks_for_kms, hides_content

SAMPLE_BYTES = 16 * MIB
"""A larger sample is tried by one part of it."""
UNSUPPORTED = (Reason.INTERNAL, Reason.ACCESS_DENIED, Reason.OBJECTS_MISSING, Reason.BUCKET_NOT_FOUND)


@dataclass(frozen=True)
class Capabilities:
    """What was found. `conditional`: If-None-Match is honoured on PutObject; `conditional_copy`: on CopyObject.

    `opaque`: ETags of one side say nothing of the content.
    """

    server_side: bool
    conditional: bool
    conditional_copy: bool = False
    opaque: bool = False


async def probe(source: Bucket, destination: Bucket, source_sample: Listed | None, scratch_prefix: str) -> Capabilities:
    """Try with objects below scratch_prefix at the destination, which are removed again.

    `source_sample`: an object to copy; without one, server-side copies are expected from the same access key only.
    ACCESS_DENIED and others when the destination cannot be written at all.
    """
    written, copied = f"{scratch_prefix}probe", f"{scratch_prefix}probe-copy"
    await destination.write(written, b"orgport", content_type="text/plain")
    try:
        conditional = await _refuses_second_write(destination, written)
        server_side = await _copies(source, destination, source_sample, copied)
        conditional_copy = server_side and await _refuses_second_copy(destination, written, copied)
        opaque = asks_for_kms(destination) or await hides_content(destination, written)
        opaque = opaque or (source_sample is not None and await hides_content(source, source_sample.key))
        return Capabilities(server_side, conditional, conditional_copy, opaque)
    finally:
        await destination.delete((written, copied))


def same_endpoint(one: Bucket, other: Bucket) -> bool:
    """Whether both are reached at one address."""
    return _address(one) == _address(other)


def _address(bucket: Bucket) -> tuple[str, str, int | None] | None:
    if bucket.connection.endpoint is None:
        return None
    url = urlsplit(bucket.connection.endpoint)
    return url.scheme, (url.hostname or "").lower(), url.port or {"http": 80, "https": 443}.get(url.scheme)


async def _refuses_second_write(bucket: Bucket, key: str) -> bool:
    try:
        await bucket.write(key, b"orgport", content_type="text/plain", if_absent=True)
    except AlreadyThere:
        return True
    except Failure as failure:
        _if_unsupported(failure)
    return False


async def _copies(source: Bucket, destination: Bucket, sample: Listed | None, scratch: str) -> bool:
    if not same_endpoint(source, destination):
        return False
    if sample is None:
        return source.connection.access_key == destination.connection.access_key
    try:
        await _try_copy(source, destination, sample, scratch)
    except Failure as failure:
        _if_unsupported(failure)
        return False
    return True


async def _try_copy(source: Bucket, destination: Bucket, sample: Listed, scratch: str) -> None:
    if sample.size <= SAMPLE_BYTES:
        await destination.copy(source, sample.key, scratch, if_match=sample.etag)
        return
    upload = await destination.upload(scratch, {})
    try:
        await upload.copy(1, source, sample.key, 0, MIB, sample.etag)
    finally:
        await upload.abort()


async def _refuses_second_copy(bucket: Bucket, key: str, scratch: str) -> bool:
    try:
        await bucket.copy(bucket, key, scratch)
        await bucket.copy(bucket, key, scratch, if_absent=True)
    except AlreadyThere:
        return True
    except Failure as failure:
        _if_unsupported(failure)
    return False


def _if_unsupported(failure: Failure) -> None:
    """Pass over what a store that lacks the operation, or forbids it, says; anything else is a failure."""
    if failure.reason not in UNSUPPORTED:
        raise failure
