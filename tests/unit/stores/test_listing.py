"""Pages of listings: the pattern and the parser say the same, and what is no page is taken for none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.s3_listing import BadPage, Page, parse_page, read_by_pattern, read_strictly
from orgport.stores.s3_model import Listed
from orgport.stores.s3_xml import NotXml
from tests.integration.transfer.odd_keys import ODD_KEYS

NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
ETAG = "d41d8cd98f00b204e9800998ecf8427e"
KEYS = st.one_of(
    st.sampled_from(sorted(ODD_KEYS.values())),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
)


def contents(key: str, size: object = 5, etag: str = f"&quot;{ETAG}&quot;", more: str = "") -> str:
    return (
        f"<Contents><Key>{key}</Key><LastModified>2026-11-25T01:02:03.000Z</LastModified>"
        f"<ETag>{etag}</ETag><Size>{size}</Size>{more}</Contents>"
    )


def page(*rows: str, token: str | None = None, encoding: str = "url", namespace: str = NAMESPACE) -> bytes:
    following = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    head = f"<Name>b</Name><Prefix></Prefix><IsTruncated>{'true' if token else 'false'}</IsTruncated>{following}"
    kind = f"<EncodingType>{encoding}</EncodingType>" if encoding else ""
    text = f"<ListBucketResult{namespace}>{head}{''.join(rows)}{kind}</ListBucketResult>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


@dataclass(frozen=True)
class Style:
    """How a store writes an object of a listing."""

    encodes: str
    quote: str
    more: str
    between: str
    order: tuple[int, ...]

    def encode(self, key: str) -> str:
        if not self.encodes:
            return key
        return quote(key) if self.encodes == "url" else quote_plus(key)

    def write(self, row: Listed) -> str:
        elements = [
            f"<Key>{escape(self.encode(row.key))}</Key>",
            "<LastModified>2026-11-25T01:02:03.000Z</LastModified>",
            f"<ETag>{self.quote}{row.etag}{self.quote}</ETag>",
            f"<Size>{row.size}</Size>",
            self.more,
            f"<StorageClass>{row.storage_class}</StorageClass>" if row.storage_class else "",
        ]
        return f"<Contents>{self.between.join(elements[at] for at in self.order)}</Contents>"


STYLES = st.builds(
    Style,
    encodes=st.sampled_from(["url", "plus", ""]),
    quote=st.sampled_from(["&quot;", "&#34;", '"', ""]),
    more=st.sampled_from(
        [
            "",
            "<Owner><ID>a1</ID><DisplayName>me</DisplayName></Owner>",
            "<Owner><ID></ID><DisplayName></DisplayName></Owner>",
            "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>",
            "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress></RestoreStatus>",
            "<!-- odd -->",
        ]
    ),
    between=st.sampled_from(["", "\n  "]),
    order=st.one_of(st.just((0, 1, 2, 3, 4, 5)), st.just((0, 1, 2, 4, 3, 5)), st.permutations(range(6)).map(tuple)),
)
ROWS = st.lists(
    st.builds(
        Listed,
        key=KEYS,
        size=st.one_of(st.integers(0, 50 * 2**40), st.integers(0, 9)),
        etag=st.one_of(st.just(ETAG), st.just(f"{ETAG}-12"), st.just("")),
        storage_class=st.sampled_from(["", "STANDARD", "GLACIER"]),
    ),
    max_size=5,
)


@given(ROWS, STYLES, st.sampled_from([None, "next", "1+a/b="]), st.sampled_from([NAMESPACE, ""]))
def test_pattern_and_parser_say_the_same(rows: list[Listed], style: Style, token: str | None, namespace: str) -> None:
    text = page(*map(style.write, rows), token=token, encoding="url" if style.encodes else "", namespace=namespace)
    by_pattern = read_by_pattern(text)
    try:
        strictly = read_strictly(text)
    except NotXml:
        assert by_pattern is None
        return
    assert strictly.following == token
    if style.encodes:
        assert strictly.rows == rows
    assert by_pattern in (None, strictly)


@pytest.mark.parametrize("encoding", ["TF-8", "base64", "undefined", "utf-7", ""])
def test_an_encoding_that_nobody_reads_is_no_xml(encoding: str) -> None:
    text = page(contents("a")).replace(b'encoding="UTF-8"', f'encoding="{encoding}"'.encode())
    assert outcome(read_by_pattern, text) is outcome(read_strictly, text) is NotXml


@given(st.data())
def test_a_page_with_a_byte_too_few_or_another_one_is_never_read_otherwise_than_strictly(data: st.DataObject) -> None:
    text = page(contents("a"), contents("b%2B", more="<StorageClass>STANDARD</StorageClass>"), token="t")
    at = data.draw(st.integers(0, len(text) - 1))
    other = text[:at] + data.draw(st.sampled_from([b"", b"<", b"&", b"\x01", b">", b'"'])) + text[at + 1 :]
    assert outcome(read_by_pattern, other) in (None, outcome(read_strictly, other))


def outcome(read: Callable[[bytes], object], text: bytes) -> object:
    """The page, or the kind of the exception."""
    try:
        return read(text)
    except (NotXml, BadPage, Failure) as error:
        return type(error)


@pytest.mark.parametrize("key", [key for key in ODD_KEYS.values() if key.encode()], ids=ascii)
def test_the_pattern_knows_every_key_that_is_encoded(key: str) -> None:
    text = page(contents(quote_plus(key, safe="/")), contents(quote(key, safe="/")))
    assert read_by_pattern(text) == Page([Listed(key, 5, ETAG), Listed(key, 5, ETAG)], None)


def test_the_pattern_knows_the_pages_of_the_stores_that_matter() -> None:
    aws = "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
    minio = "<Owner><ID>02d6</ID><DisplayName>minio</DisplayName></Owner><StorageClass>STANDARD</StorageClass>"
    rows = (
        f"<Contents><Key>a</Key><LastModified>2026-11-25T01:02:03.000Z</LastModified><ETag>&quot;{ETAG}&quot;</ETag>"
        f"{aws}<Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>"
    )
    assert read_by_pattern(page(rows, contents("b", 2, f"&#34;{ETAG}-2&#34;", minio))) == Page(
        [Listed("a", 1, ETAG, "STANDARD"), Listed("b", 2, f"{ETAG}-2", "STANDARD")], None
    )


def test_a_key_is_decoded_only_if_the_store_says_that_it_encoded_it() -> None:
    assert [row.key for row in parse_page(page(contents("a%2Bb+c"), encoding="")).rows] == ["a%2Bb+c"]
    assert [row.key for row in parse_page(page(contents("a%2Bb+c"))).rows] == ["a+b c"]


def test_a_key_that_is_no_text_is_named() -> None:
    with pytest.raises(Failure, match="a%FFb") as caught:
        parse_page(page(contents("a%FFb")))
    assert caught.value.reason is Reason.KEY_REFUSED
    assert caught.value.keys == ("a%FFb",)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html><p>Welcome<br></html>",
        b"<html><body/></html>",
        page(contents("a"))[:-1],
        page(contents("a\x01"), encoding=""),
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + page()[39:],
    ],
    ids=["nothing", "html", "xhtml", "truncated", "control", "doctype"],
)
def test_what_is_no_page_is_not_read_as_one(text: bytes) -> None:
    with pytest.raises(NotXml):
        parse_page(text)


@pytest.mark.parametrize(
    "text",
    [
        page(contents("")),
        page(contents("a", "")),
        page(contents("a", "-1")),
        page(contents("a", "٣")),
        page().replace(b"<IsTruncated>false</IsTruncated>", b""),
        page().replace(b"<IsTruncated>false", b"<IsTruncated>true"),
        page(contents("a"), token="t").replace(b"true", b"perhaps"),
    ],
    ids=["no key", "no size", "negative", "other digits", "no word of the end", "no token", "perhaps"],
)
def test_a_page_that_lacks_what_it_has_to_tell_is_no_page(text: bytes) -> None:
    with pytest.raises(BadPage):
        parse_page(text)


def test_white_space_before_a_page_is_passed_over() -> None:
    assert parse_page(b" \n" + page(contents("a"))).rows == [Listed("a", 5, ETAG)]
