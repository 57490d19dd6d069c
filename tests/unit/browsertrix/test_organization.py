"""The organization in exports and imports."""

from __future__ import annotations

from typing import Any

import pytest

from orgport.browsertrix.decoding import decode
from orgport.browsertrix.organization import exported_organization, imported_organization, members, redact
from orgport.browsertrix.paths import Document
from orgport.browsertrix.sections import ORGANIZATION
from tests.organizations import generate
from tests.unit.browsertrix.samples import INSTANT, OID, OTHER, as_json, ref

ORDER = [
    *("name", "slug", "users", "created", "default", "storage", "storageReplicas", "customStorages", "bytesStored"),
    *("bytesStoredCrawls", "bytesStoredUploads", "bytesStoredProfiles", "bytesStoredSeedFiles"),
    *("bytesStoredThumbnails", "bytesStoredDedupeIndexes", "usage", "crawlExecSeconds", "qaUsage"),
    *("qaCrawlExecSeconds", "monthlyExecSeconds", "extraExecSeconds", "giftedExecSeconds"),
    *("extraExecSecondsAvailable", "giftedExecSecondsAvailable", "quotas", "quotaUpdates", "webhookUrls", "origin"),
    *("readOnly", "readOnlyReason", "subscription", "note", "allowSharedProxies", "allowedProxies"),
    *("crawlingDefaults", "lastCrawlFinished", "enablePublicProfile", "publicDescription", "publicUrl"),
    *("featureFlags", "userDetails", "_id"),
]
SPARSE: Document = {"_id": OID, "name": "Acme", "slug": "acme", "users": {str(OTHER): 40}, "storage": ref("default")}
PERSON = {"_id": object(), "id": OTHER, "name": "Olga", "email": "olga@example.org", "hashed_password": "secret"}
KEYS = {"endpoint_url": "https://s3/", "access_key": "id", "secret_key": "hidden", "region": ""}
CUSTOM = {"mine": KEYS}


def exported(**more: Any) -> Document:
    return exported_organization(SPARSE | more, [PERSON])


def imported(document: Document, **options: Any) -> Document:
    return imported_organization(document, **{"members": {str(OTHER): 40}, "storage": "eu", **options})


def test_an_export_has_every_field_in_browsertrixs_order_and_nothing_else() -> None:
    document = exported(unknown=1, _lut=INSTANT)
    assert list(document) == ORDER
    assert document["bytesStoredSeedFiles"] == 0
    assert document["quotas"]["storageQuota"] == 0
    assert set(document["webhookUrls"].values()) == {None}
    assert document["featureFlags"] == {"dedupeEnabled": False}
    assert document["crawlingDefaults"] is None
    assert document["_id"] == OID


def test_parts_are_completed_and_lose_what_is_unknown() -> None:
    document = exported(
        quotas={"storageQuota": 5, "old": 1},
        crawlingDefaults={"lang": "de", "profileid": OTHER},
        quotaUpdates=[{"modified": INSTANT, "update": {"maxPagesPerCrawl": 3}}],
        subscription={"subId": "s", "status": "active", "planId": "p"},
        storageReplicas=[{"name": "replica"}],
    )
    assert document["quotas"] == {
        **{"storageQuota": 5, "maxExecMinutesPerMonth": 0, "maxConcurrentCrawls": 0, "maxPagesPerCrawl": 0},
        **{"extraExecMinutes": 0, "giftedExecMinutes": 0},
    }
    assert len(document["crawlingDefaults"]) == 15
    assert document["crawlingDefaults"]["customBehaviors"] == []
    (update,) = document["quotaUpdates"]
    assert (update["modified"], update["update"]["maxPagesPerCrawl"], update["subEventId"]) == (INSTANT, 3, None)
    assert document["subscription"]["futureCancelDate"] is None
    assert document["storageReplicas"] == [ref("replica")]


def test_members_are_in_the_details_alone_and_those_without_account_left_out() -> None:
    document = exported(users={str(OTHER): 40, str(OID): 20})
    assert document["users"] == {}
    detail = {"id": str(OTHER), "role": 40, "name": "Olga", "email": "olga@example.org"}
    assert document["userDetails"] == [detail]
    stranger = PERSON | {"id": OID}
    assert exported_organization(SPARSE, [PERSON, stranger])["userDetails"] == [detail]


