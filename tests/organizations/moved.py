"""What an organization must be after a move: everything as it was, but for what an import is meant to change."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from itertools import groupby
from uuid import UUID

from tests.organizations.buckets import ObjectFacts
from tests.organizations.differences import differences
from tests.organizations.expectations import EXPECTED, stays_behind
from tests.organizations.model import COLLECTIONS, Document, Documents
from tests.organizations.move import Move, Options
from tests.organizations.snapshots import Snapshot

LINES = 8
"""Differences that are shown of each collection."""
ACCOUNT = {"_id", "id", "name", "email", "is_superuser", "is_verified", "hashed_password"}


def assert_moved(source: Snapshot, target: Snapshot, options: Options | None = None) -> None:
    """Fail, with a line for each difference, unless the target holds what the source held, rightly changed."""
    wishes = options or Options()
    found = [*document_differences(source, target, wishes), *account_differences(source, target, wishes)]
    found += object_differences(source, target, wishes) if wishes.files else []
    assert not found, f"{len(found)} differences:\n" + "\n".join(_shortened(found))


def _shortened(lines: list[str]) -> Iterator[str]:
    """The first lines of each kind of thing, and how many more there are."""
    for kind, alike in groupby(lines, key=lambda line: line.split(" ")[0]):
        first = list(alike)
        yield from first[:LINES]
        if len(first) > LINES:
            yield f"... and {len(first) - LINES} more of {kind}"


def document_differences(source: Snapshot, target: Snapshot, options: Options) -> Iterator[str]:
    for collection, documents in expected_documents(source, target, options).items():
        wanted = {document["_id"]: document for document in documents}
        there = target.by_id(collection)
        for identifier in [*wanted, *(each for each in there if each not in wanted)]:
            for line in _of_document(wanted.get(identifier), there.get(identifier)):
                yield f"{collection} {identifier} {line}"


def _of_document(wanted: Document | None, found: Document | None) -> Iterator[str]:
    if wanted is None or found is None:
        yield "is missing" if found is None else "is there and should not be"
    else:
        yield from differences(wanted, found)


def expected_documents(source: Snapshot, target: Snapshot, options: Options) -> Documents:
    """What the target must hold, collection by collection, accounts aside."""
    move = Move(options, source.documents, user_mapping(source, target))
    expected = {}
    for collection in COLLECTIONS:
        if collection != "users":
            change = EXPECTED.get(collection, stays_behind)
            made = (change(deepcopy(document), move) for document in source.documents[collection])
            expected[collection] = [document for document in made if document is not None]
    return expected


def user_mapping(source: Snapshot, target: Snapshot) -> dict[UUID, UUID]:
    """From members' ids to those of the accounts with the same address in the target."""
    there = {account["email"].lower(): identifier for identifier, account in target.accounts().items()}
    return {
        identifier: there[account["email"].lower()]
        for identifier, account in source.accounts().items()
        if account["email"].lower() in there
    }


def account_differences(source: Snapshot, target: Snapshot, options: Options) -> Iterator[str]:
    """What is wrong with accounts that the import made."""
    origin = {account["email"].lower(): account for account in source.accounts().values()}
    for identifier, account in target.accounts().items():
        if identifier not in options.accounts_before:
            for line in _account_faults(account, origin.get(account["email"].lower())):
                yield f"users {account['email']}: {line}"


def _account_faults(made: Document, origin: Document | None) -> Iterator[str]:
    if origin is None:
        yield "is no member at the source"
        return
    if made.keys() != ACCOUNT:
        yield f"has the fields {sorted(made)}"
    if made["name"] != origin["name"] or made["email"] != origin["email"].lower():
        yield f"is {made['name']!r} <{made['email']}>, not {origin['name']!r} <{origin['email'].lower()}>"
    if made["is_superuser"] is not False or made["is_verified"] is not False:
        yield "is a superuser or verified"
    if not made["hashed_password"].startswith("$2b$12$") or made["hashed_password"] == origin["hashed_password"]:
        yield "has no fresh bcrypt hash of 12 rounds"


def object_differences(source: Snapshot, target: Snapshot, options: Options) -> list[str]:
    wanted = expected_objects(source, options)
    there = {(storage, key): facts for storage, held in target.objects.items() for key, facts in held.items()}
    lines = []
    for place in [*wanted, *(place for place in there if place not in wanted)]:
        expected, found = wanted.get(place), there.get(place)
        if expected != found:
            lines.append(f"object {place[1]} in storage {place[0]}: expected {expected}, found {found}")
    return lines


def expected_objects(source: Snapshot, options: Options) -> dict[tuple[str, str], ObjectFacts]:
    """Where every object must be: in the storage that its record's storage becomes, or in the target's own."""
    move = Move(options, source.documents, {})
    recorded = move.recorded_storages()
    own = source.organization["storage"]["name"]
    return {
        (move.storage(recorded[key]) if key in recorded else options.storage, key): facts
        for storage, held in source.objects.items()
        if storage in {own, *recorded.values()}
        for key, facts in held.items()
    }
