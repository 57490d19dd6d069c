"""Finding by name as Browsertrix's own indexes compare names: without case, and without accents where it says so.

The server compares (collation en) where it can; where it refuses collations, the comparison is done here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from pymongo.collation import Collation
from pymongo.errors import OperationFailure

from orgport.stores.mongo import Database

PRIMARY, SECONDARY = 1, 2
"""Strengths of a collation: letters alone, and letters with their accents; case counts in neither."""


async def find_like(
    database: Database, collection: str, field: str, value: str, strength: int, projection: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The documents whose field equals the value at this strength."""
    documents = database.collection(collection)
    with database.translated():
        try:
            cursor = documents.find({field: value}, projection, collation=Collation("en", strength=strength))
            return [each async for each in cursor]
        except OperationFailure as error:
            if not _is_unknown(error):
                raise
        wanted = fold(value, strength)
        among = {} if strength == PRIMARY else {field: {"$regex": f"^{re.escape(value)}$", "$options": "i"}}
        return [
            each
            async for each in documents.find(among, {**projection, field: 1})
            if isinstance(each.get(field), str) and fold(each[field], strength) == wanted
        ]


def fold(text: str, strength: int) -> str:
    """The text without what this strength passes over."""
    if strength == PRIMARY:
        text = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return unicodedata.normalize("NFKC", text.casefold())


def _is_unknown(error: OperationFailure) -> bool:
    """Whether the server has no collations: NotImplemented, and what servers that imitate MongoDB say."""
    return error.code in (9, 72, 115, 238, 303) or "collation" in str(error)
