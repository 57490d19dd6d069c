"""Names of files for keys: the key itself where every file system takes it, and else one that stands for it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from hashlib import sha256

HOME = ".orgport"
"""The folder in the folder that holds what is ours."""
STAND_INS = f"{HOME}/objects"
SEGMENT_BYTES = 255
PATH_BYTES = 1024
"""Some systems have 4096 for the whole path, and the folder lies somewhere."""


def natural(key: str) -> str | None:
    """The key as a relative path; None where a file system might refuse it, or take it for another one."""
    segments = key.split("/")
    if len(key.encode("utf-8", "surrogatepass")) > PATH_BYTES or folded(segments[0]) == HOME:
        return None
    return key if all(map(_is_plain, segments)) else None


def stand_in(key: str) -> str:
    """A path for a key that has none of its own; no two keys have the same."""
    digest = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{STAND_INS}/{digest[:2]}/{digest}"


def folded(path: str) -> str:
    """What two paths have in common that are one on some file systems: letters without case, composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def folders_of(path: str) -> Iterator[str]:
    """The folders that the path leads through, the outermost first."""
    segments = path.split("/")
    return ("/".join(segments[:count]) for count in range(1, len(segments)))


def _is_plain(segment: str) -> bool:
    if segment in ("", ".", "..") or segment[-1] in ". " or not segment.isprintable():
        return False
    return not set(segment) & set('\\:*?"<>|') and len(segment.encode()) <= SEGMENT_BYTES
