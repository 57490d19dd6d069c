"""What goes wrong at a store, in our words: never a foreign exception's text, which may hold a secret."""

from __future__ import annotations

from dataclasses import dataclass

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.s3_model import shown

SKEWED = "RequestTimeTooSkewed"
REJECTED_CREDENTIALS = frozenset(
    (
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "InvalidToken",
        "TokenRefreshRequired",
        "InvalidClientTokenId",
        "InvalidSecurity",
        SKEWED,
        "AuthFailure",
        "UnrecognizedClientException",
    )
)
DENIED = frozenset(("AccessDenied", "AllAccessDisabled", "AccountProblem", "NotSignedUp", "InvalidObjectState"))
NO_BUCKET = frozenset(("NoSuchBucket", "InvalidBucketName"))
WRONG_REGION = frozenset(
    ("PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException")
)
THROTTLING = frozenset(
    (
        "SlowDown",
        "SlowDownRead",
        "SlowDownWrite",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "InternalError",
    )
)
PASSING = THROTTLING | {
    "RequestTimeout",
    "ConditionalRequestConflict",
    "OperationAborted",
    "IncompleteBody",
    "BadDigest",
}
THROTTLING_STATUSES = frozenset((429, 500, 503))
PASSING_STATUSES = THROTTLING_STATUSES | {502, 504}
REFUSED_KEYS = frozenset(
    (
        "XMinioInvalidObjectName",
        "XMinioInvalidResourceName",
        "XMinioObjectExistsAsDirectory",
        "XMinioParentIsObject",
        "InvalidObjectName",
        "InvalidURI",
        "KeyTooLong",
        "KeyTooLongError",
    )
)
NOT_S3 = "AnswerNotOfS3"
"""Our own code for an answer that is none of the S3 API's."""
INCOMPLETE = "AnswerIncomplete"
"""Our own code for an answer that says yes, and lacks what it has to tell."""

PERMISSIONS = {
    "ListObjectsV2": "s3:ListBucket",
    "HeadObject": "s3:GetObject",
    "GetObject": "s3:GetObject",
    "GetObjectTagging": "s3:GetObjectTagging",
    "PutObjectTagging": "s3:PutObjectTagging",
    "DeleteObject": "s3:DeleteObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "ListParts": "s3:ListMultipartUploadParts",
    "CopyObject": "s3:PutObject, and s3:GetObject and s3:GetObjectTagging on the bucket that is copied from",
    "UploadPartCopy": "s3:PutObject, and s3:GetObject on the bucket that is copied from",
}
"""What an operation needs; any other needs s3:PutObject."""
READS = "s3:ListBucket, s3:GetObject, s3:GetObjectTagging"
WRITES = "s3:PutObject, s3:PutObjectTagging, s3:AbortMultipartUpload, s3:ListMultipartUploadParts, s3:DeleteObject"


class Refused(Exception):
    """A store's answer that says no; it becomes a Failure unless the caller expected it.

    `retry_after`: in seconds; `region`: the bucket's, if the store told it; `date`: the store's clock.
    """

    def __init__(
        self,
        code: str,
        status: int,
        request_id: str = "",
        retry_after: float | None = None,
        region: str | None = None,
        date: float | None = None,
    ) -> None:
        super().__init__(f"{code} (HTTP {status})")
        self.code = code
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.region = region
        self.date = date

    @property
    def is_missing(self) -> bool:
        """The object, or the upload, is not there."""
        return self.status == 404 and self.code != NOT_S3 and self.code not in NO_BUCKET

    @property
    def is_unmet(self) -> bool:
        """A condition on an ETag did not hold."""
        return self.status == 412 or self.code == "PreconditionFailed"

    @property
    def is_passing(self) -> bool:
        """Whether the call may succeed later; an error inside an answer that began well always may."""
        return self.code in PASSING or self.status in PASSING_STATUSES or self.status < 300

    @property
    def is_throttle(self) -> bool:
        return self.code in THROTTLING or self.status in THROTTLING_STATUSES


class Unreachable(Exception):
    """No answer came: the kind of foreign exception, and whether it is the certificate."""

    def __init__(self, kind: str, *, certificate: bool = False) -> None:
        super().__init__(kind)
        self.kind = kind
        self.certificate = certificate


@dataclass(frozen=True)
class Where:
    """What a message says of the place: the spec's field, the bucket and its endpoint."""

    title: str
    bucket: str
    endpoint: str | None

    def __str__(self) -> str:
        at = f" at {self.endpoint}" if self.endpoint else ""
        return f"{self.title or 'bucket'}: bucket {self.bucket}{at}"


def refusal(refused: Refused, where: Where, operation: str, key: str = "") -> Failure:
    """The Failure for an answer that says no."""
    reason = _reason(refused, operation, key)
    request = f", request {refused.request_id}" if refused.request_id else ""
    about = f" of {shown(key)}" if key else ""
    message = f"{where}: {operation}{about} was refused with {refused.code} (HTTP {refused.status}{request})"
    return Failure(
        reason, message, suggestion=_suggestion(reason, where, operation, refused), keys=[key] if key else []
    )


def unreachable(error: Unreachable, where: Where, operation: str) -> Failure:
    """The Failure for an answer that never came."""
    suggestion = ""
    if error.certificate:
        suggestion = f"Name the certificate's authority in caBundle beside {where.title or 'the bucket'}."
    message = f"{where}: no answer to {operation} ({error.kind})"
    return Failure(Reason.ENDPOINT_UNREACHABLE, message, suggestion=suggestion)


def _reason(refused: Refused, operation: str, key: str) -> Reason:
    if refused.code in REJECTED_CREDENTIALS:
        return Reason.CREDENTIALS_REJECTED
    if refused.code == NOT_S3 or refused.is_passing or _is_of_no_store(refused, operation):
        return Reason.ENDPOINT_UNREACHABLE
    if refused.code in REFUSED_KEYS and key:
        return Reason.KEY_REFUSED
    if refused.code in NO_BUCKET or (operation == "ListObjectsV2" and refused.status == 404):
        return Reason.BUCKET_NOT_FOUND
    if refused.code in WRONG_REGION or refused.status in (301, 307):
        return Reason.INVALID_SPEC
    if refused.code in DENIED or refused.status in (401, 403):
        return Reason.ACCESS_DENIED
    return Reason.INTERNAL


def _is_of_no_store(refused: Refused, operation: str) -> bool:
    """A 404 without S3's own error code: something else answers there. (What answers HEAD has no body in any case.)"""
    return refused.status == 404 and refused.code == "404" and operation not in ("HeadObject", "ListObjectsV2")


def _suggestion(reason: Reason, where: Where, operation: str, refused: Refused) -> str:
    if refused.code == NOT_S3 or _is_of_no_store(refused, operation):
        return f"Check endpoint of {where.title or 'the bucket'}: what answers there is no S3 store."
    if refused.code == SKEWED:
        return "Set the clocks of the node and of the store."
    if refused.code == "InvalidObjectState":
        return "The object is archived (Glacier); restore it first."
    if reason is Reason.INVALID_SPEC:
        region = f"{refused.region}, the" if refused.region else "the"
        return f"Set region of {where.title or 'the bucket'} to {region} bucket's region."
    if reason is Reason.CREDENTIALS_REJECTED:
        return f"Mend the access key of {where.title or 'the bucket'} in its Secret."
    if reason is Reason.ACCESS_DENIED:
        needed = PERMISSIONS.get(operation, "s3:PutObject")
        return f"Allow {needed} on {where.bucket}. Reading needs {READS}; writing also {WRITES}."
    return ""
