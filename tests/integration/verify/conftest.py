"""An organization that was moved, for `orgport verify` to look at."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Installations
from tests.integration.export.running import Exports
from tests.integration.imports.running import Imports, succeeded
from tests.integration.imports.small import small_files
from tests.integration.verify.moving import Moved
from tests.organizations import generate


@pytest.fixture
def small(installation: Installations) -> Imports:
    """An empty installation, with the smallest organization's JSON and objects in its bucket of exports."""
    imports = Imports(installation(), standard={"source": {"database": "export.json"}})
    imports.put(small_files())
    return imports


@pytest.fixture
async def archived(installation: Installations) -> Moved:
    """An archive, and an installation that it is to go to."""
    source = installation(former="old")
    org = generate(items=4, pages=20, objects=14, former="old", neighbour=False, unpresentable=True)
    source.seed(org)
    exports = Exports(source)
    succeeded(await exports.run(org, database={"include": ["SeedFiles", "CrawlLogs"]}))
    return Moved(org, exports, Imports(installation(), source))


@pytest.fixture
async def moved(archived: Moved) -> Moved:
    """The same, imported."""
    succeeded(await archived.imports.run())
    return archived
