"""`orgport render`: a manifest for the installation that is found in a namespace."""

from __future__ import annotations

import asyncio
import json
from typing import TextIO

from orgport.cli.connection import Connection
from orgport.cli.installation import Names, find
from orgport.cli.manifest import Choices, manifest, rendered


async def render(connection: Connection, names: Names, choices: Choices, output: str, out: TextIO) -> int:
    """Read the three objects and write the manifest."""
    kube, namespace = connection.kube, connection.namespace
    config, database, storages = await asyncio.gather(
        kube.get("ConfigMap", namespace, names.config),
        kube.get("Secret", namespace, names.database),
        kube.get("Secret", namespace, names.storages),
    )
    found = find(namespace, names, config, database, storages)
    if output == "json":
        out.write(json.dumps({"installation": found.dump(), "manifest": manifest(found, choices)}, indent=2) + "\n")
    else:
        out.write(rendered(found, choices))
    return 0
