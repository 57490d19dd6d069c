"""Where an archive may lie: apart from what it copies."""

from __future__ import annotations

from collections.abc import Iterable

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.browsertrix.storages import Storage
from orgport.worker.export_claim import Archive


def check_apart(archive: Archive, storages: Iterable[tuple[str, Storage]], org_id: str) -> None:
    """INVALID_SPEC where the archive would lie inside, or around, what is copied."""
    for name, storage in storages:
        if not _is_same_bucket(archive, storage):
            continue
        copied = f"{storage.prefix}{org_id}/"
        if archive.prefix.startswith(copied) or copied.startswith(archive.prefix):
            raise Failure(
                Reason.INVALID_SPEC,
                f"spec.destination.prefix {archive.prefix!r} is inside, or above, {copied!r} of storage "
                f"{name}, which is copied",
                suggestion="choose another bucket, or a prefix such as exports/",
            )


def _is_same_bucket(archive: Archive, storage: Storage) -> bool:
    endpoint = archive.bucket.connection.endpoint
    return storage.bucket == archive.bucket.name and _host(storage.endpoint_url) == _host(endpoint or "")


def _host(url: str) -> str:
    host = url.lower().partition("://")[2].partition("/")[0] or "s3.amazonaws.com"
    return host.removesuffix(":443").removesuffix(":80")
