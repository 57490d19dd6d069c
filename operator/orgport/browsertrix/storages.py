"""An installation's storages, from the list that Browsertrix's chart writes (`storages.json`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import orjson

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.browsertrix.slugs import slugify_name as slugify_name

DEFAULT_REGION = "us-east-1"
Addressing = Literal["Auto", "Path", "Virtual"]


@dataclass(frozen=True)
class Storage:
    """A storage: a bucket, or a prefix of one, and how to reach it."""

    name: str
    """Slugified, as records name it."""
    endpoint_url: str
    """Scheme and host."""
    bucket: str
    prefix: str
    """Before every key: empty, or ends in "/"."""
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    addressing: Addressing
    is_primary: bool
    is_replica: bool

    @property
    def url(self) -> str:
        """The URL that all its objects' URLs begin with."""
        return f"{self.endpoint_url}/{self.bucket}/{self.prefix}"


def parse_storages(text: str) -> tuple[Storage, ...]:
    """The storages of a storages.json; INVALID_SPEC says what is wrong with it, never what it holds."""
    try:
        entries = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _invalid(f"it is no JSON (line {error.lineno}, column {error.colno})") from None
    if not isinstance(entries, list) or not entries:
        raise _invalid("it must be a list with at least one storage")
    storages = tuple(_storage(entry, index, alone=len(entries) == 1) for index, entry in enumerate(entries))
    _check_together(storages)
    return storages


def primary(storages: Sequence[Storage]) -> Storage:
    """The storage that new organizations get."""
    for storage in storages:
        if storage.is_primary:
            return storage
    names = ", ".join(storage.name for storage in storages)
    raise _invalid(f"none of {names} has is_default_primary; set it for one, or name the storage in the spec")


def find(storages: Sequence[Storage], name: str) -> Storage:
    """The storage of that name, written as in storages.json or as in records; UNKNOWN_STORAGE lists the names."""
    for storage in storages:
        if storage.name in (name, slugify_name(name)):
            return storage
    names = ", ".join(sorted(storage.name for storage in storages))
    raise Failure(
        Reason.UNKNOWN_STORAGE,
        f"the installation has no storage {name!r}; it has {names}",
        suggestion=f"name one of {names}, or map {name!r} to one",
    )


def _storage(entry: Any, index: int, *, alone: bool) -> Storage:
    if not isinstance(entry, dict):
        raise _invalid(f"entry {index + 1} is no map")
    name = slugify_name(_text(entry, "name", f"entry {index + 1}"))
    title = f"storage {name!r}"
    if not name:
        raise _invalid(f"entry {index + 1} has a name without letters and digits")
    if entry.get("type", "s3") != "s3":
        raise _invalid(f"{title} is not of type s3, the only one there is")
    endpoint_url, bucket, prefix = _place(entry, title)
    return Storage(
        name=name,
        endpoint_url=endpoint_url,
        bucket=bucket,
        prefix=prefix,
        region=entry.get("region") or DEFAULT_REGION,
        access_key=_text(entry, "access_key", title),
        secret_key=_text(entry, "secret_key", title),
        # access_addressing_style is about links for browsers. For its own requests Browsertrix leaves the choice to
        # the client; "virtual" would send them to hosts that a MinIO in the cluster does not have.
        addressing="Path" if entry.get("access_addressing_style") == "path" else "Auto",
        is_primary=alone or bool(entry.get("is_default_primary")),
        is_replica=bool(entry.get("is_default_replica")),
    )


def _place(entry: Mapping[str, Any], title: str) -> tuple[str, str, str]:
    url = _text(entry, "endpoint_url", title)
    parts = _split(url, title)
    path = f"{parts.path.strip('/')}/{entry.get('bucket_name') or ''}".strip("/")
    bucket, _, prefix = path.partition("/")
    if not bucket:
        raise _invalid(f"{title} has no bucket: give bucket_name, or a bucket in endpoint_url's path")
    return f"{parts.scheme}://{parts.netloc}", bucket, f"{prefix}/" if prefix else ""


def _split(url: str, title: str) -> Any:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid or parts.username is not None or parts.query or parts.fragment:
        raise _invalid(f"the endpoint_url of {title} is no plain http(s) URL")
    return parts


def _text(entry: Mapping[str, Any], key: str, title: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _invalid(f"{title} has no {key}")
    return value.strip()


def _check_together(storages: tuple[Storage, ...]) -> None:
    names = [storage.name for storage in storages]
    for name in names:
        if names.count(name) > 1:
            raise _invalid(f"two storages have the name {name!r} (names are compared as slugs)")
    if sum(storage.is_primary for storage in storages) > 1:
        raise _invalid("more than one storage has is_default_primary")


def _invalid(what: str) -> Failure:
    return Failure(
        Reason.INVALID_SPEC, f"storages.json: {what}", suggestion="correct the Secret that holds storages.json"
    )
