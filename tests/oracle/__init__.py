"""What Browsertrix's own importer takes, without Browsertrix."""

from tests.oracle.importer import Violation, accepts

__all__ = ["Violation", "accepts"]
