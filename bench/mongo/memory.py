"""`python -m bench.mongo.memory PORT`: a server of MongoDB's protocol that keeps all in memory.

It stands where a MongoDB with indexes would: FerretDB reads a whole collection at each query, and would be all that is
measured. It knows the commands, operators and update operators that an export and an import need, and no others.
"""

from __future__ import annotations

import asyncio
import struct
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, islice
from typing import Any
from uuid import UUID

import bson
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

CODEC: CodecOptions[dict[str, Any]] = CodecOptions(uuid_representation=UuidRepresentation.STANDARD)
RAW: CodecOptions[RawBSONDocument] = CodecOptions(
    document_class=RawBSONDocument, uuid_representation=UuidRepresentation.STANDARD
)
HEADER = struct.Struct("<iiii")
REPLY, QUERY, MESSAGE = 1, 2004, 2013
INDEXED = ("oid", "crawl_id", "crawlId", "cid", "id")
FIRST_BATCH = 101
BATCH_BYTES = 15 * 1024 * 1024

Document = dict[str, Any]


@dataclass
class Collection:
    """Encoded documents by id, and the ids by each indexed member."""

    documents: dict[Any, bytes] = field(default_factory=dict)
    index: dict[tuple[str, Any], list[Any]] = field(default_factory=lambda: defaultdict(list))

    def insert(self, encoded: bytes) -> bool:
        """False if its id is there."""
        document = bson.decode(encoded, CODEC)
        if document["_id"] in self.documents:
            return False
        self.documents[document["_id"]] = encoded
        for name in INDEXED:
            if isinstance(value := document.get(name), str | UUID):
                self.index[name, value].append(document["_id"])
        return True

    def find(self, query: Mapping[str, Any]) -> Iterator[bytes]:
        rest = dict(query)
        name = next(
            (each for each in ("_id", "crawl_id", "crawlId", "cid", "oid", "id") if is_named(query.get(each))), ""
        )
        values = wanted(rest.pop(name)) if name else None
        if name in ("crawl_id", "crawlId"):
            rest.pop("oid", None)  # nobody has another's crawl
        for encoded in self._candidates(name, values):
            if not rest or matches(bson.decode(encoded, CODEC), rest):
                yield encoded

    def _candidates(self, name: str, values: Iterable[Any] | None) -> Iterator[bytes]:
        if values is None:
            yield from list(self.documents.values())
        for value in values or ():
            ids = ([value] if value in self.documents else []) if name == "_id" else self.index.get((name, value), [])
            yield from (self.documents[each] for each in ids)


def is_named(condition: Any) -> bool:
    """Whether the index helps: a value, or a list of them."""
    return "$in" in condition if isinstance(condition, Mapping) else condition is not None


def wanted(condition: Any) -> list[Any]:
    return list(condition["$in"]) if isinstance(condition, Mapping) else [condition]


def matches(document: Document, query: Mapping[str, Any]) -> bool:
    return all(fits(member(document, path), condition) for path, condition in query.items())


