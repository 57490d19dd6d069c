"""An object of a folder that comes in parts: they lie in one file, each at its place, until all are there."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from typing import TYPE_CHECKING, Any

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.folder_files import told, write_all
from orgport.stores.folder_index import etag_of
from orgport.stores.s3_model import SourceChanged

if TYPE_CHECKING:
    from orgport.stores.folder import Folder


class FolderUpload:
    """Parts may be written in any order and side by side; what is written survives the process."""

    def __init__(self, folder: Folder, key: str, upload_id: str) -> None:
        self.upload_id = upload_id
        self._folder, self._key = folder, key
        self._partial = folder.partial(upload_id)

    async def put(self, number: int, body: bytes | AsyncIterable[bytes], start: int, end: int) -> None:
        """Write the bytes from start to before end of the object."""
        with told(self._partial):
            self._partial.touch()
            with self._partial.open("r+b") as file:
                file.seek(start)
                written, digest = await write_all(file, body)
        if written != end - start:
            raise SourceChanged(self._folder.url(self._key), self._key)
        self._folder.index.add_part(self.upload_id, number, written, digest)

    async def copy(self, number: int, source: Any, key: str, start: int, end: int, if_match: str | None) -> None:
        """A folder has no server that copies: what comes here is streamed."""
        raise TypeError("a folder does not copy from another place by itself")

    async def adopt(self, sizes: Mapping[int, int]) -> set[int] | None:
        """The numbers of the parts that are there in the sizes given; None: there is no such upload any more."""
        if self._folder.index.headers_of(self.upload_id) is None or not self._partial.exists():
            return None
        parts = self._folder.index.parts(self.upload_id)
        return {number for number, (size, _) in parts.items() if sizes.get(number) == size}

    async def complete(self, *, if_absent: bool = False) -> str:
        """Make the object; its ETag, as a store makes it of the same parts. AlreadyThere."""
        index = self._folder.index
        parts, headers = index.parts(self.upload_id), index.headers_of(self.upload_id)
        if headers is None or sorted(parts) != list(range(1, len(parts) + 1)):
            raise Failure(Reason.INTERNAL, f"{self._folder.url(self._key)}: parts are missing")
        size, etag = sum(each for each, _ in parts.values()), etag_of([digest for _, digest in parts.values()])
        first, _ = parts[1]
        self._folder.keep(self._partial, self._key, size, etag, first, headers, if_absent=if_absent)
        index.end_upload(self.upload_id)
        return etag

    async def abort(self) -> None:
        """Leave nothing behind."""
        self._partial.unlink(missing_ok=True)
        self._folder.index.end_upload(self.upload_id)
