"""Where objects lie: what a copy needs of a bucket, or of a folder that stands for one.

The docstrings of `s3.Bucket` and `s3_upload.Upload` say what each method does and raises.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from typing import Any, Protocol

from orgport.stores.s3_model import Head, Listed, Placement


class Uploading(Protocol):
    """An object that comes in parts, and is invisible until it is complete."""

    @property
    def upload_id(self) -> str: ...

    async def put(self, number: int, body: bytes | AsyncIterable[bytes], start: int, end: int) -> None: ...

    async def copy(self, number: int, source: Any, key: str, start: int, end: int, if_match: str | None) -> None: ...

    async def adopt(self, sizes: Mapping[int, int]) -> set[int] | None: ...

    async def complete(self, *, if_absent: bool = False) -> str: ...

    async def abort(self) -> None: ...


class Objects(Protocol):
    """All keys are full keys."""

    @property
    def placement(self) -> Placement: ...

    def url(self, key: str) -> str: ...

    def list(self, prefix: str) -> AsyncGenerator[Listed, None]: ...

    async def head(self, key: str, *, part: int | None = None) -> Head | None: ...

    def stream(
        self, key: str, *, if_match: str | None = None, start: int = 0, end: int | None = None
    ) -> AsyncGenerator[bytes, None]: ...

    async def copy(
        self, source: Any, source_key: str, key: str, *, if_match: str | None = None, if_absent: bool = False
    ) -> str: ...

    async def put(
        self, key: str, body: bytes | AsyncIterable[bytes], size: int, headers: Mapping[str, str], *, if_absent: bool
    ) -> str: ...

    async def upload(self, key: str, headers: Mapping[str, str]) -> Uploading: ...

    def begun_upload(self, key: str, upload_id: str) -> Uploading: ...

    async def tags(self, key: str) -> dict[str, str]: ...

    async def tag(self, key: str, tags: Mapping[str, str]) -> None: ...


class Notes(Protocol):
    """Where small files of our own are kept, whole or not at all."""

    def url(self, key: str) -> str: ...

    async def read(self, key: str) -> bytes | None: ...

    async def write(self, key: str, body: bytes, *, content_type: str = ...) -> str: ...
