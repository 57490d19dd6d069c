"""The places of a run, opened: its S3 location, the installation's storages, its databases and its own folder."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from orgport.api.failures import Failure
from orgport.api.places import CABundle, Destination, Installation, S3Location
from orgport.api.reasons import Reason
from orgport.archive import layout
from orgport.browsertrix.settings import Settings, parse_settings
from orgport.browsertrix.storages import Storage, find, parse_storages, primary
from orgport.stores.s3 import Bucket, Connection, Placement, open_bucket
from orgport.worker.context import Context
from orgport.worker.inputs import secret_with

LOCATION = "location"
STORAGE = "storage:"


@dataclass
class Places:
    """Buckets of a run. They are opened when asked for first, and closed with it."""

    location_prefix: str
    storages: tuple[Storage, ...]
    settings: Settings
    run_ref: str
    """The bucket of the run's own folder, as `bucket` takes it."""
    run_prefix: str
    """The run's own folder: the plan and the work lists."""
    connections: int
    ca_file: str | None
    stack: AsyncExitStack
    _location: Bucket | None = None
    _opened: dict[str, Bucket] = field(default_factory=dict)

    @property
    def location(self) -> Bucket:
        """The bucket of spec.destination or spec.source."""
        assert self._location is not None, "these places were opened without the location"
        return self._location

    async def storage(self, name: str) -> Bucket:
        """The bucket of the installation's storage of that name; UNKNOWN_STORAGE if there is none."""
        if name not in self._opened:
            storage = find(self.storages, name)
            opening = open_bucket(_storage_connection(storage, self), storage.bucket, title=f"storage {name}")
            self._opened[name] = await self.stack.enter_async_context(opening)
        return self._opened[name]

    async def bucket(self, ref: str) -> Bucket:
        """The bucket that a leg of the plan names: "location" or "storage:<name>"."""
        return self.location if ref == LOCATION else await self.storage(ref.removeprefix(STORAGE))

    async def run(self) -> Bucket:
        """The bucket of the run's own folder."""
        return await self.bucket(self.run_ref)


@asynccontextmanager
async def open_places(context: Context, *, with_location: bool = True) -> AsyncIterator[Places]:
    """Read the installation's storages and open the run's S3 location; waits for the Secrets that these need.

    A step that does without the location does without its Secret too.
    """
    spec = context.task.spec
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="orgport-")))
        location = await _open_location(context, folder, stack) if with_location else None
        storages = await _storages(context, spec.installation)
        run_ref, run_prefix = run_folder(context, storages)
        yield Places(
            location_prefix=spec.location.prefix,
            storages=storages,
            settings=parse_settings(context.inputs.config_map(spec.installation.config.config_map_ref.name)),
            run_ref=run_ref,
            run_prefix=run_prefix,
            connections=_connections(context),
            ca_file=ca_file(context, spec.installation.ca_bundle, folder),
            stack=stack,
            _location=location,
        )


@asynccontextmanager
async def open_location(context: Context) -> AsyncIterator[Places]:
    """The run's S3 location alone, without a word of the installation's."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="orgport-")))
        location = await _open_location(context, folder, stack)
        prefix, connections = context.task.spec.location.prefix, location.connection.connections
        yield Places(prefix, (), Settings(), LOCATION, "", connections, location.connection.ca_file, stack, location)


async def _open_location(context: Context, folder: Path, stack: AsyncExitStack) -> Bucket:
    place, title = context.task.spec.location, location_field(context)
    connection = await _connection(context, place, title, folder)
    return await stack.enter_async_context(open_bucket(connection, place.bucket, _placement(place), title=title))


def _placement(place: S3Location) -> Placement:
    """What is said of an archive's objects; where an import reads, nothing is."""
    if not isinstance(place, Destination):
        return Placement()
    return Placement(place.storage_class, place.encryption.type, place.encryption.kms_key_id)


def location_field(context: Context) -> str:
    return "spec.destination" if context.task.kind == "OrgExport" else "spec.source"


def installation_field(context: Context) -> str:
    return "spec.source" if context.task.kind == "OrgExport" else "spec.target"


def target_storage(context: Context, storages: tuple[Storage, ...]) -> Storage:
    """The storage that receives an import's files."""
    name = context.task.import_spec.target.storage
    return find(storages, name) if name else primary(storages)


def run_folder(context: Context, storages: tuple[Storage, ...]) -> tuple[str, str]:
    """The bucket and the prefix of the run's own folder: beside the archive, or in the target's storage."""
    task = context.task
    if task.kind == "OrgExport":
        return LOCATION, task.spec.location.prefix + layout.folder(task.name) + layout.RUN
    storage = target_storage(context, storages)
    return STORAGE + storage.name, f"{storage.prefix}orgport/imports/{task.uid}/"


def ca_file(context: Context, bundle: CABundle | None, folder: Path) -> str | None:
    """A file with the bundle's certificates, or None where there is no bundle."""
    if bundle is None:
        return None
    name = bundle.config_map_ref.name
    text = context.inputs.config_map(name).get(bundle.key)
    if not text:
        raise Failure(Reason.INVALID_SPEC, f"caBundle: ConfigMap {name} has no key {bundle.key}")
    path = folder / f"{name}-{bundle.key}.pem"
    path.write_text(text)
    return str(path)


async def _connection(context: Context, place: S3Location, field_name: str, folder: Path) -> Connection:
    access_key = secret_key = None
    if place.credentials is not None:
        keys = (place.credentials.access_key_id_key, place.credentials.secret_access_key_key)
        name = place.credentials.secret_ref.name
        secret = await secret_with(context, name, *keys, field=f"{field_name}.credentials")
        access_key, secret_key = (secret[key].strip() for key in keys)
    return Connection(
        endpoint=place.endpoint,
        region=place.region,
        access_key=access_key,
        secret_key=secret_key,
        addressing=place.addressing_style,
        ca_file=ca_file(context, place.ca_bundle, folder),
        connections=_connections(context),
    )


def _connections(context: Context) -> int:
    """A connection for each request in flight, and some for what is looked up beside the copying."""
    return context.task.spec.files.concurrency + 8


def _storage_connection(storage: Storage, places: Places) -> Connection:
    return Connection(
        endpoint=storage.endpoint_url,
        region=storage.region,
        access_key=storage.access_key,
        secret_key=storage.secret_key,
        addressing=storage.addressing,
        ca_file=places.ca_file,
        connections=places.connections,
    )


async def _storages(context: Context, installation: Installation) -> tuple[Storage, ...]:
    source = installation.storages
    field_name = f"{installation_field(context)}.storages"
    secret = await secret_with(context, source.secret_ref.name, source.key, field=field_name)
    return parse_storages(secret[source.key])
