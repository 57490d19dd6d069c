"""The XML of the S3 API, read strictly and without its namespaces, of which stores differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, fromstring

NO_CHARACTER = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]"
    rb"|&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|fff[ef])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]|6553[45]));",
    re.IGNORECASE,
)
"""What XML 1.0 cannot hold, and keys can."""


class NotXml(Exception):
    """A text that is no XML, or none that a store would send."""


def parse_xml(text: bytes) -> Element:
    """The root element. A store that takes its time sends white space before it."""
    if b"<!DOCTYPE" in text:
        raise NotXml
    try:
        return fromstring(text.strip())
    except (ParseError, ValueError, LookupError):  # the last: an encoding that nobody knows
        raise NotXml from None


def parse_echo(text: bytes) -> Element:
    """The root element of an answer that may repeat a key, which is not read from it: it may hold what XML cannot."""
    try:
        return parse_xml(text)
    except NotXml:
        return parse_xml(NO_CHARACTER.sub(b"", text))


def name_of(element: Element) -> str:
    """The element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def children(element: Element, name: str) -> Iterator[Element]:
    """The elements of that name directly within this one."""
    return (child for child in element if name_of(child) == name)


def text_in(element: Element, name: str) -> str | None:
    """The text of the first element of that name directly within this one; None: there is none."""
    return next((child.text or "" for child in children(element, name)), None)
