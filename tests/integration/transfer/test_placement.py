"""How a destination keeps what is written."""

from __future__ import annotations

import pytest

from orgport.api.plan import Leg
from orgport.stores.s3 import Bucket, Placement
from orgport.stores.s3_model import MIB
from tests.integration.transfer.conftest import Pair
from tests.integration.transfer.copies import LEGS, copy_one, upload

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("leg", LEGS, ids=["server-side", "streamed"])
async def test_copies_get_the_storage_class_that_was_asked_for(pair: Pair, leg: Leg) -> None:
    placed = Pair(pair.source, replace_placement(pair.destination, Placement("REDUCED_REDUNDANCY")))
    await pair.source.write("whole", b"x")
    await upload(pair.source, "parts", 5 * MIB, 1)
    for key in ("whole", "parts"):
        await copy_one(placed, key, leg)
        head = await pair.destination.head(f"copy/{key}")
        assert head is not None
        assert head.storage_class == "REDUCED_REDUNDANCY"


def replace_placement(bucket: Bucket, placement: Placement) -> Bucket:
    return Bucket(bucket.connection, bucket.name, placement, bucket._calls)


@pytest.mark.parametrize(
    ("placement", "headers"),
    [
        (Placement(), {}),
        (Placement("GLACIER_IR"), {"x-amz-storage-class": "GLACIER_IR"}),
        (Placement("", "SSE-S3"), {"x-amz-server-side-encryption": "AES256"}),
        (
            Placement("", "SSE-KMS", "key"),
            {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": "key"},
        ),
    ],
)
def test_a_placement_is_said_in_headers(placement: Placement, headers: dict[str, str]) -> None:
    assert placement.headers == headers
