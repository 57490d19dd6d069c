"""Encoded documents made into lines of the JSON, some at a time, and what has to be remembered of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import orjson
from bson.errors import InvalidBSON

from orgport.archive.batches import decode, decode_bare, decode_with_plain_ids
from orgport.archive.encoding import encode, encode_bare, text_of_uuid
from orgport.browsertrix.held import presentable, refusal
from orgport.browsertrix.sections import ITEMS, Section
from orgport.browsertrix.settings import Settings
from orgport.browsertrix.shapes import Shapes
from orgport.browsertrix.states import IN_FLIGHT, PROCESSING_UPLOAD
from orgport.worker.export_changes import Marks
from orgport.worker.export_records import Records, key_of
from orgport.worker.export_references import References

PIECE = 64
"""Documents that are looked at together: the processor's cache holds no more of them."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What becomes of some documents."""

    text: bytes
    """Lines for the section, ",\\n" between them."""
    count: int
    held: list[bytes]
    """Lines for `held`: {rule, document}."""


@dataclass(frozen=True, slots=True)
class Line:
    """What becomes of one document."""

    text: bytes
    is_held: bool


class Taker(Protocol):
    """Makes lines of one section's documents."""

    def lines(self, piece: Sequence[bytes]) -> Lines: ...


def line_of(section: Section, document: dict[str, Any], settings: Settings) -> Line:
    """The document's line; one that Browsertrix would refuse goes into `held` unchanged."""
    rule = refusal(section, document, settings)
    if rule is not None:
        return Line(encode({"rule": rule, "document": document}), True)
    return Line(encode(presentable(section, document)), False)


@dataclass
class Few:
    """For sections whose documents are looked at one by one: their objects, and whether they still run."""

    section: Section
    settings: Settings
    marks: Marks
    records: Records
    references: References
    running: list[str]
    """The items without an end are added to it."""

    def lines(self, piece: Sequence[bytes]) -> Lines:
        documents = [decode(encoded) for encoded in piece]
        key = key_of(self.section)
        self.marks.add(self.section, [document.get(key) for document in documents], piece)
        return _joined([self._line(each) for each in documents if self.records.make_own(self.section, each)])

    def _line(self, document: dict[str, Any]) -> Line:
        if self.section.files:
            self.references.add(self.section, document)
        if self.section is ITEMS and _runs(document):
            self.running.append(str(document["_id"]))
        return line_of(self.section, document, self.settings)


@dataclass
class Many:
    """For sections that may have millions of documents: of most of them no more than the shape is looked at."""

    section: Section
    settings: Settings
    marks: Marks
    org_id: UUID
    shapes: Shapes = field(init=False)

    def __post_init__(self) -> None:
        self.shapes = Shapes(self.section)
        self._organization = orjson.Fragment(orjson.dumps(self.org_id))

    def lines(self, piece: Sequence[bytes]) -> Lines:
        try:
            documents = decode_with_plain_ids(piece)
            are_plain = documents is not None
            documents = documents or decode_bare(b"".join(piece))
            keys = [document.get(self.section.link) for document in documents]
            lines = self._by_shape(piece, documents, are_plain=are_plain)
        except (InvalidBSON, orjson.JSONEncodeError):
            # Something is among them that Browsertrix stores nowhere.
            documents = [decode(encoded) for encoded in piece]
            keys = [document.get(self.section.link) for document in documents]
            lines = _joined([line_of(self.section, document, self.settings) for document in documents])
        self.marks.add(self.section, keys, piece)
        return lines

    def _by_shape(self, piece: Sequence[bytes], documents: Sequence[dict[str, Any]], *, are_plain: bool) -> Lines:
        entries: list[Any] = []
        held: list[bytes] = []
        for encoded, document in zip(piece, documents, strict=True):
            if self.shapes.fits(document):
                # They were asked for by it.
                document["oid"] = self._organization
                if are_plain:
                    document["_id"] = text_of_uuid(document["_id"])
                entries.append(document)
                continue
            line = line_of(self.section, decode(encoded), self.settings)
            if line.is_held:
                held.append(line.text)
            else:
                self.shapes.learn(document)
                entries.append(orjson.Fragment(line.text))
        return Lines(encode_bare(entries), len(entries), held)


def _joined(lines: Sequence[Line]) -> Lines:
    texts = [line.text for line in lines if not line.is_held]
    return Lines(b",\n".join(texts), len(texts), [line.text for line in lines if line.is_held])


def _runs(item: dict[str, Any]) -> bool:
    return item.get("state") in IN_FLIGHT or item.get("state") == PROCESSING_UPLOAD