def test_an_export_shares_nothing_with_the_document() -> None:
    source = SPARSE | {"usage": {"2024-07": 5}}
    document = exported_organization(source, [PERSON])
    document["usage"]["2024-08"] = 6
    document["quotas"]["storageQuota"] = 9
    assert source["usage"] == {"2024-07": 5}
    assert exported()["quotas"]["storageQuota"] == 0


@pytest.mark.parametrize(
    ("field", "member", "blank"),
    [
        ("Webhooks", "webhookUrls", None),
        ("Note", "note", None),
        ("Subscription", "subscription", None),
        ("CustomStorageKeys", "customStorages", {"mine": KEYS | {"access_key": "", "secret_key": ""}}),
    ],
)
def test_redacted_fields_are_blank_and_the_others_are_not(field: str, member: str, blank: Any) -> None:
    more = {"webhookUrls": {"crawlStarted": "https://x/"}, "note": "n", "customStorages": CUSTOM}
    more["subscription"] = {"subId": "s", "status": "active", "planId": "p"}
    document, before = exported(**more), exported(**more)
    redact(document, [field])
    assert document[member] == (dict.fromkeys(before[member]) if field == "Webhooks" else blank)
    assert {key for key in document if document[key] != before[key]} == {member}
    assert CUSTOM["mine"]["secret_key"] == "hidden"


def test_an_imported_organization_is_the_targets_own() -> None:
    document = imported(exported(default=True, origin="https://old/", readOnly=True, readOnlyReason="moving"))
    assert list(document) == ["_id", *ORDER[:-2]]
    assert document["users"] == {str(OTHER): 40}
    assert document["storage"] == ref("eu")
    assert (document["default"], document["origin"]) == (False, None)
    assert (document["readOnly"], document["readOnlyReason"]) == (False, None)


def test_read_only_renames_and_drops_are_as_asked_for() -> None:
    source = exported(readOnlyReason="moving", note="n", webhookUrls={"crawlStarted": "https://x/"})
    document = imported(source, name="New", slug="new", read_only=True, drop=["Note", "Webhooks"])
    assert (document["name"], document["slug"], document["note"]) == ("New", "new", None)
    assert (document["readOnly"], document["readOnlyReason"]) == (True, "moving")
    assert document["webhookUrls"]["crawlStarted"] is None
    assert source["note"] == "n"
    assert (imported(source)["name"], imported(source)["note"]) == ("Acme", "n")


@pytest.mark.parametrize(("before", "after"), [(None, None), (False, False), (True, False)])
def test_the_storage_is_never_custom(before: bool | None, after: bool | None) -> None:
    assert imported(exported(storage=ref("default", before)))["storage"] == ref("eu", after)


@pytest.mark.parametrize(
    ("role", "expected"),
    [("20", 20), (40, 40), (10, 10), (None, 10), ("", 10), ("owner", 10), (100, 10), ("100", 10), (15, 10)],
)
def test_roles_are_those_of_an_organization(role: Any, expected: int) -> None:
    (member,) = members({"userDetails": [{"id": str(OTHER), "role": role, "email": "a@example.org"}]})
    assert member == {"id": str(OTHER), "role": expected, "name": "", "email": "a@example.org"}


def test_members_come_once_and_only_with_an_address() -> None:
    details = [
        {"id": str(OTHER).upper(), "role": 20, "name": "A", "email": " a@example.org"},
        {"id": str(OTHER), "role": 40, "name": "B", "email": "a@example.org"},
        {"id": str(OID), "role": 40, "name": "C", "email": ""},
    ]
    assert members({"userDetails": details}) == [{"id": str(OTHER), "role": 40, "name": "B", "email": "a@example.org"}]
    assert members({}) == members({"userDetails": None}) == []


def test_a_generated_organization_survives_export_and_import() -> None:
    organization = generate(items=3, pages=3, objects=9)
    source = organization.document
    export = exported_organization(source, organization.documents["users"])
    decoded = decode(ORGANIZATION, as_json(export))
    assert decoded == export
    made = imported_organization(decoded, members=source["users"], storage=source["storage"]["name"])
    changed = {key for key in source if key in made and made[key] != source[key]}
    assert changed <= {"default", "origin", "readOnly", "readOnlyReason"}
    assert {each["id"]: each["role"] for each in members(decoded)} == source["users"]
