"""The only door to MongoDB: a database that is opened, checked and closed, and whose errors are ours."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    DuplicateKeyError,
    InvalidURI,
    OperationFailure,
    PyMongoError,
)

from orgport.api.failures import Failure
from orgport.api.reasons import Reason

SELECTION_SECONDS = 10
SOCKET_SECONDS = 300
CAUSES = {
    "Connection refused": "connection refused",
    "Name or service not known": "unknown host name",
    "No address associated": "unknown host name",
    "Temporary failure in name resolution": "name resolution failed",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not trusted",
    "timed out": "timeout",
    "connection closed": "connection closed",
}
"""What is said of a foreign message, which may hold anything."""

_HOSTS = re.compile(r"mongodb(?:\+srv)?://(?:[^/?#@]*@)?([\w.,:\[\]-]+)(?:[/?][^@]*)?")
_AUTHENTICATION_CODES = frozenset({11, 13, 18, 8000})
"""UserNotFound, Unauthorized, AuthenticationFailed, and Atlas' own."""
_CONNECTION_CODES = frozenset({6, 7, 43, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436})
"""Host or network errors, a lost cursor, a server that steps down or stops: another try may work."""


class Database:
    """A database of the installation. `where` names host and Secret in messages."""

    def __init__(self, database: AsyncIOMotorDatabase[dict[str, Any]], where: str) -> None:
        self._database = database
        self.name = database.name
        self.where = where

    def collection(self, name: str) -> AsyncIOMotorCollection[dict[str, Any]]:
        return self._database[name]

    async def version(self) -> str:
        """Browsertrix's dbVersion, such as "0058"; Failure where there is none."""
        with self.translated():
            document = await self.collection("version").find_one()
        if document is None or not isinstance(document.get("version"), str):
            raise Failure(
                Reason.INVALID_SPEC,
                f"database {self.name} of {self.where} has no version document: it is not Browsertrix's",
                suggestion="check the database's name and Secret",
            )
        return str(document["version"])

    async def hello(self) -> dict[str, Any]:
        """The server's answer to `hello`, with its clock (`localTime`)."""
        with self.translated():
            answer: dict[str, Any] = await self._database.command("hello")
            return answer

    async def raw_batches(self, collection: str, query: Mapping[str, Any], size: int) -> AsyncIterator[bytes]:
        """The encoded documents that a query finds, as many at a time as the server sends; `size` at most."""
        cursor: AsyncIterator[Any] = self.collection(collection).find_raw_batches(query, batch_size=size)
        while True:
            with self.translated():
                batch = await anext(cursor, None)
            if batch is None:
                return
            yield batch

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Foreign errors become failures, but DuplicateKeyError and BulkWriteError, which say what was not written."""
        with _translated(self.where):
            yield


@asynccontextmanager
async def open_database(
    uri: str, name: str, *, ca_file: str | None = None, secret: str = ""
) -> AsyncIterator[Database]:
    """Connect and ask for one document, so that a wrong host or password is found at once.

    Writes wait for the majority and the journal; ids are UUID, dates aware.
    """
    where = _where(uri, secret)
    client = _client(uri, ca_file, where)
    try:
        database = Database(client[name], where)
        with database.translated():
            await client.admin.command("ping")
            await client[name]["version"].find_one()
        yield database
    finally:
        client.close()


def _client(uri: str, ca_file: str | None, where: str) -> AsyncIOMotorClient[dict[str, Any]]:
    try:
        with _translated(where):
            return AsyncIOMotorClient(uri, **_options(uri, ca_file))
    except (ValueError, TypeError):
        # A part of the URI that is not valid; the text may quote the password.
        raise _misconfigured(where) from None


def _options(uri: str, ca_file: str | None) -> dict[str, Any]:
    options: dict[str, Any] = {
        "uuidRepresentation": "standard",
        "tz_aware": True,
        "tzinfo": UTC,
        "w": "majority",
        "journal": True,
        "readConcernLevel": "local",
        "retryReads": True,
        "serverSelectionTimeoutMS": SELECTION_SECONDS * 1000,
        "connectTimeoutMS": SELECTION_SECONDS * 1000,
        "socketTimeoutMS": SOCKET_SECONDS * 1000,
        "appname": "orgport",
    }
    if ca_file and _uses_tls(uri):
        options["tlsCAFile"] = ca_file
    return options


def _uses_tls(uri: str) -> bool:
    query = uri.partition("?")[2].lower().split("&")
    return uri.startswith("mongodb+srv:") or bool({"tls=true", "ssl=true"}.intersection(query))


def _where(uri: str, secret: str) -> str:
    found = _HOSTS.fullmatch(uri)
    # What does not look like a URI may have its password anywhere.
    host = found[1] if found else "the database"
    return f"{host} (Secret {secret})" if secret else host


@contextmanager
def _translated(where: str) -> Iterator[None]:
    try:
        yield
    except (DuplicateKeyError, BulkWriteError):
        raise
    except PyMongoError as error:
        raise _failure(error, where) from None


def _failure(error: PyMongoError, where: str) -> Failure:
    if isinstance(error, ConfigurationError | InvalidURI):
        return _misconfigured(where)
    if isinstance(error, OperationFailure) and error.code in _AUTHENTICATION_CODES:
        return Failure(
            Reason.DATABASE_AUTHENTICATION_FAILED,
            f"{where} refuses the user (code {error.code})",
            suggestion="check user and password in the Secret, and the user's roles",
        )
    if isinstance(error, ConnectionFailure):
        return Failure(Reason.DATABASE_UNREACHABLE, f"{where} does not answer: {_cause(error)}")
    if isinstance(error, OperationFailure) and error.code in _CONNECTION_CODES:
        return Failure(Reason.DATABASE_UNREACHABLE, f"{where} gave up (code {error.code})")
    code = error.code if isinstance(error, OperationFailure) else None
    return Failure(Reason.INTERNAL, f"{where} failed: {type(error).__name__}, code {code}")


def _misconfigured(where: str) -> Failure:
    return Failure(
        Reason.INVALID_SPEC,
        f"{where}: the database's connection settings are not valid",
        suggestion="check the MongoDB URI in the Secret: scheme, percent-encoded user and password, options",
    )


def _cause(error: PyMongoError) -> str:
    text = str(error)
    return next((said for sign, said in CAUSES.items() if sign in text), type(error).__name__)
