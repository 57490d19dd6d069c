"""Slugs as Browsertrix derives them from names of storages and collections."""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not take apart into a Latin letter and a mark.
_LETTERS = str.maketrans(
    {
        **{"ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l"},
        **{"đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ħ": "h", "Ħ": "h", "ı": "i"},
    }
)


def slugify_name(name: str) -> str:
    """Lower-case ASCII letters and digits with single hyphens between; empty if the name has none of them."""
    text = unicodedata.normalize("NFKD", name.replace("'", "").translate(_LETTERS))
    text = text.encode("ascii", "ignore").decode().lower()
    text = re.sub(r"(?<=[0-9]),(?=[0-9])", "", text)
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def folded(text: str) -> str:
    """The text without case and accents: what the database's unique indexes (collation en, strength 1) compare."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
