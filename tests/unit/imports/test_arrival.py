"""Whatever path a document has for a user or a storage, none of the source's own is left in what goes in."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

import pytest

from orgport.archive.reading import Found
from orgport.browsertrix.counters import Tally
from orgport.browsertrix.normalise import Options
from orgport.browsertrix.sections import ITEMS, ORGANIZATION, SECTIONS, WORKFLOWS, Section
from orgport.browsertrix.settings import Settings
from orgport.browsertrix.storage_refs import map_storages
from orgport.browsertrix.upgrades import LATEST, OLDEST, UpgradeContext
from orgport.browsertrix.users import user_ids
from orgport.worker.import_documents import Arrival
from orgport.worker.import_membership import OWNERS
from orgport.worker.import_preparation import Preparation
from orgport.worker.import_references import StorageNames
from tests.unit.browsertrix.samples import OID, as_json, filled

OWN = "the source's own storage"
SETTINGS = Settings()


def renamed(value: Any) -> Any:
    """The document with storages that no target has."""
    if isinstance(value, dict):
        if set(value) == {"name", "custom"}:
            return {**value, "name": f"{OWN} {value['name']}"}
        return {name: renamed(inner) for name, inner in value.items()}
    return [renamed(inner) for inner in value] if isinstance(value, list) else value


def arrival(users: dict[UUID, UUID], version: str) -> Arrival:
    context = UpgradeContext(org_id=OID, source_sha256="0" * 64)
    preparation = Preparation(version, context, SETTINGS, Options())
    return Arrival(preparation, users, StorageNames({}, "eu"), frozenset({"eu-replica"}), Tally(), suspend=True)


def admitted(section: Section, document: dict[str, Any], users: dict[UUID, UUID], version: str) -> dict[str, Any]:
    """What goes in of the document, beside what it belongs to."""
    coming = arrival(users, version)
    owner = OWNERS.get(section.name)
    if owner is not None:
        coming.membership.ids[owner].add(document[section.link])
    decoded: dict[str, Any] = as_json(document)
    assert coming.admit(Found(section.name, decoded))
    assert coming.unmapped == set()
    return decoded


@pytest.mark.parametrize("version", [OLDEST, LATEST])
@pytest.mark.parametrize("section", [each for each in SECTIONS if each is not ORGANIZATION], ids=lambda each: each.name)
def test_no_user_and_no_storage_of_the_source_is_left(section: Section, version: str) -> None:
    document = renamed(filled(section)) | {"oid": OID}
    people = user_ids(section, document)
    assert len(people) >= len(section.users)
    users = {person: uuid5(person, "in the target") for person in people}
    found = repr(admitted(section, document, users, version))
    assert not [person for person in people if str(person) in found]
    assert OWN not in found
    assert all(str(new) in found for new in users.values()) or section is ITEMS  # whose QA run under way is dropped


def test_no_storage_of_the_source_is_left_in_the_organization() -> None:
    document = renamed(filled(ORGANIZATION))
    map_storages(ORGANIZATION, document, StorageNames({}, "eu"), frozenset())
    made = arrival({}, LATEST).preparation.organization(document, storage="eu")
    assert OWN not in repr(made)
    assert str(next(iter(filled(ORGANIZATION)["users"]))) not in repr(made)


def test_schedules_that_are_emptied_are_remembered() -> None:
    document = filled(WORKFLOWS) | {"oid": OID, "schedule": "0 3 * * 1"}
    coming = arrival({}, LATEST)
    decoded = as_json(document)
    assert coming.admit(Found(WORKFLOWS.name, decoded))
    assert decoded["schedule"] == ""
    assert coming.schedules == {document["_id"]: "0 3 * * 1"}
