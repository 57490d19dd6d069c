"""The comparison accepts what an import is meant to change, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.organizations import Document, ObjectFacts, Options, Organization, Snapshot, assert_moved, generate

NEW_ID = UUID("11111111-2222-4333-8444-555555555555")
NOT_MOVED = ("presigned_urls", "invites", "jobs", "webhooks", "subscriptions")


def snapshot(organization: Organization) -> Snapshot:
    documents = deepcopy(organization.documents)
    documents["users"] = [account for account in documents["users"] if not account["is_superuser"]]
    objects = {
        key: ObjectFacts(made.size, made.sha256, made.content_type) for key, made in organization.objects.items()
    }
    return Snapshot(organization.id, documents, {"default": objects})


@pytest.fixture(scope="module")
def source() -> Snapshot:
    return snapshot(generate(seed=5, items=6, objects=20, pages=60))


def moved(source: Snapshot) -> Snapshot:
    """What a right import makes of it where every account is new and keeps its id."""
    documents = deepcopy(source.documents) | {name: [] for name in NOT_MOVED}
    documents["organizations"][0] |= {"origin": None}
    for workflow in documents["crawl_configs"]:
        workflow["schedule"] = ""
        del workflow["scale"]
    for profile in documents["profiles"]:
        profile.pop("inUse", None)
    for account in documents["users"]:
        account |= {"email": account["email"].lower(), "is_verified": False, "hashed_password": "$2b$12$new"}
    return replace(source, documents=documents, objects={"default": dict(source.objects["default"])})


def test_a_right_import_is_accepted(source: Snapshot) -> None:
    assert_moved(source, moved(source))


def test_members_that_have_another_id_in_the_target_must_be_mapped_everywhere(source: Snapshot) -> None:
    target = moved(source)
    account = target.documents["users"][0]
    old, account["id"] = account["id"], NEW_ID
    with pytest.raises(AssertionError, match=f"expected UUID.'{NEW_ID}'., found UUID.'{old}'"):
        assert_moved(source, target)


def drop_last(collection: str) -> Callable[[Snapshot], None]:
    def change(target: Snapshot) -> None:
        target.documents[collection].pop()

    return change


def set_in_first(collection: str, **values: Any) -> Callable[[Snapshot], None]:
    def change(target: Snapshot) -> None:
        target.documents[collection][0] |= values

    return change


def lose_an_object(target: Snapshot) -> None:
    objects = target.objects["default"]
    assert isinstance(objects, dict)
    objects.popitem()


def keep_in_other_storage(target: Snapshot) -> None:
    target.documents["crawls"][0]["files"][0]["storage"]["name"] = "elsewhere"


def make_text_of_an_id(target: Snapshot) -> None:
    first: Document = target.documents["configs_revs"][0]
    target.documents["configs_revs"][0] = first | {"cid": str(first["cid"])}


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (drop_last("pages"), "is missing"),
        (drop_last("file_uploads"), "is missing"),
        (drop_last("crawl_logs"), "is missing"),
        (set_in_first("pages", depth=0.0), "depth: expected 0, found 0.0"),
        (set_in_first("pages", title=None), "title: expected '"),
        (set_in_first("crawls", extra=1), "extra: expected nothing, found 1"),
        (set_in_first("crawls", manual=1), "manual: expected True, found 1"),
        (set_in_first("crawl_configs", schedule="0 3 * * 1"), "schedule: expected '', found '0 3 * * 1'"),
        (set_in_first("organizations", default=True), "default: expected False, found True"),
        (set_in_first("organizations", bytesStored=1), "bytesStored: expected"),
        (set_in_first("users", is_superuser=True), "is a superuser"),
        (lose_an_object, "found None"),
        (keep_in_other_storage, "files[0].storage.name: expected 'default', found 'elsewhere'"),
        (make_text_of_an_id, "cid: expected UUID"),
    ],
)
def test_a_wrong_import_is_told_by_document_and_field(
    source: Snapshot, break_it: Callable[[Snapshot], None], says: str
) -> None:
    target = moved(source)
    break_it(target)
    with pytest.raises(AssertionError) as failure:
        assert_moved(source, target)
    assert says in str(failure.value)


def test_options_of_the_import_are_expected_in_the_target(source: Snapshot) -> None:
    target = moved(source)
    target.documents["organizations"][0] |= {"name": "New", "slug": "new", "readOnly": True, "subscription": None}
    with pytest.raises(AssertionError, match="4 differences"):
        assert_moved(source, target)
    assert_moved(source, target, Options(name="New", slug="new", read_only=True, drop=frozenset({"Subscription"})))
