"""Accounts and invitations."""

from __future__ import annotations

from uuid import UUID

from tests.organizations.draw import Draw
from tests.organizations.model import Document
from tests.organizations.world import Person, World

ROLES = (40, 20, 10, 20)
NAMES = ("Olga Owner", "Carl Crawler", "Vera Viewer", "Søren Ünïcode", "Renée 図書", "Li")

SHARED_ID = UUID("5dffc74c-4c82-4e03-8edf-6f29ea406f0d")
SUPERUSER_ID = UUID("b2e4bd80-7f30-47bf-bb20-2962c637042f")


def people(draw: Draw, slug: str, members: int) -> list[Person]:
    """The first is an owner; the last belongs to every organization and has an address from before lower case."""
    own = [_person(draw, slug, index) for index in range(max(1, members - 1))]
    shared = Person(SHARED_ID, "Shared Person", "Shared.Person@Example.ORG", 20)
    return [*own, shared] if members > 1 else own


def _person(draw: Draw, slug: str, index: int) -> Person:
    name = NAMES[index % len(NAMES)]
    return Person(draw.uuid(), name, f"{slug}-{index}@example.org", ROLES[index % len(ROLES)])


def add_accounts(world: World) -> None:
    for person in world.people:
        world.add("users", _account(world.draw, person.id, person.name, person.email))
    world.outsider, world.departed = SUPERUSER_ID, world.draw.uuid()
    superuser = _account(world.draw, SUPERUSER_ID, "admin", "admin@example.org")
    world.add("users", {**superuser, "is_superuser": True})


def _account(draw: Draw, identifier: UUID, name: str, email: str) -> Document:
    return {
        "_id": draw.object_id(),
        "id": identifier,
        "name": name,
        "email": email,
        "is_superuser": False,
        "is_verified": True,
        "hashed_password": f"$2b$12${draw.hex(53)}",
    }


def add_invites(world: World) -> None:
    owner = world.people[0]
    world.add(
        "invites",
        {
            "_id": world.draw.uuid(),
            "created": world.draw.instant(200),
            "tokenHash": world.draw.hex(64),
            "inviterEmail": owner.email,
            "fromSuperuser": False,
            "oid": world.oid,
            "role": 20,
            "email": f"invited@{world.slug}.example.org",
            "userid": None,
        },
    )
