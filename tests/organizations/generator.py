"""Organizations made up by chance, the same ones for the same arguments."""

from __future__ import annotations

from uuid import UUID

from tests.organizations.collected import add_collections, collection_ids
from tests.organizations.draw import Draw
from tests.organizations.items import add_items
from tests.organizations.model import Object, Organization
from tests.organizations.orgs import add_organization
from tests.organizations.pages import add_pages
from tests.organizations.people import add_accounts, add_invites, people
from tests.organizations.profiles import add_profiles, link_profiles
from tests.organizations.traces import add_traces
from tests.organizations.unsettled import add_in_flight, add_no_number, add_unpresentable
from tests.organizations.workflows import add_seed_files, add_workflows
from tests.organizations.world import Sizes, StorageNames, World

SEED_FILES = 2
UNRECORDED = "lost and found/without record.wacz"


def generate(
    seed: int = 1,
    *,
    items: int = 20,
    pages: int = 500,
    objects: int = 60,
    collections: int = 4,
    workflows: int = 10,
    profiles: int = 4,
    members: int = 4,
    mean_size: int = 1024,
    large_objects: int = 0,
    name: str = "Acme Archive",
    slug: str = "acme",
    storage: str = "default",
    replica: str | None = None,
    former: str | None = None,
    neighbour: bool = True,
    in_flight: bool = False,
    unpresentable: bool = False,
    no_number: bool = False,
) -> Organization:
    """An organization with at least that many objects and exactly that many pages, and one beside it.

    `replica` and `former` are names of more storages: where replicas lie, and where the first items' files still lie.
    `in_flight` adds what is under way, `unpresentable` what Browsertrix's importer would refuse,
    `no_number` a page with NaN and Infinity, which FerretDB cannot store.
    """
    sizes = Sizes(items, pages, objects, collections, workflows, profiles, members, mean_size, large_objects)
    storages = StorageNames(storage, replica, former)
    draw = Draw(f"{seed}")
    world = World(draw, draw.uuid(), name, slug, sizes, storages)
    made = _fill(world)
    if in_flight:
        add_in_flight(world)
    if unpresentable:
        add_unpresentable(world)
    if no_number:
        add_no_number(world)
    if neighbour:
        made.neighbour = _neighbour(seed, world)
        made.strangers = _strangers(world)
    return made


def _fill(world: World) -> Organization:
    draw, sizes = world.draw, world.sizes
    world.people = people(draw, world.slug, sizes.members)
    identifiers = collection_ids(draw, sizes.collections)
    add_accounts(world)
    add_invites(world)
    add_profiles(world)
    add_seed_files(world, SEED_FILES)
    add_workflows(world, identifiers)
    add_items(world, identifiers, _item_files(world))
    link_profiles(world)
    add_pages(world)
    add_collections(world, identifiers)
    add_traces(world)
    add_organization(world)
    world.store(UNRECORDED, world.body(), "application/octet-stream")
    return Organization(world.documents, world.objects)


def _item_files(world: World) -> int:
    """How many files of items bring all objects to the wanted number, if no crawl had a QA run."""
    others = len(world.objects) + (world.sizes.collections + 1) // 2 + (world.sizes.collections > 0) + 1
    return world.sizes.objects - others


def _neighbour(seed: int, world: World) -> Organization:
    """A small organization whose id differs in the last digit; its keys and item ids begin like the other's."""
    last = int(str(world.oid)[-1], 16) ^ 1
    oid = UUID(f"{str(world.oid)[:-1]}{last:x}")
    sizes = Sizes(6, 40, 15, 1, 2, 1, 3, 256, 0)
    beside = World(Draw(f"{seed} beside"), oid, f"{world.name} II", f"{world.slug}-ii", sizes, world.storages)
    return _fill(beside)


def _strangers(world: World) -> dict[str, Object]:
    storages = (world.storages.primary,)
    keys = (f"{world.oid}-backup/a.wacz", f"{world.oid}.tmp", f"{str(world.oid)[:8]}/a.wacz", ".btrix-upload-verify")
    return {key: Object(b"somebody else's", storages=storages) for key in keys}
