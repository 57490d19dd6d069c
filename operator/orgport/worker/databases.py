"""The installation's database, opened once its Secret is there."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from orgport.browsertrix.connection import missing_key, mongodb_uri
from orgport.stores.mongo import Database, open_database
from orgport.worker.context import Context
from orgport.worker.inputs import secret_with
from orgport.worker.places import ca_file, installation_field


@asynccontextmanager
async def open_installation_database(context: Context) -> AsyncIterator[Database]:
    """The database of spec.source (export) or spec.target (import)."""
    installation = context.task.spec.installation
    name = installation.database.secret_ref.name
    uri = await _uri(context)
    with tempfile.TemporaryDirectory(prefix="orgport-") as folder:
        certificates = ca_file(context, installation.ca_bundle, Path(folder))
        async with open_database(uri, installation.database.name, ca_file=certificates, secret=name) as database:
            yield database


async def _uri(context: Context) -> str:
    database = context.task.spec.installation.database
    field, name = f"{installation_field(context)}.database", database.secret_ref.name
    if database.uri_key is not None:
        return (await secret_with(context, name, database.uri_key, field=field))[database.uri_key].strip()
    while True:
        secret = await secret_with(context, name, field=field)
        uri = mongodb_uri(secret)
        if uri is not None:
            return uri
        await secret_with(context, name, missing_key(secret) or "MONGO_DB_URL", field=field)
