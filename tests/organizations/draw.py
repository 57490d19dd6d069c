"""Chance that a seed decides: ids, instants, choices and texts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from bson import ObjectId

T = TypeVar("T")

BEGINNING = datetime(2024, 7, 1, 12, 0, tzinfo=UTC)

WORDS = (
    "archive", "news", "museum", "parliament", "weather", "library", "café", "naïve", "Zürich", "Ærø", "город",
    "図書館", "مكتبة", "river", "harbour", "election", "poetry", 'the "quoted"', "back\\slash", "tab\there", "🗄 box",
    "line\u2028separator", "<b>bold</b>", "100%", "a+b", "null", "NaN", "2024-07-01T00:00:00Z",
    "0b8a1f9e-4f3d-4c59-9a56-0d3f6a1b2c3d",
)  # fmt: skip
"""Words of titles, notes and tags: what breaks escaping, and what only looks like a date or an id."""


class Draw:
    """Draws that depend on the seed and on what was drawn before, never on clock or machine."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)

    def uuid(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)

    def object_id(self) -> ObjectId:
        return ObjectId(self._random.randbytes(12))

    def bytes(self, size: int) -> bytes:
        return self._random.randbytes(size)

    def hex(self, digits: int) -> str:
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"

    def integer(self, low: int, high: int) -> int:
        """One of low..high, both included."""
        return self._random.randint(low, high)

    def fraction(self) -> float:
        return round(self._random.random(), 6)

    def chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def pick(self, choices: Sequence[T]) -> T:
        return self._random.choice(choices)

    def some(self, choices: Sequence[T], most: int) -> list[T]:
        """At most that many of the choices, none twice, in their own order."""
        count = self._random.randint(0, min(most, len(choices)))
        chosen = sorted(self._random.sample(range(len(choices)), count))
        return [choices[index] for index in chosen]

    def text(self, words: int) -> str:
        return " ".join(self._random.choice(WORDS) for _ in range(words))

    def instant(self, day: int = 0) -> datetime:
        """An instant of that day, to the millisecond; every fourth on the whole second."""
        milliseconds = self._random.randrange(86_400_000)
        if milliseconds % 4 == 0:
            milliseconds -= milliseconds % 1000
        return BEGINNING + timedelta(days=day, milliseconds=milliseconds)
