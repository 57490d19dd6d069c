"""A request to a store and its answer, as plain data."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass, field

Content = bytes | AsyncIterable[bytes]
"""A body; one that is no bytes is iterated once for every try, and has to come out the same."""
WRITING = frozenset(("PUT", "POST", "DELETE"))


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the API. `key`: None of the bucket itself; `query` and `headers`: raw, names in lower case."""

    operation: str
    """As the API names it, for messages."""
    method: str
    key: str | None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Content = field(default=b"", repr=False)
    size: int = 0
    """Bytes of the body."""

    @property
    def writes(self) -> bool:
        return self.method in WRITING


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with its whole body. `headers`: their names have no case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)
