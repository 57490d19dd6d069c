"""What FerretDB cannot do, on a MongoDB: collations, unique indexes that use them, and numbers that are none.

ORGPORT_MONGOD_URI names one, such as mongodb://localhost:27017/; each test makes databases of its own and drops them.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest
from pymongo import MongoClient
from pymongo.collation import Collation

from orgport.api.failures import Failure
from orgport.api.reasons import Reason
from orgport.stores.lookups import PRIMARY, SECONDARY, fold
from orgport.worker import import_database
from tests.integration.export.running import Exports
from tests.integration.imports.equality import assert_equal
from tests.integration.imports.running import Imports, everything, refused, steps, succeeded
from tests.integration.imports.small import OID, small_files
from tests.oracle.sweep import unacceptable
from tests.organizations import Installation, Options, Store, assert_moved, fresh, generate
from tests.servers import ObjectStore

pytestmark = [pytest.mark.integration, pytest.mark.mongod]

VARIABLE = "ORGPORT_MONGOD_URI"
PRIMARY_EN, SECONDARY_EN = Collation("en", strength=1), Collation("en", strength=2)


@pytest.fixture
def place(minio: ObjectStore) -> Iterator[Any]:
    """A factory of installations whose databases have Browsertrix's own indexes."""
    uri = os.environ.get(VARIABLE)
    if not uri:
        pytest.skip(f"{VARIABLE} is not set: FerretDB has no collations, so this needs a MongoDB")
    made: list[Installation] = []

    def make(**wishes: Any) -> Installation:
        made.append(fresh(Store(minio.endpoint, minio.access_key, minio.secret_key), uri, **wishes))
        make_indexes(made[-1])
        return made[-1]

    yield make
    assert not [found for each in made if (found := unacceptable(each))]
    with MongoClient[dict[str, Any]](uri) as client:
        for each in made:
            client.drop_database(each.mongo.name)


def make_indexes(place: Installation) -> None:
    with place.mongo.open() as database:
        organizations, users = database["organizations"], database["users"]
        organizations.create_index("name", unique=True, collation=PRIMARY_EN)
        organizations.create_index("slug", unique=True, collation=PRIMARY_EN)
        organizations.create_index("subscription.subId", unique=True, sparse=True)
        users.create_index("id", unique=True)
        users.create_index("email", unique=True)
        users.create_index("email", name="case_insensitive_email_index", collation=SECONDARY_EN)
        for name in ("name", "slug"):
            database["collections"].create_index([("oid", 1), (name, 1)], unique=True, collation=PRIMARY_EN)
        for collection, field in (("crawls", "oid"), ("pages", "crawl_id"), ("configs_revs", "cid")):
            database[collection].create_index([(field, "hashed")])


@pytest.fixture
def small(place: Any) -> Imports:
    imports = Imports(place(), standard={"source": {"database": "export.json"}})
    imports.put(small_files())
    return imports


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"name": "SMALL CAFE", "slug": "elsewhere"}, "NameTaken"),
        ({"name": "Other", "slug": "SMÀLL"}, "SlugTaken"),
        ({"name": "Other", "slug": "x", "subscription": {"subId": "sub-1"}}, "SubscriptionTaken"),
    ],
)
async def test_the_server_finds_names_that_are_taken(small: Imports, other: dict[str, Any], expected: str) -> None:
    small.insert("organizations", {"_id": uuid4(), "users": {}, **other})
    assert (await refused(small))["reason"] == expected


async def test_the_server_finds_accounts_whatever_their_case(small: Imports) -> None:
    olga = {"id": uuid4(), "name": "O", "email": "OLGA@Example.org", "hashed_password": "x"}
    small.insert("users", {**olga, "is_superuser": False, "is_verified": True})
    succeeded(await small.run())
    assert small.target.snapshot(OID).organization["users"] == {str(olga["id"]): 40}
    assert small.target.mongo.counts()["users"] == 1


async def test_a_name_that_is_taken_at_the_last_moment_leaves_documents_for_a_renamed_attempt(
    small: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = steps(small, onFailure="Keep")
    await run.begin()
    small.insert("organizations", {"_id": uuid4(), "name": "small cafe", "slug": "elsewhere", "users": {}})
    with monkeypatch.context() as patch:
        # as if somebody took it after the step had looked
        patch.setattr(import_database, "taken_names", nobody)
        with pytest.raises(Failure) as caught:
            await run.do("database")
    assert caught.value.reason is Reason.NAME_TAKEN
    assert small.target.mongo.counts()["crawls"] == 1
    assert succeeded(await small.run("renamed", org={"name": "Another", "slug": "another"}))["documents"] == 8


async def nobody(*_: Any) -> AsyncIterator[Any]:
    found: list[Any] = []
    for each in found:
        yield each


@pytest.mark.parametrize("strength", [PRIMARY, SECONDARY])
def test_names_are_compared_here_as_the_server_does(place: Any, strength: int) -> None:
    """Where the server refuses collations, `fold` stands for them."""
    words = ["Café", "cafe", "CAFE\u0301", "Straße", "STRASSE", "Ångström", "angstrom", "ﬁn", "fin", "Acme 2", "acme2"]
    with place().mongo.open() as database:
        database["words"].insert_many([{"word": word} for word in words])
        for word in words:
            found = database["words"].find({"word": word}, collation=Collation("en", strength=strength))
            alike = {other for other in words if fold(other, strength) == fold(word, strength)}
            assert {each["word"] for each in found} == alike


async def test_an_organization_moves_with_pages_that_hold_what_is_no_number(place: Any) -> None:
    org = generate(items=8, pages=60, objects=24, in_flight=True, unpresentable=True, no_number=True)
    source, target = place(), place()
    source.seed(org)
    succeeded(await Exports(source).run(org, database={"include": ["SeedFiles", "CrawlLogs"]}))
    imports = Imports(target, source)
    succeeded(await imports.run())
    assert_moved(source.snapshot(org), target.snapshot(org), Options(crawl_logs=True))
    before = everything(imports)
    succeeded(await imports.run("again"))
    assert everything(imports) == before


async def test_an_export_of_an_import_of_an_export_is_the_first_export(place: Any) -> None:
    org = generate(items=8, pages=60, objects=24, unpresentable=True, no_number=True)
    source, target = place(), place()
    source.seed(org)
    target.mongo.insert({"users": org.documents["users"]})
    first, second = Exports(source), Exports(target)
    succeeded(await first.run(org))
    succeeded(await Imports(target, source).run(schedules="Keep"))
    succeeded(await second.run(org, "second"))
    assert_equal(first.database(), second.database("second"))
