"""A store's refusals in our words."""

from __future__ import annotations

import pytest

from orgport.api.reasons import Reason
from orgport.stores.s3_errors import Refused, Unreachable, Where, refusal, unreachable

WHERE = Where("spec.destination", "archive", "https://s3.example.org")


@pytest.mark.parametrize(
    ("code", "status", "operation", "reason"),
    [
        ("InvalidAccessKeyId", 403, "GetObject", Reason.CREDENTIALS_REJECTED),
        ("SignatureDoesNotMatch", 403, "GetObject", Reason.CREDENTIALS_REJECTED),
        ("ExpiredToken", 400, "GetObject", Reason.CREDENTIALS_REJECTED),
        ("RequestTimeTooSkewed", 403, "GetObject", Reason.CREDENTIALS_REJECTED),
        ("AccessDenied", 403, "PutObject", Reason.ACCESS_DENIED),
        ("403", 403, "HeadObject", Reason.ACCESS_DENIED),
        ("InvalidObjectState", 403, "CopyObject", Reason.ACCESS_DENIED),
        ("NoSuchBucket", 404, "PutObject", Reason.BUCKET_NOT_FOUND),
        ("InvalidBucketName", 400, "PutObject", Reason.BUCKET_NOT_FOUND),
        ("404", 404, "ListObjectsV2", Reason.BUCKET_NOT_FOUND),
        ("PermanentRedirect", 301, "GetObject", Reason.INVALID_SPEC),
        ("AnswerNotOfS3", 400, "GetObject", Reason.ENDPOINT_UNREACHABLE),
        ("AnswerNotOfS3", 404, "GetObject", Reason.ENDPOINT_UNREACHABLE),
        ("AnswerIncomplete", 200, "GetObject", Reason.ENDPOINT_UNREACHABLE),
        ("404", 404, "PutObject", Reason.ENDPOINT_UNREACHABLE),
        ("SlowDown", 503, "GetObject", Reason.ENDPOINT_UNREACHABLE),
        ("500", 500, "GetObject", Reason.ENDPOINT_UNREACHABLE),
        ("Odd", 400, "GetObject", Reason.INTERNAL),
    ],
)
def test_each_refusal_has_its_reason(code: str, status: int, operation: str, reason: Reason) -> None:
    assert refusal(Refused(code, status), WHERE, operation).reason is reason


def test_a_message_names_field_bucket_endpoint_operation_key_code_and_request() -> None:
    failure = refusal(Refused("AccessDenied", 403, "REQ1"), WHERE, "PutObject", "org/a\n")
    assert failure.message == (
        "spec.destination: bucket archive at https://s3.example.org: PutObject of org/a\\n "
        "was refused with AccessDenied (HTTP 403, request REQ1)"
    )
    assert failure.keys == ("org/a\n",)


def test_denied_access_says_which_permissions_are_needed() -> None:
    suggestion = refusal(Refused("AccessDenied", 403), WHERE, "ListObjectsV2").suggestion
    assert suggestion.startswith("Allow s3:ListBucket on archive.")
    assert "s3:PutObject" in suggestion


def test_an_untrusted_certificate_suggests_a_bundle() -> None:
    failure = unreachable(Unreachable("SSLError", certificate=True), WHERE, "GetObject")
    assert failure.reason is Reason.ENDPOINT_UNREACHABLE
    assert "caBundle" in failure.suggestion


@pytest.mark.parametrize(
    "code",
    ["XMinioInvalidObjectName", "XMinioInvalidResourceName", "InvalidObjectName", "InvalidURI", "KeyTooLongError"],
)
def test_a_key_that_the_store_refuses_is_named_with_what_to_do(code: str) -> None:
    failure = refusal(Refused(code, 400), WHERE, "PutObject", "org//a")
    assert (failure.reason, failure.keys) == (Reason.KEY_REFUSED, ("org//a",))
    assert "rename these objects" in failure.suggestion
    assert refusal(Refused(code, 400), WHERE, "ListObjectsV2").reason is Reason.INTERNAL


def test_a_wrong_region_suggests_the_right_one_if_the_store_told_it() -> None:
    told = refusal(Refused("PermanentRedirect", 301, region="eu-west-3"), WHERE, "GetObject", "a")
    assert told.suggestion == "Set region of spec.destination to eu-west-3, the bucket's region."
    untold = refusal(Refused("PermanentRedirect", 301), WHERE, "GetObject", "a")
    assert untold.suggestion == "Set region of spec.destination to the bucket's region."


def test_what_is_no_store_suggests_to_look_at_the_endpoint() -> None:
    assert "Check endpoint of spec.destination" in refusal(Refused("AnswerNotOfS3", 400), WHERE, "GetObject").suggestion


@pytest.mark.parametrize(
    ("code", "status", "is_passing", "is_throttle"),
    [
        ("SlowDown", 503, True, True),
        ("429", 429, True, True),
        ("InternalError", 500, True, True),
        ("InternalError", 200, True, True),
        ("SlowDown", 200, True, True),
        ("502", 502, True, False),
        ("RequestTimeout", 400, True, False),
        ("AnswerIncomplete", 200, True, False),
        ("AccessDenied", 200, True, False),
        ("AccessDenied", 403, False, False),
        ("NoSuchKey", 404, False, False),
        ("AnswerNotOfS3", 400, False, False),
    ],
)
def test_it_is_known_what_passes_and_what_asks_for_fewer_requests(
    code: str, status: int, is_passing: bool, is_throttle: bool
) -> None:
    refused = Refused(code, status)
    assert (refused.is_passing, refused.is_throttle) == (is_passing, is_throttle)
