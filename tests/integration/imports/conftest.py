"""Imports of the smallest organization."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Installations
from tests.integration.imports.running import Imports
from tests.integration.imports.small import small_files


@pytest.fixture
def small(installation: Installations) -> Imports:
    """An empty installation, with the smallest organization's JSON and objects in its bucket of exports."""
    imports = Imports(installation(), standard={"source": {"database": "export.json"}})
    imports.put(small_files())
    return imports
