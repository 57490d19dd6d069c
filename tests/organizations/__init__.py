"""Organizations made up by chance, and installations that hold them."""

from tests.organizations.generator import generate
from tests.organizations.model import Document, Object, Organization

__all__ = ["Document", "Object", "Organization", "generate"]
