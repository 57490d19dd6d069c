"""What is seeded is what is found."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Installations
from tests.organizations import ObjectFacts, Organization, generate

pytestmark = pytest.mark.integration


def facts(organization: Organization, storage: str = "default") -> dict[str, ObjectFacts]:
    return {
        key: ObjectFacts(
            made.size, made.sha256, made.content_type, dict(made.metadata), dict(made.tags), dict(made.headers)
        )
        for key, made in organization.objects.items()
        if storage in made.storages
    }


def test_a_snapshot_holds_all_that_was_seeded_with_types_and_nothing_of_the_neighbour(
    installation: Installations,
) -> None:
    here, made = installation(), generate(seed=3, in_flight=True, unpresentable=False)
    here.seed(made)
    found = here.snapshot(made)
    for collection, documents in made.documents.items():
        if collection != "users":
            assert found.by_id(collection) == {document["_id"]: document for document in documents}, collection
    assert set(found.accounts()) == {person["id"] for person in made.documents["users"] if not person["is_superuser"]}
    assert found.objects == {"default": facts(made)}
