"""Listings: of what lies in a bucket of the stub, or of millions of keys that are made up as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload
from urllib.parse import quote
from xml.sax.saxutils import escape

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """One object of a listing."""

    key: str
    size: int
    etag: str


@dataclass(frozen=True)
class MadeUp(Sequence[Row]):
    """Rows with the numbers from 0 to before `end`, a multiple of ten, but those that end in a digit left out."""

    prefix: str
    end: int
    left_out: tuple[int, ...] = ()

    def __len__(self) -> int:
        return self.end // 10 * (10 - len(self.left_out))

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> list[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | list[Row]:
        if isinstance(at, slice):
            return [self._row(index) for index in range(*at.indices(len(self)))]
        return self._row(at)

    def _row(self, index: int) -> Row:
        kept = [digit for digit in range(10) if digit not in self.left_out]
        number = index // len(kept) * 10 + kept[index % len(kept)]
        return Row(f"{self.prefix}{number:09}.wacz", number % 1_000_000, f"{number:032x}")


@dataclass
class Listings:
    """How a store lists. By default as S3 does."""

    encodes: bool = True
    """Honours encoding-type=url, and says so."""
    order: Callable[[str, Sequence[Row]], Sequence[Row]] = lambda bucket, rows: rows
    """What becomes of a bucket's rows, which are in order."""
    empty_pages: int = 0
    """How many pages without keys come before each that has some."""

    def page(self, bucket: str, rows: Sequence[Row], query: dict[str, str]) -> str:
        """The answer to ListObjectsV2. The token is the next row's number, and how many empty pages came before it."""
        rows = self.order(bucket, rows)
        token = query.get("continuation-token", "0.0")
        start, empty = map(int, token.split("."))
        is_empty = empty < self.empty_pages and start < len(rows)
        end = start if is_empty else min(start + int(query.get("max-keys", PAGE)), len(rows))
        following = f"{end}.{empty + 1 if is_empty else 0}" if end < len(rows) else ""
        return self._document(bucket, rows[start:end], query, following)

    def _document(self, bucket: str, rows: Sequence[Row], query: dict[str, str], following: str) -> str:
        encoded = self.encodes and query.get("encoding-type") == "url"
        shown: Callable[[str], str] = quote if encoded else escape
        contents = "".join(
            f"<Contents><Key>{shown(row.key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;{row.etag}&quot;</ETag><Size>{row.size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
            for row in rows
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{bucket}</Name><Prefix>{shown(query.get('prefix', ''))}</Prefix>"
            f"<KeyCount>{len(rows)}</KeyCount><MaxKeys>{query.get('max-keys', PAGE)}</MaxKeys>"
            + ("<EncodingType>url</EncodingType>" if encoded else "")
            + f"<IsTruncated>{'true' if following else 'false'}</IsTruncated>"
            + (f"<NextContinuationToken>{following}</NextContinuationToken>" if following else "")
            + f"{contents}</ListBucketResult>"
        )


def swapped(rows: Sequence[Row]) -> list[Row]:
    """Every two rows in the wrong order."""
    pairs = [list(rows[at : at + 2]) for at in range(0, len(rows), 2)]
    return [row for pair in pairs for row in reversed(pair)]


def as_folders(rows: Sequence[Row]) -> list[Row]:
    """As a store lists that keeps folders: by the names between slashes, so that "a/b" comes before "a-b"."""
    return sorted(rows, key=lambda row: row.key.split("/"))
