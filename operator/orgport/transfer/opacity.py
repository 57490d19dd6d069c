"""Whether ETags say anything of the content: those of objects that KMS encrypts look like MD5s, and are none."""

from __future__ import annotations

from dataclasses import dataclass

from orgport.stores.objects import Objects
from orgport.transfer.inventory import Entry

KMS = "aws:kms"


def asks_for_kms(bucket: Objects) -> bool:
    """Whether what we write there is to be encrypted by KMS; the bucket may do so without being asked."""
    return bucket.placement.encryption == "SSE-KMS"


async def hides_content(bucket: Objects, key: str) -> bool:
    """Whether the object's ETag says nothing of its content."""
    head = await bucket.head(key)
    return head is not None and head.encryption.startswith(KMS)


@dataclass
class Opacity:
    """What is known of the ETags of two buckets. It is looked up when it first matters, and holds for all objects."""

    source: Objects
    destination: Objects
    known: bool = False

    async def excuses(self, source: Entry, held: Entry) -> bool:
        """Whether two objects of one size may have one content although their ETags differ."""
        if not self.known:
            self.known = await hides_content(self.destination, held.at) or await hides_content(self.source, source.at)
        return self.known


def opacity_of(source: Objects, destination: Objects) -> Opacity:
    return Opacity(source, destination, asks_for_kms(destination))