def member(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def fits(value: Any, condition: Any) -> bool:
    if not isinstance(condition, Mapping):
        return bool(value == condition)
    tests: dict[str, Callable[[Any], bool]] = {
        "$in": lambda asked: value in asked,
        "$ne": lambda asked: value != asked,
        "$exists": lambda asked: (value is not None) is asked,
        "$regex": lambda asked: isinstance(value, str) and value.casefold() == asked.strip("^$").casefold(),
        "$options": lambda asked: True,
    }
    return all(tests[name](asked) for name, asked in condition.items())


@dataclass
class Server:
    """All databases, and the cursors that clients have open."""

    collections: dict[tuple[str, str], Collection] = field(default_factory=lambda: defaultdict(Collection))
    cursors: dict[int, Iterator[bytes]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def answer(self, command: Document, sequences: Mapping[str, list[bytes]]) -> Document:
        name, target = next(iter(command.items()))
        handler = getattr(self, f"do_{name.lower()}", None)
        if handler is None:
            return {"ok": 0.0, "code": 59, "errmsg": f"no such command: {name}"}
        collection = self.collections[command["$db"], str(target)] if isinstance(target, str) else None
        answer: Document = handler(collection, command, sequences)
        return {**answer, "ok": 1.0}

    def do_hello(self, *_: Any) -> Document:
        sizes = {"maxBsonObjectSize": 16 * 2**20, "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000}
        versions = {"minWireVersion": 0, "maxWireVersion": 21}
        return {"helloOk": True, "isWritablePrimary": True, "ismaster": True, "localTime": now(), **sizes, **versions}

    do_ismaster = do_hello

    def do_nothing(self, *_: Any) -> Document:
        return {}

    do_ping = do_endsessions = do_killcursors = do_createindexes = do_nothing

    def do_find(self, collection: Collection, command: Document, _: Any) -> Document:
        found = collection.find(command.get("filter") or {})
        if projection := command.get("projection"):
            found = (
                bson.encode(projected(bson.decode(each, CODEC), projection), codec_options=CODEC) for each in found
            )
        if limit := abs(command.get("limit") or 0):
            found = islice(found, limit)
        return self._batch(iter(found), next(self.numbers), "firstBatch", command.get("batchSize") or FIRST_BATCH)

    def do_getmore(self, _: Any, command: Document, __: Any) -> Document:
        number = command["getMore"]
        return self._batch(self.cursors.pop(number), number, "nextBatch", command.get("batchSize") or 100_000)

    def _batch(self, found: Iterator[bytes], number: int, name: str, most: int) -> Document:
        batch: list[RawBSONDocument] = []
        size = 0
        while len(batch) < most and size < BATCH_BYTES and (encoded := next(found, None)) is not None:
            batch.append(RawBSONDocument(encoded, RAW))
            size += len(encoded)
        is_over = len(batch) < most and size < BATCH_BYTES
        if not is_over:
            self.cursors[number] = found
        return {"cursor": {name: batch, "id": bson.Int64(0 if is_over else number), "ns": "memory.all"}}

    def do_insert(self, collection: Collection, command: Document, sequences: Mapping[str, list[bytes]]) -> Document:
        given = sequences.get("documents") or [bson.encode(each, codec_options=CODEC) for each in command["documents"]]
        twice = [index for index, encoded in enumerate(given) if not collection.insert(encoded)]
        errors = [{"index": index, "code": 11000, "errmsg": "duplicate key"} for index in twice]
        return {"n": len(given) - len(twice), **({"writeErrors": errors} if errors else {})}

    def do_findandmodify(self, collection: Collection, command: Document, _: Any) -> Document:
        found = next(collection.find(command["query"]), None)
        if found is None:
            return {"value": None}
        document = bson.decode(found, CODEC)
        document |= command["update"].get("$set", {})
        document |= {name: document[name] + by for name, by in command["update"].get("$inc", {}).items()}
        document |= dict.fromkeys(command["update"].get("$currentDate", {}), now())
        collection.documents[document["_id"]] = bson.encode(document, codec_options=CODEC)
        return {"value": document}

    def do_aggregate(self, collection: Collection, command: Document, _: Any) -> Document:
        (matching,) = (stage["$match"] for stage in command["pipeline"] if "$match" in stage)
        total = sum(1 for _ in collection.find(matching))
        return {
            "cursor": {"firstBatch": [{"_id": 1, "n": total}] * bool(total), "id": bson.Int64(0), "ns": "memory.all"}
        }


def projected(document: Document, projection: Mapping[str, Any]) -> Document:
    return {name: value for name, value in document.items() if name == "_id" or projection.get(name)}


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


async def serve(server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection: messages and the older queries by which drivers begin."""
    while True:
        try:
            length, request, _, operation = HEADER.unpack(await reader.readexactly(HEADER.size))
            body = await reader.readexactly(length - HEADER.size)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            return
        if operation == QUERY:
            name_end = body.index(b"\0", 4)
            command = bson.decode(body[name_end + 9 :], CODEC)
            answer = bson.encode(server.answer({**command, "$db": "admin"}, {}), codec_options=CODEC)
            reply = struct.pack("<iqii", 8, 0, 0, 1) + answer
            kind = REPLY
        else:
            reply = struct.pack("<iB", 0, 0) + bson.encode(server.answer(*parsed(body)), codec_options=CODEC)
            kind = MESSAGE
        writer.write(HEADER.pack(HEADER.size + len(reply), 0, request, kind) + reply)
        await writer.drain()


def parsed(body: bytes) -> tuple[Document, dict[str, list[bytes]]]:
    """A message's command, and the sequences of documents beside it."""
    command: Document = {}
    sequences: dict[str, list[bytes]] = {}
    at = 4
    while at < len(body):
        kind, (size,) = body[at], struct.unpack_from("<i", body, at + 1)
        section = body[at + 1 : at + 1 + size]
        if kind == 0:
            command = bson.decode(section, CODEC)
        else:
            end = section.index(b"\0", 4)
            sequences[section[4:end].decode()] = list(cut(section[end + 1 :]))
        at += 1 + size
    return command, sequences


def cut(documents: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(documents):
        (size,) = struct.unpack_from("<i", documents, at)
        yield documents[at : at + size]
        at += size


async def main(port: str) -> None:
    server = Server()
    listening = await asyncio.start_server(lambda *streams: serve(server, *streams), "127.0.0.1", int(port))
    async with listening:
        await listening.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
