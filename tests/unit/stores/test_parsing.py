"""What answers say: what is good, what is refused, and what only looks good."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from orgport.stores import s3_parse as parse
from orgport.stores.s3_errors import INCOMPLETE, NOT_S3, Refused
from orgport.stores.s3_message import Answer
from orgport.stores.s3_parse import Part, error_of

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
ERROR = XML + "<Error><Code>{}</Code><Message>no</Message><Key>a</Key><Region>eu-west-3</Region></Error>"
READERS: dict[str, Callable[[Answer], object]] = {
    "copy": parse.parse_copied,
    "copy of a part": parse.parse_copied_part,
    "begun upload": parse.parse_upload_id,
    "completed upload": parse.parse_completed,
    "parts": parse.parse_parts,
    "tags": parse.parse_tags,
    "page": parse.parse_listed,
}


def answer(body: str | bytes = b"", status: int = 200, **headers: str) -> Answer:
    named = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    return Answer(status, named, body.encode() if isinstance(body, str) else body)


def result(name: str, inner: str, namespace: str = NAMESPACE) -> Answer:
    return answer(f"{XML}<{name}{namespace}>{inner}</{name}>")


@given(
    root=st.sampled_from(["CopyObjectResult", "CopyPartResult", "Error", "CompleteMultipartUploadResult"]),
    declaration=st.sampled_from(["", XML, " \n" + XML, "<!-- -->"]),
    namespace=st.sampled_from(["", NAMESPACE]),
    etag=st.sampled_from(["&quot;a1-2&quot;", "&#34;a1&#34;", '"a1"', "a1", "", "&amp;a", "<b/>"]),
    elements=st.permutations(["etag", "date", "checksum"]),
    rest=st.sampled_from(["", "\n", "x", "</a>"]),
    cut=st.integers(0, 3),
)
def test_the_pattern_reads_of_a_copy_what_the_parser_reads(
    root: str, declaration: str, namespace: str, etag: str, elements: list[str], rest: str, cut: int
) -> None:
    texts = {
        "etag": f"<ETag>{etag}</ETag>",
        "date": "<LastModified>2026-11-25T01:02:03.000Z</LastModified>",
        "checksum": "<ChecksumCRC64NVME>abc=</ChecksumCRC64NVME>",
    }
    inner = "".join(texts[name] for name in elements[: 3 - cut % 2])
    text = f"{declaration}<{root}{namespace}>{inner}</{root}>{rest}"
    said = answer(text[: len(text) - cut])
    assert outcome(parse.parse_copied, said) == outcome(by_parser, said)


def by_parser(said: Answer) -> str:
    return parse.plain_etag(parse.told(said, "CopyObjectResult", "ETag"))


def outcome(read: Callable[[Answer], str], said: Answer) -> str:
    try:
        return read(said)
    except Refused as refused:
        return str(refused)


def test_good_answers_are_read() -> None:
    etag = "<ETag>&quot;a1-2&quot;</ETag>"
    assert parse.parse_copied(result("CopyObjectResult", etag)) == "a1-2"
    assert parse.parse_copied_part(result("CopyPartResult", etag, "")) == "a1-2"
    assert parse.parse_completed(result("CompleteMultipartUploadResult", f"<Key>a</Key>{etag}")) == "a1-2"
    assert parse.parse_upload_id(result("InitiateMultipartUploadResult", "<UploadId>i/d</UploadId>")) == "i/d"
    assert parse.parse_tags(result("Tagging", "<TagSet><Tag><Key>a</Key><Value/></Tag></TagSet>")) == {"a": ""}
    assert parse.parse_written(answer(etag='"a1"')) == "a1"


def test_parts_are_read_page_by_page() -> None:
    part = "<Part><PartNumber>3</PartNumber><ETag>&quot;a&quot;</ETag><Size>7</Size></Part>"
    more = "<IsTruncated>true</IsTruncated><NextPartNumberMarker>3</NextPartNumberMarker>"
    assert parse.parse_parts(result("ListPartsResult", part + more)) == ([Part(3, 7, "a")], "3")
    last = "<IsTruncated>false</IsTruncated><NextPartNumberMarker>3</NextPartNumberMarker>"
    assert parse.parse_parts(result("ListPartsResult", part + last)) == ([Part(3, 7, "a")], None)


@pytest.mark.parametrize("body", ["", "<html><p>Welcome<br></html>", XML + "<Result></Result>", XML + "<Copy"])
@pytest.mark.parametrize("name", READERS)
def test_a_good_answer_without_what_it_has_to_tell_may_be_asked_for_again(name: str, body: str) -> None:
    with pytest.raises(Refused) as caught:
        READERS[name](answer(body))
    assert caught.value.code in (INCOMPLETE, NOT_S3)
    assert caught.value.is_passing


@pytest.mark.parametrize("code", ["InternalError", "SlowDown", "AccessDenied", "NoSuchKey"])
@pytest.mark.parametrize("name", READERS)
def test_an_error_inside_a_good_answer_may_be_asked_for_again(name: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        READERS[name](answer(ERROR.format(code)))
    assert caught.value.code == code
    assert caught.value.is_passing
    assert not caught.value.is_missing


@pytest.mark.parametrize("headers", [{}, {"etag": '"a"'}, {"content-length": "5"}, {"etag": "", "content-length": "5"}])
def test_a_head_has_to_tell_size_and_etag(headers: dict[str, str]) -> None:
    with pytest.raises(Refused) as caught:
        parse.parse_head(Answer(200, CIMultiDict(headers)))
    assert caught.value.is_passing


def test_a_head_is_read_whatever_the_case_of_its_names() -> None:
    said = CIMultiDict(
        {
            "Content-Length": "5",
            "ETag": '"a-3"',
            "Content-Type": "application/wacz",
            "Content-Encoding": "aws-chunked,gzip",
            "Cache-Control": "no-cache",
            "X-Amz-Meta-Name": "Value",
            "X-Amz-Storage-Class": "GLACIER",
            "X-Amz-Tagging-Count": "2",
            "X-Amz-Mp-Parts-Count": "3",
        }
    )
    head = parse.parse_head(Answer(200, said))
    assert (head.size, head.etag, head.storage_class, head.tag_count, head.part_count) == (5, "a-3", "GLACIER", 2, 3)
    assert head.stored({}) == {
        "content-type": "application/wacz",
        "cache-control": "no-cache",
        "content-encoding": "gzip",
        "x-amz-meta-name": "Value",
    }


def test_a_refusal_tells_its_code_request_and_region_and_when_to_come_back() -> None:
    said = answer(
        ERROR.format("SlowDown"),
        503,
        x_amz_request_id="R1",
        retry_after="7",
        date="Wed, 25 Nov 2026 03:12:00 GMT",
    )
    refused = error_of(said)
    assert (refused.code, refused.status, refused.request_id) == ("SlowDown", 503, "R1")
    assert (refused.retry_after, refused.region, refused.date) == (7.0, "eu-west-3", 1795576320.0)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, "", "404"),
        (403, "", "403"),
        (404, "<html><p>Not found<br></html>", NOT_S3),
        (400, "The plain HTTP request was sent to HTTPS port", NOT_S3),
        (502, "<html><p>Bad gateway<br></html>", "502"),
        (404, XML + "<Result></Result>", "404"),
        (404, ERROR.format("NoSuchKey").replace("<Key>a<", "<Key>a\x01&#x1;\ufffe<"), "NoSuchKey"),
    ],
)
def test_an_error_s_code_is_the_store_s_own_or_the_status(status: int, body: str, code: str) -> None:
    refused = error_of(answer(body, status))
    assert (refused.code, refused.status) == (code, status)
    assert refused.is_missing == (status == 404 and code != NOT_S3)


@pytest.mark.parametrize("odd", ["\x01", "&#1;", "&#x1F;", "\ufffe", "&#xfffe;", "&#65535;", "\x00"], ids=ascii)
def test_an_answer_is_read_although_xml_cannot_hold_the_key_that_it_repeats(odd: str) -> None:
    said = result("InitiateMultipartUploadResult", f"<Key>a{odd}</Key><UploadId>id&#65;</UploadId>")
    assert parse.parse_upload_id(said) == "idA"


@pytest.mark.parametrize("text", ["", "yesterday", "Wed, 99 Nov 2026 03:12:00 GMT"])
def test_a_clock_that_cannot_be_read_is_none(text: str) -> None:
    assert parse.parse_date(text) is None


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("7", 7.0),
        ("Wed, 25 Nov 2026 03:12:30 GMT", 30.0),
        ("Wed, 25 Nov 2026 03:11:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
    ],
)
def test_a_store_may_say_in_either_way_when_to_come_back(asked: str, seconds: float | None) -> None:
    said = answer(ERROR.format("SlowDown"), 503, retry_after=asked, date="Wed, 25 Nov 2026 03:12:00 GMT")
    assert error_of(said).retry_after == seconds
