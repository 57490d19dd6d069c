"""An archive and an import of it, what can be done to them, and what is said of them then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orgport.worker.verify import verify
from orgport.worker.verify_report import Check, Verification
from tests.integration.export.running import Exports
from tests.integration.imports.running import Imports
from tests.organizations import Object, Organization


@dataclass
class Moved:
    """An organization, its archive "first", and the import "arrival"."""

    org: Organization
    exports: Exports
    imports: Imports

    async def archive(self, *, checksum: bool = False, **changes: Any) -> Verification:
        """Verify the OrgExport."""
        spec = {"database": {"include": ["SeedFiles", "CrawlLogs"]}, **changes}
        resource = self.exports.resource(self.org, **spec)
        return await verify(resource, self.exports.installation.inputs(), checksum=checksum)

    async def target(self, *, checksum: bool = False, **spec: Any) -> Verification:
        """Verify the OrgImport."""
        return await verify_import(self.imports, checksum=checksum, **spec)

    def replace(self, part: str, body: bytes) -> None:
        """Put other bytes in a file of the archive's own."""
        self.exports.installation.store.write(self.exports.installation.exports, {self.exports.key(part): Object(body)})

    def remove(self, *keys: str) -> None:
        """Delete objects from the bucket of exports."""
        self.exports.installation.store.delete(self.exports.installation.exports, *keys)

    @property
    def a_file(self) -> str:
        """The key of an object that an item names, and whose SHA-256 is known."""
        lines = self.exports.inventory()
        return next(str(line["key"]) for line in lines if line["at"] == line["key"] and line.get("sha256"))


async def verify_import(imports: Imports, *, checksum: bool = False, **spec: Any) -> Verification:
    """Verify the OrgImport "arrival"."""
    return await verify(imports.resource(**spec), imports.target.inputs(), checksum=checksum)


def row(found: Verification, name: str) -> Check:
    return next(check for check in found.checks if check.name == name)


def failures(found: Verification) -> list[str]:
    return [check.name for check in found.checks if check.state == "failed"]
