"""Documents of made-up organizations in a real database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from bson.codec_options import CodecOptions
from pymongo import MongoClient
from pymongo.database import Database

from tests.organizations.model import BY_OID, DB_VERSION, Document, Documents

BATCH = 1000
OPTIONS: CodecOptions[Document] = CodecOptions(tz_aware=True, uuid_representation=4)
"""As Browsertrix opens its database: UUIDs of subtype 4, dates with a time zone."""


@dataclass(frozen=True)
class Mongo:
    """A database of a MongoDB server."""

    uri: str = field(repr=False)
    name: str

    @contextmanager
    def open(self) -> Iterator[Database[Document]]:
        client: MongoClient[Document] = MongoClient(self.uri, uuidRepresentation="standard", tz_aware=True)
        with client:
            yield client.get_database(self.name, codec_options=OPTIONS)

    def prepare(self, version: str = DB_VERSION) -> None:
        """Say which version of Browsertrix's schema this is, unless it is said."""
        with self.open() as database:
            if database["version"].find_one() is None:
                database["version"].insert_one({"version": version})

    def insert(self, documents: Documents) -> None:
        """Insert the documents; an account that is there already is left as it is."""
        with self.open() as database:
            known = {user["id"] for user in database["users"].find({}, {"id": 1})}
            newcomers = [user for user in documents.get("users", []) if user["id"] not in known]
            for collection, made in (documents | {"users": newcomers}).items():
                for start in range(0, len(made), BATCH):
                    database[collection].insert_many(made[start : start + BATCH])

    def documents_of(self, organization: UUID) -> Documents:
        """Every document of the organization, and the accounts that its members have."""
        with self.open() as database:
            found = {name: list(database[name].find({"oid": organization})) for name in BY_OID}
            workflows = {workflow["_id"] for workflow in found["crawl_configs"]}
            found["organizations"] = list(database["organizations"].find({"_id": organization}))
            found["configs_revs"] = [each for each in database["configs_revs"].find() if each["cid"] in workflows]
            members = {UUID(member) for each in found["organizations"] for member in each["users"]}
            found["users"] = [user for user in database["users"].find() if user["id"] in members]
            return found

    def counts(self) -> dict[str, int]:
        """How many documents every collection has, whosever they are."""
        with self.open() as database:
            return {name: database[name].count_documents({}) for name in sorted(database.list_collection_names())}

    def contents(self) -> Documents:
        """All documents of every collection, whosever they are, in the order of their ids."""
        with self.open() as database:
            names = sorted(database.list_collection_names())
            return {name: sorted(database[name].find(), key=lambda each: str(each["_id"])) for name in names}

    def mentions(self, text: str) -> list[str]:
        """The documents in which the text occurs, a UUID's text in UUIDs too."""
        with self.open() as database:
            return [
                f"{name} {document['_id']}"
                for name in sorted(database.list_collection_names())
                for document in database[name].find()
                if text in repr(document)
            ]
