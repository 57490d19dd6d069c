"""Organizations made up by chance, and installations that hold them."""

from tests.organizations.buckets import ObjectFacts, Store
from tests.organizations.databases import Mongo
from tests.organizations.generator import generate
from tests.organizations.installation import Installation, StorageAt, fresh
from tests.organizations.model import Document, Object, Organization
from tests.organizations.move import Options
from tests.organizations.moved import assert_moved
from tests.organizations.snapshots import Snapshot

__all__ = [
    "Document",
    "Installation",
    "Mongo",
    "Object",
    "ObjectFacts",
    "Options",
    "Organization",
    "Snapshot",
    "StorageAt",
    "Store",
    "assert_moved",
    "fresh",
    "generate",
]
